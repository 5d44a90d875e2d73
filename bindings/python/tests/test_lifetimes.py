"""What is kept, and how long, without the garbage collector: what a call raised is gone once nobody has it, and holds no client open that is closed."""
import asyncio
import contextlib
import gc
import os
import unittest
import weakref

from k7sandbox import AsyncClient, Client, K7Error, NotFoundError, ServerError, Spec, Transport, k7compat
from k7sandbox import _native

NEVER_READY = "memory:?start_ms=500000"


class Boom(Exception):
    pass


def boom(_):
    raise Boom()


def descriptors():
    return len(os.listdir("/proc/self/fd"))


class Raised(unittest.TestCase):
    def setUp(self):
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

    def gone(self, expected, call, *arguments, **settings):
        """Makes a call that fails: nothing but the one who catches the exception has it."""
        with self.subTest(call=call.__qualname__, expected=expected.__name__):
            try:
                call(*arguments, **settings)
            except expected as error:
                raised = weakref.ref(error)
            self.assertIsNone(raised())

    async def gone_later(self, expected, call, *arguments, **settings):
        with self.subTest(call=call.__qualname__, expected=expected.__name__):
            try:
                await call(*arguments, **settings)
            except expected as error:
                raised = weakref.ref(error)
            self.assertIsNone(raised())

    def test_blocking(self):
        with Client("memory:") as client:
            self.gone(NotFoundError, client.get, "x")
            self.gone(Boom, client.create, Spec("demo", "a"), progress=boom)
            self.gone(Boom, client.create_many, [Spec("demo", "a")], progress=boom)
        with Client(NEVER_READY) as client:
            self.gone(Boom, client.create, Spec("demo", "a"), progress=boom)

    def test_asyncio(self):
        async def main():
            async with AsyncClient("memory:") as client:
                await self.gone_later(NotFoundError, client.get, "x")
                await self.gone_later(Boom, client.create, Spec("demo", "a"), progress=boom)
            async with AsyncClient(NEVER_READY) as client:
                await self.gone_later(Boom, client.create, Spec("demo", "a"), progress=boom)

        asyncio.run(main())

    def test_k7compat(self):
        self.gone(k7compat.HTTPError, k7compat.Client("memory:", "key").delete, "A_")

        async def main():
            client = k7compat.AsyncClient("memory:", "key")
            await self.gone_later(Exception, client.delete, "A_")
            await client.aclose()

        asyncio.run(main())

    def test_it_keeps_no_client_open(self):
        kept, before = [], descriptors()
        for _ in range(5):
            with Client("memory:") as client:
                for settings in ({}, {"progress": boom}):
                    try:
                        client.get("x", **settings)
                    except (Boom, K7Error) as error:
                        kept.append(error)
        self.assertEqual((len(kept), descriptors()), (10, before))

        def broken(request):
            kept.append(LookupError())
            raise kept[-1]

        for _ in range(5):
            with Client("own:", custom_transports=[Transport("own", get=broken)]) as client, contextlib.suppress(ServerError):
                client.get("x")
        client = None
        self.assertEqual((len(kept), _native._alive), (15, {}))

        async def main():
            before = descriptors()
            for _ in range(5):
                async with AsyncClient("memory:") as client:
                    try:
                        await client.get("x")
                    except NotFoundError as error:
                        kept.append(error)
            return descriptors() - before

        self.assertEqual((asyncio.run(main()), len(kept)), (0, 20))

    def test_a_function_is_kept_until_its_client_is_closed(self):
        class Service:
            def __init__(self):
                self.client = Client("https://127.0.0.1:9", token_provider=self.token)

            def token(self):
                return "x"

        service = Service()
        client, gone = service.client, weakref.ref(service)
        del service
        gc.collect()
        self.assertIsNotNone(gone())  # the library has it
        client.close()
        del client
        gc.collect()
        self.assertIsNone(gone())


if __name__ == "__main__":
    unittest.main()
