"""What a function of the program raises, in every place in which the library calls one, from a blocking call and in asyncio."""
import asyncio
import gc
import unittest

from k7sandbox import AsyncClient, AuthError, Client, K7Error, ServerError, Transport
from k7sandbox import _native

NOBODY = "http://127.0.0.1:9"
ONCE = {"retry_attempts": 1}
PLACES = ("progress", "trace", "dry_run", "token_provider", "transport")
TOLD = {"token_provider": AuthError, "transport": ServerError}  # an Exception there is the library's error; elsewhere it is raised as it is


class Boom(Exception):
    pass


def settings(place, kind):
    """The arguments of a client and of a call of it that meets, in that place, a function that raises."""
    def function(*_):
        raise kind("told")

    if place == "token_provider":
        return {"endpoint": NOBODY, "config": ONCE, place: function}, {}
    if place == "transport":
        return {"endpoint": "own:", "custom_transports": [Transport("own", list=function)]}, {}
    return {"endpoint": "memory:" if place == "progress" else NOBODY, "config": ONCE}, {place: function}


class Raising(unittest.TestCase):
    def setUp(self):
        gc.collect()

    def tearDown(self):  # what was raised refers to the calls that it ended
        gc.collect()
        self.assertEqual(_native._alive, {})

    def test_blocking(self):
        for place in PLACES:
            for kind in (Boom, KeyboardInterrupt, SystemExit):
                client, call = settings(place, kind)
                expected = TOLD.get(place, Boom) if kind is Boom else kind
                with self.subTest(place=place, kind=kind), Client(**client) as client, self.assertRaises(expected) as caught:
                    client.list(**call)
                self.assertIn("told", str(caught.exception))

    def test_asyncio(self):
        async def main(client, call):
            async with AsyncClient(**client) as client:
                await client.list(**call)

        for place in PLACES:
            for kind in (Boom, KeyboardInterrupt, SystemExit):
                expected = TOLD.get(place, Boom) if kind is Boom else kind
                with self.subTest(place=place, kind=kind), self.assertRaises(expected) as caught:
                    asyncio.run(main(*settings(place, kind)))
                self.assertIn("told", str(caught.exception))

    def test_the_librarys_own_errors(self):
        # A K7Error of a transport's function is the call's, with its code; of a callback it is raised as it is.
        for kind in K7Error.__subclasses__():
            client, call = settings("transport", kind)
            with self.subTest(kind=kind), Client(**client, config=ONCE) as client, self.assertRaises(kind) as caught:
                client.list(**call)
            self.assertIs(type(caught.exception), kind)
            self.assertNotEqual((caught.exception.code, caught.exception.name), (0, ""))


if __name__ == "__main__":
    unittest.main()
