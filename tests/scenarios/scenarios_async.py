"""scenarios_async.py: the scenarios in Python, for asyncio; what a scenario begins is a task, and to cancel it is to cancel the task. See README.md."""
import asyncio

import k7sandbox as k7
import transcript
from transcript import OPERATIONS, Scenarios, Words


class Asynchronous(Scenarios):
    async def done(self, function, arguments, named, show):
        """What an operation gives, as lines. A task that is cancelled carries what the library says of the end."""
        try:
            return show(await function(*arguments, **named))
        except k7.K7Error as error:
            return transcript.error(error)
        except asyncio.CancelledError as cancelled:
            return transcript.results(cancelled.results) if hasattr(cancelled, "results") else transcript.error(cancelled.__cause__)

    async def do_operation(self, words):
        function, arguments, named, show = self.operation(words, self.call(self.show))
        self.show(await self.done(function, arguments, named, show))

    def do_begin(self, words):
        lines = []
        words = Words(words.rest)
        function, arguments, named, show = self.operation(words, self.call(lines.append))
        self.begun.append((lines, asyncio.ensure_future(self.done(function, arguments, named, show))))

    async def found(self, name):
        try:
            await self.client.get(name)
            return True
        except k7.NotFoundError:
            return False

    async def do_appear(self, words):
        """Until a get finds it; vanish: until it finds it no more."""
        while not await self.found(words[1]):
            pass

    async def do_vanish(self, words):
        while await self.found(words[1]):
            pass

    def abandon(self):
        for _, task in self.begun:
            task.cancel()

    def do_cancel(self, words):
        for _, task in self.begun:
            task.cancel()
        if not self.begun:
            self.token.trigger()

    async def do_end(self, words):
        """end: all that was begun, in order; end any: in any order."""
        for lines, task in self.begun:
            ended = await task
            self.show(("* " if words[1:] else "- ") + "".join(lines) + ended)
        self.begun = []

    async def obey(self, line):
        self.show(f"{line}\n" if line.startswith("== ") else f"> {line}\n")
        words = Words(line)
        if words[0] == "==":
            self.forget()
        elif words[0] in OPERATIONS:
            await self.do_operation(words)
        else:
            try:
                waiting = getattr(self, "do_" + words[0])(words)
                if waiting is not None:
                    await waiting
            except k7.K7Error as error:
                self.show(transcript.error(error))


async def main():
    image, slow, keys, lines = transcript.scenarios()
    program = Asynchronous(k7.AsyncClient, image, slow, keys)
    for line in lines:
        await program.obey(line)


if __name__ == "__main__":
    asyncio.run(main())
