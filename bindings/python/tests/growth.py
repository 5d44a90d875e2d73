"""Ten thousand creates and deletes, blocking and in asyncio, leave nothing behind. PYTHONMALLOC=malloc lets one allocator have the memory of Python's objects and the
library's; without malloc()'s caches for each thread (GLIBC_TUNABLES) what it counts as used is used. From 2,000 to 10,000 that grows by some hundred bytes, whatever the
number; what were lost at one of a hundred calls would show."""
import asyncio
import contextlib
import ctypes
import gc
import os
import unittest

from k7sandbox import AsyncClient, Client, ConflictError, Spec
from k7sandbox import _native

WARM, ALL = 2000, 10000
CHUNK = 32  # what malloc() takes at least
ONCE_IN_A_HUNDRED = (ALL - WARM) // 100


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]


mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Mallinfo


def held():
    """What this process has: descriptors, threads, callbacks that the library may call, objects of Python; and bytes. Numbers only: what they are in is no object to count."""
    gc.collect()
    info = mallinfo2()
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), len(_native._alive), len(gc.get_objects()), info.uordblks + info.hblkhd


class Growth(unittest.TestCase):
    def setUp(self):
        self.assertEqual((os.environ.get("PYTHONMALLOC"), os.environ.get("GLIBC_TUNABLES")), ("malloc", "glibc.malloc.tcache_count=0"))

    def compare(self, warm, end):
        self.assertEqual(warm[:3], end[:3], "descriptors, threads, callbacks")
        # What the interpreter and asyncio themselves keep comes and goes by one or two.
        self.assertLessEqual(end[3] - warm[3], 2, "objects")
        self.assertLess(end[4] - warm[4], ONCE_IN_A_HUNDRED * CHUNK, "bytes")

    def test_blocking(self):
        with Client("memory:") as client:
            for i in range(1, ALL + 1):
                client.create(Spec("demo", "a"), progress=lambda _: None)
                if i % 10 == 0:
                    with contextlib.suppress(ConflictError):
                        client.create(Spec("demo", "a"))
                client.delete("demo", missing_ok=False)
                if i == WARM:
                    warm = held()
            self.compare(warm, held())

    def test_asyncio(self):
        async def main():
            async with AsyncClient("memory:") as client:
                for i in range(1, ALL + 1):
                    await client.create(Spec("demo", "a"), progress=lambda _: None)
                    if i % 10 == 0:
                        with contextlib.suppress(ConflictError):
                            await client.create(Spec("demo", "a"))
                    await client.delete("demo", missing_ok=False)
                    if i == WARM:
                        warm = held()
                self.compare(warm, held())

        asyncio.run(main())


if __name__ == "__main__":
    unittest.main()
