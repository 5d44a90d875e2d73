"""AsyncClient: the operations, cancelled tasks, callbacks that raise, closing with something under way; no threads."""
import asyncio
import contextlib
import contextvars
import gc
import itertools
import os
import sys
import threading
import unittest

from k7sandbox import (AsyncClient, CallCancelledError, CallTimeoutError, Cancel, ConflictError, ItemOutcome, NotFoundError, Outcome, ResourceError,
                       Spec, Transport)
from k7sandbox import _native

NEVER_READY = "memory:?start_ms=500000"


class Boom(Exception):
    pass


def descriptors():
    """How many are open, of the first; also where there is no /proc."""
    count = 0
    for number in range(256):
        with contextlib.suppress(OSError):
            os.fstat(number)
            count += 1
    return count


class Operations(unittest.IsolatedAsyncioTestCase):
    async def test_create_to_delete(self):
        async with AsyncClient("memory:?latency_ms=1") as client:
            made = await client.create(Spec("demo", "alpine:latest"))
            self.assertEqual((made.name, made.ready), ("demo", True))
            self.assertEqual((await client.get("demo")).uid, made.uid)
            self.assertEqual([sandbox.name for sandbox in await client.list(all_namespaces=True)], ["demo"])
            with self.assertRaises(ConflictError):
                await client.create(Spec("demo", "a"))
            await client.delete("demo", uid=made.uid)
            with self.assertRaises(NotFoundError):
                await client.delete("demo", missing_ok=False)
            with self.assertRaises(TypeError):
                await client.list(tmeout=1)
        self.assertTrue(client.closed)
        with self.assertRaisesRegex(ValueError, "closed"):
            await client.list()
        self.assertEqual(threading.active_count(), 1)

    async def test_many_at_once(self):
        async with AsyncClient("memory:?latency_ms=5") as client:
            made = await asyncio.gather(*(client.create(Spec(f"s{i}", "a")) for i in range(50)))
            self.assertEqual([sandbox.name for sandbox in made], [f"s{i}" for i in range(50)])
            self.assertEqual(len(await client.get_many([f"s{i}" for i in range(50)])), 50)
            self.assertEqual((await client.delete_many(["s1", ("default", "s2")])).count_of(ItemOutcome.DONE), 2)
            self.assertEqual(len(await client.delete_all()), 48)
            self.assertTrue((await client.create_many([Spec("a", "b"), Spec("b", "c")], at_once=1)).all_done)
        self.assertEqual(threading.active_count(), 1)

    async def test_deadline_and_token(self):
        async with AsyncClient(NEVER_READY) as client:
            with self.assertRaises(CallTimeoutError):
                await client.create(Spec("demo", "a"), timeout=0.05)
            cancel = Cancel()
            with self.assertRaises(CallCancelledError):
                await client.create(Spec("demo", "a"), cancel=cancel, progress=lambda step: step.step == "ready" and cancel.trigger())
            self.assertEqual(await client.list(), [])


class Cancelling(unittest.IsolatedAsyncioTestCase):
    async def begun(self, client, at="ready"):
        """A task that creates a sandbox, once it has come to a step."""
        reached = asyncio.Event()
        task = asyncio.create_task(client.create(Spec("demo", "a"), progress=lambda step: step.step == at and reached.set()))
        await reached.wait()
        return task

    async def test_a_cancelled_task_waits_until_it_is_taken_back(self):
        async with AsyncClient(NEVER_READY) as client:
            task = await self.begun(client)
            self.assertEqual(len(await client.list()), 1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError) as caught:
                await task
            self.assertTrue(task.cancelled())
            self.assertEqual(await client.list(), [])
            self.assertEqual(caught.exception.__cause__.outcome, Outcome.NOT_SENT)

    async def test_cancelled_twice_abandons_taking_back(self):
        async with AsyncClient("memory:?start_ms=500000&fail=delete:hang") as client:
            task = await self.begun(client)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError) as caught:
                await task
            self.assertEqual(len(caught.exception.__cause__.leftovers), 1)

    async def test_cancelled_when_it_had_just_ended_well(self):
        async with AsyncClient("memory:") as client:
            task = None

            def progress(step):
                if step.step == "ready":
                    task.cancel()

            task = asyncio.create_task(client.create(Spec("demo", "a"), progress=progress))
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(await client.list(), [])

    async def test_a_cancelled_call_over_many_tells_of_each(self):
        specs = [Spec(f"s{i}", "a") for i in range(3)]
        for endpoint, count in ((NEVER_READY, 0), ("memory:", 3)):  # while it goes on; when all had just ended well
            async with AsyncClient(endpoint) as client:
                task = None

                async def create_until():
                    def progress(step):
                        if step.done == 3:
                            task.cancel()

                    await client.create_many(specs, at_once=1, progress=progress)

                task = asyncio.create_task(create_until())
                await asyncio.sleep(0)
                if count == 0:
                    task.cancel()
                with self.assertRaises(asyncio.CancelledError) as caught:
                    await task
                results = caught.exception.results
                self.assertEqual([result.name for result in results], ["s0", "s1", "s2"])
                done = [result.name for result in results if result.outcome == ItemOutcome.DONE]
                self.assertEqual([sandbox.name for sandbox in await client.list()], done)
                self.assertEqual(len(done), count)

    async def test_functions_run_in_the_context_of_their_call(self):
        which = contextvars.ContextVar("which")
        which.set("opened")
        transport = Transport("own", get=lambda request: asked.append(which.get()) or {"name": "x"})
        asked = []
        async with AsyncClient("memory:?latency_ms=1") as client, AsyncClient("own:", custom_transports=[transport]) as other:
            async def one(number):
                which.set(number)
                seen = set()
                await client.create(Spec(f"s{number}", "a"), progress=lambda _: seen.add(which.get()), trace=lambda _: seen.add(which.get()))
                await other.get("x")
                return seen

            self.assertEqual(await asyncio.gather(*(asyncio.create_task(one(i)) for i in range(3))), [{0}, {1}, {2}])
            self.assertEqual(asked, ["opened"] * 3)  # that is not told of which call it is

    async def test_a_timeout_of_asyncio(self):
        async with AsyncClient(NEVER_READY) as client:
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.create(Spec("demo", "a"))
            self.assertEqual(await client.list(), [])

    async def test_what_a_callback_raises(self):
        def progress(step):
            if step.step == "ready":
                raise Boom()

        for endpoint in (NEVER_READY, "memory:"):
            async with AsyncClient(endpoint) as client:
                with self.assertRaises(Boom):
                    await client.create(Spec("demo", "a"), progress=progress)
                self.assertEqual(await client.list(), [], endpoint)

    async def test_each_call_has_what_the_token_provider_raised_for_it(self):
        numbers = itertools.count()

        def broken():
            raise Boom(f"number {next(numbers)} of them")

        async with AsyncClient("https://127.0.0.1:9", token_provider=broken) as client:
            raised = await asyncio.gather(*(client.get(f"s{i}") for i in range(12)), return_exceptions=True)
            [result] = await client.get_many(["x"])
            self.assertIsInstance(result.error.__cause__, Boom)
            for error in (*raised, result.error):
                self.assertIn(f"Boom: {error.__cause__}", str(error))
            self.assertEqual(len({str(error.__cause__) for error in raised}), 12)
            self.assertEqual((client._provider.raised, client._provider.calls), ([], []))

    async def test_closing_cancels_what_is_under_way(self):
        client = AsyncClient(NEVER_READY)
        task = await self.begun(client)
        await client.aclose()
        with self.assertRaises(CallCancelledError) as caught:
            await task
        self.assertEqual((caught.exception.outcome, caught.exception.leftovers), (Outcome.NOT_SENT, ()))

    async def test_closing_that_is_cancelled_leaves_nobody_waiting(self):
        client = AsyncClient("memory:?start_ms=500000&fail=delete:hang")
        tasks = [await self.begun(client), asyncio.create_task(client.get("demo"))]
        pump = client._pump
        closing = asyncio.create_task(client.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await closing
        with self.assertRaises(CallCancelledError) as caught:
            await asyncio.wait_for(tasks[0], 60)
        self.assertEqual(len(caught.exception.leftovers), 1)  # it gives up taking back
        with self.assertRaises(CallCancelledError):
            await asyncio.wait_for(tasks[1], 60)
        self.assertTrue(pump.finished)


class Signals(unittest.TestCase):
    """What a signal handler raises at the first line of a function that the library calls: here a trace function does, which Python calls at the same place."""

    def tearDown(self):
        sys.settrace(None)

    def raise_in(self, name, error):
        def trace(frame, event, _):
            if event == "call" and frame.f_code.co_name == name:
                raise error

        sys.settrace(trace)

    def test_when_an_operation_has_ended(self):
        async def main():
            async with AsyncClient("memory:") as client:
                task = asyncio.create_task(client.create(Spec("demo", "a")))
                self.raise_in("_on_done", KeyboardInterrupt())
                try:
                    return await task
                finally:
                    ended.append(task)

        ended = []
        with self.assertRaises(KeyboardInterrupt):
            asyncio.run(main())
        self.assertEqual(len(ended), 1)
        self.assertEqual(_native._alive, {})

    def test_an_exception_goes_where_those_of_callbacks_go(self):
        async def main():
            told = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
            async with AsyncClient("memory:") as client:
                self.raise_in("_on_done", Boom())
                made = await client.create(Spec("demo", "a"))
            return made.name, [type(error) for error in told]

        self.assertEqual(asyncio.run(main()), ("demo", [Boom]))

    def test_there_is_no_such_line_where_the_library_frees_what_belongs_to_a_callback(self):
        async def main():
            async with AsyncClient("memory:") as client:
                self.raise_in("_free_user", Boom())
                await client.list()

        asyncio.run(main())
        self.assertEqual(_native._alive, {})


class Loops(unittest.TestCase):
    def test_one_event_loop_after_another(self):
        client = AsyncClient("memory:")
        for i in range(3):
            asyncio.run(client.create(Spec(f"s{i}", "a")))
        self.assertEqual(len(asyncio.run(client.list())), 3)

    def test_a_new_one_when_the_librarys_is_broken(self):
        async def main():
            async with AsyncClient("memory:?start_ms=500000") as client:
                tasks = [asyncio.create_task(work) for work in (client.create(Spec("one", "a")), client.create_many([Spec("two", "a"), Spec("three", "a")], at_once=1))]
                while len(await client.list()) < 2:
                    pass
                nothing = os.open(os.devnull, os.O_RDONLY)
                os.dup2(nothing, _native.lib.k7_loop_get_fd(client._pump.pointer))  # it cannot be waited for any more
                os.close(nothing)
                client._pump.run()
                with self.assertRaises(ResourceError) as caught:
                    await asyncio.wait_for(tasks[0], 60)
                self.assertEqual((caught.exception.name, len(caught.exception.leftovers)), ("K7_ERR_SYSTEM", 1))
                results = await asyncio.wait_for(tasks[1], 60)
                self.assertEqual(results.count_of(ItemOutcome.DONE), 0)
                return sorted(sandbox.name for sandbox in await client.list())

        self.assertEqual(asyncio.run(main()), ["one", "two"])

    def test_not_in_two_at_a_time(self):
        async def main(client):
            await client.list()
            failed = []

            def elsewhere():
                try:
                    asyncio.run(client.list())
                except RuntimeError as error:
                    failed.append(error)

            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
            await client.aclose()
            return failed

        self.assertEqual(len(asyncio.run(main(AsyncClient("memory:")))), 1)

    def test_closing_belongs_to_the_event_loop_too(self):
        events = asyncio.new_event_loop()
        client = AsyncClient("memory:")
        events.run_until_complete(client.list())
        with self.assertRaisesRegex(RuntimeError, "another event loop"):
            asyncio.run(client.aclose())
        self.assertFalse(client.closed)
        events.run_until_complete(client.aclose())
        self.assertTrue(client.closed)
        events.close()
        asyncio.run(client.aclose())

    def test_one_that_is_forgotten(self):
        async def main():
            before = None
            for i in range(6):
                client = AsyncClient("memory:")
                await client.list()
                with self.assertWarnsRegex(ResourceWarning, "unclosed <AsyncClient memory:>") as warned:
                    del client
                    gc.collect()
                del warned
                await asyncio.sleep(0)
                if i == 0:
                    before = descriptors()
            return descriptors() - before

        self.assertEqual(asyncio.run(main()), 0)

    def test_an_event_loop_that_ends_with_something_under_way(self):
        async def main():
            client = AsyncClient(NEVER_READY)
            task = asyncio.create_task(client.create(Spec("demo", "a")))
            await asyncio.sleep(0)
            return task

        task = asyncio.run(main())  # run() cancels what is left, and waits for it
        self.assertTrue(task.cancelled())
        events = asyncio.new_event_loop()
        client = AsyncClient(NEVER_READY)
        coroutine = client.create(Spec("demo", "a"))
        task = events.create_task(coroutine)
        events.run_until_complete(asyncio.sleep(0))
        events.close()
        coroutine.close()  # nobody will ever run it
        task._log_destroy_pending = False
        del client, coroutine, task, events
        gc.collect()
        self.assertEqual(_native._alive, {})


if __name__ == "__main__":
    unittest.main()
