"""Transports of Python functions: every operation, errors, answers that come later and from other threads, deadlines, coroutines, lifetimes."""
import asyncio
import concurrent.futures
import gc
import json
import threading
import unittest

import test_signals

from k7sandbox import (AsyncClient, CallTimeoutError, Cancel, CallCancelledError, Client, ConflictError, InvalidError, K7Error, NotFoundError, Outcome,
                       ProtocolError, ServerError, Spec, Transport, UnsupportedError)
from k7sandbox import _call, _native, _transport


def item(name, namespace="default"):
    return {"name": name, "namespace": namespace, "status": "Running", "ready": "True", "restarts": 0, "age": "0:00:01", "image": "a", "error_message": ""}


class Store:
    """Sandboxes in a dictionary."""

    def __init__(self):
        self.kept, self.seen = {}, []

    def create(self, request):
        self.seen.append(request)
        if request.name in self.kept:
            raise ConflictError("it is there")
        self.kept[request.name] = item(request.name, request.namespace)
        return self.kept[request.name]

    def list(self, request):
        self.seen.append(request)
        return [found for found in self.kept.values() if request.namespace in (None, found["namespace"])]

    def get(self, request):
        if request.name not in self.kept:
            raise NotFoundError("it is not there")
        return json.dumps(self.kept[request.name])

    def delete(self, request):
        self.seen.append(request)
        if self.kept.pop(request.name, None) is None and not request.missing_ok:
            raise NotFoundError("it is not there")

    def transport(self):
        return Transport("own", create=self.create, list=self.list, get=self.get, delete=self.delete)


class Operations(unittest.TestCase):
    def test_create_to_delete(self):
        store = Store()
        with Client("own:place", namespace="team", custom_transports=[store.transport()]) as client:
            made = client.create(Spec("demo", "alpine", env={"A": "b"}), timeout=50)
            self.assertEqual((client.transport, made.name, made.namespace, made.ready), ("own", "demo", "team", True))
            request = store.seen[-1]
            self.assertEqual((request.operation, request.endpoint, request.namespace, request.spec.image, request.spec.env),
                             ("create", "own:place", "team", "alpine", {"A": "b"}))
            self.assertEqual((request.cancelled, request.remaining), (True, 0))  # it is answered
            self.assertEqual([sandbox.name for sandbox in client.list()], ["demo"])
            self.assertEqual((client.list(namespace="other"), len(client.list(all_namespaces=True)), store.seen[-1].namespace), ([], 1, None))
            with self.assertRaises(ConflictError) as caught:
                client.create(Spec("demo", "a"))
            self.assertEqual((caught.exception.name, caught.exception.outcome), ("K7_ERR_ALREADY_EXISTS", Outcome.REJECTED))
            self.assertIn("it is there", str(caught.exception))
            self.assertEqual(client.get("demo").image, "a")
            client.delete("demo", uid="some", wait=False)
            self.assertEqual((store.seen[-1].uid, store.seen[-1].wait, store.seen[-1].missing_ok), ("some", False, True))
            with self.assertRaises(NotFoundError):
                client.delete("demo", missing_ok=False)
            client.create_many([Spec(f"s{i}", "a") for i in range(5)])
            self.assertTrue(client.delete_all().all_done)
            self.assertEqual(store.kept, {})

    def test_wrong_ones(self):
        for wrong in (lambda: Transport("memory"), lambda: Transport("No"), lambda: Client("own:", custom_transports=[Transport("own"), Transport("own")])):
            with self.assertRaises(InvalidError):
                wrong()
        for wrong in (lambda: Transport("own", get=1), lambda: Client("own:", custom_transports=["own"]), lambda: Transport(1)):
            with self.assertRaises(TypeError):
                wrong()
        with Client("own:", custom_transports=[Transport("own")]) as client, self.assertRaises(UnsupportedError):
            client.list()

    def test_what_a_function_raises(self):
        for raised, expected, told in ((LookupError("lost"), ServerError, "LookupError: lost"), (ProtocolError("odd"), ProtocolError, "odd"),
                                       (KeyboardInterrupt(), KeyboardInterrupt, "")):
            def broken(request, raised=raised):
                raise raised

            with Client("own:", custom_transports=[Transport("own", get=broken)]) as client, self.assertRaisesRegex(expected, told):
                client.get("x")
        for answer in ({"name": 1}, "no json", [], None, object()):
            with Client("own:", custom_transports=[Transport("own", get=lambda request, answer=answer: answer)]) as client, self.assertRaises(K7Error):
                client.get("x")

    def test_any_exception_is_an_answer(self):
        class Silent(Exception):
            def __str__(self):
                raise LookupError("no words")

        for raised, expected, told in ((ValueError("bad \udcff"), ServerError, r"ValueError: bad \?"), (Silent(), ServerError, "Silent: its text cannot be had: LookupError"),
                                       (NotFoundError("none \udcff"), NotFoundError, r"none \?"), (ValueError("a\0b\nc"), ServerError, r"a\?b c")):
            def broken(request, raised=raised):
                raise raised

            with Client("own:", custom_transports=[Transport("own", get=broken)]) as client, self.assertRaisesRegex(expected, told):
                client.get("x")

    def test_a_signal_handler_that_raises_at_any_moment_is_an_answer(self):
        transport, moment, told = Transport("own", get=lambda request: item(request.name)), 0, set()
        while True:
            with Client("own:", custom_transports=[transport]) as client:
                with test_signals.Moments(moment) as moments:
                    moments.file = _transport.__file__
                    try:
                        client.get("x")
                    except KeyboardInterrupt as error:
                        self.assertNotIsInstance(error.__cause__, CallTimeoutError)
                    else:
                        self.assertIsNone(moments.where)
                if moments.where is None:
                    break
                told.add(moments.where)
            moment += 1
        self.assertGreater(len(told), 10)

    def test_a_code_is_kept(self):
        with Client("memory:?fail=get:429") as behind:
            with Client("own:", custom_transports=[Transport("own", get=lambda request: behind.get(request.name).to_json())], config={"retry_attempts": 1}) as client:
                with self.assertRaises(K7Error) as caught:
                    client.get("x")
        self.assertEqual(caught.exception.name, "K7_ERR_RATE_LIMITED")

    def test_answers_that_come_later_from_other_threads(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            transport = Transport("own", get=lambda request: pool.submit(lambda: item(request.name)))
            with Client("own:", custom_transports=[transport]) as client:
                self.assertEqual(client.get("x").name, "x")
                found = client.get_many([f"s{i}" for i in range(50)])
                self.assertEqual([result.sandbox.name for result in found], [f"s{i}" for i in range(50)])

    def test_no_answer(self):
        futures, requests = [], []

        def get(request):
            requests.append(request)
            futures.append(concurrent.futures.Future())
            if cancel is not None:
                self.assertFalse(request.cancelled)
                cancel.trigger()
            return futures[-1]

        cancel = None
        with Client("own:", custom_transports=[Transport("own", get=get)]) as client:
            with self.assertRaises(CallTimeoutError):
                client.get("x", timeout=0.05)
            self.assertTrue(requests[-1].cancelled)
            cancel = Cancel()
            with self.assertRaises(CallCancelledError):
                client.get("x", cancel=cancel)
            for future in futures:
                future.set_result(item("x"))  # is dropped

    def test_asyncio(self):
        async def get(request):
            await asyncio.sleep(0)
            if request.name == "none":
                raise NotFoundError("it is not there")
            return item(request.name)

        async def main():
            async with AsyncClient("own:", custom_transports=[Transport("own", get=get)]) as client:
                found = await asyncio.gather(*(client.get(f"s{i}") for i in range(20)))
                self.assertEqual([sandbox.name for sandbox in found], [f"s{i}" for i in range(20)])
                with self.assertRaises(NotFoundError):
                    await client.get("none")

        asyncio.run(main())
        self.assertEqual(threading.active_count(), 1)

    def test_a_coroutine_ends_with_its_call(self):
        async def get(request):
            told.append("begun")
            try:
                await asyncio.get_running_loop().create_future()  # nobody else knows of it
            except asyncio.CancelledError:
                told.append("cancelled")
                await asyncio.sleep(0)
                told.append("put in order")
                raise

        async def until(count):
            while len(told) < count:
                await asyncio.sleep(0)

        async def main():
            async with AsyncClient("own:", custom_transports=[Transport("own", get=get)]) as client:
                task = asyncio.create_task(client.get("x"))
                await until(1)
                gc.collect()
                self.assertEqual(len(asyncio.all_tasks()), 3)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                await until(3)
                with self.assertRaises(CallTimeoutError):
                    await client.get("x", timeout=0.05)
                await until(6)
                results = await client.get_many(["x", "y"], timeout=0.05)
                self.assertEqual([type(result.error) for result in results], [CallTimeoutError] * 2)
                await until(12)
            self.assertEqual(asyncio.all_tasks(), {asyncio.current_task()})

        told = []
        asyncio.run(main())
        self.assertEqual(told[:6], ["begun", "cancelled", "put in order"] * 2)

    def test_a_coroutine_function_needs_an_event_loop(self):
        async def get(request):
            pass

        async def main():
            with self.assertRaisesRegex(ServerError, "TypeError: a coroutine function answers an AsyncClient only"):
                client.get("x", timeout=50)

        with Client("own:", custom_transports=[Transport("own", get=get)]) as client:
            asyncio.run(main())

    def test_what_ends_a_program_ends_the_event_loop(self):
        def leave(*_):
            raise SystemExit(4)

        for endpoint, settings in (("own:", {"custom_transports": [Transport("own", get=leave)]}), ("https://127.0.0.1:9", {"token_provider": leave})):
            async def main():
                async with AsyncClient(endpoint, **settings) as client:
                    await client.get("x", timeout=50)

            with self.assertRaises(SystemExit) as caught:
                asyncio.run(main())
            self.assertEqual((caught.exception.code, _call._running.stack), (4, []))

    def test_lifetime(self):
        client = Client("own:", custom_transports=[Store().transport()])
        gc.collect()
        self.assertEqual(client.list(), [])
        client.close()
        del client
        gc.collect()
        self.assertEqual(_native._alive, {})


if __name__ == "__main__":
    unittest.main()
