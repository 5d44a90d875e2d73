"""scenarios.py: the scenarios in Python, with calls that block; what a scenario begins runs in a thread. See README.md."""
import threading

import k7sandbox as k7
import transcript
from transcript import OPERATIONS, Scenarios, Words


class Begun(threading.Thread):
    """An operation in a thread of its own."""

    def __init__(self, scenarios, words):
        super().__init__()
        self.token, self.lines = k7.Cancel(), ""
        function, arguments, named, show = scenarios.operation(words, scenarios.call(self.tell))
        self.work = lambda: scenarios.done(function, arguments, {**named, "cancel": self.token}, show)
        self.start()

    def tell(self, line):
        self.lines += line

    def run(self):
        self.lines += self.work()


class Blocking(Scenarios):
    def done(self, function, arguments, named, show):
        """What an operation gives, as lines."""
        try:
            return show(function(*arguments, **named))
        except k7.K7Error as error:
            return transcript.error(error)

    def do_operation(self, words):
        function, arguments, named, show = self.operation(words, self.call(self.show))
        self.show(self.done(function, arguments, named, show))

    def do_begin(self, words):
        self.begun.append(Begun(self, Words(words.rest)))

    def found(self, name):
        try:
            self.client.get(name)
            return True
        except k7.NotFoundError:
            return False

    def do_appear(self, words):
        """Until a get finds it; vanish: until it finds it no more."""
        while not self.found(words[1]):
            pass

    def do_vanish(self, words):
        while self.found(words[1]):
            pass

    def abandon(self):
        for begun in self.begun:
            begun.token.trigger()

    def do_cancel(self, words):
        for token in [begun.token for begun in self.begun] or [self.token]:
            token.trigger()

    def do_end(self, words):
        """end: all that was begun, in order; end any: in any order."""
        for begun in self.begun:
            begun.join()
            self.show(("* " if words[1:] else "- ") + begun.lines)
        self.begun = []

    def obey(self, line):
        self.show(f"{line}\n" if line.startswith("== ") else f"> {line}\n")
        words = Words(line)
        if words[0] == "==":
            self.forget()
        elif words[0] in OPERATIONS:
            self.do_operation(words)
        else:
            try:
                getattr(self, "do_" + words[0])(words)
            except k7.K7Error as error:
                self.show(transcript.error(error))


if __name__ == "__main__":
    image, slow, keys, lines = transcript.scenarios()
    program = Blocking(k7.Client, image, slow, keys)
    for line in lines:
        program.obey(line)
