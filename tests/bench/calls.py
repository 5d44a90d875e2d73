#!/usr/bin/python3
"""What a call costs from C++, Go and Python, as ratios to the same call from C, and k7-sdk's beside it: calls.py ROUNDS CALLS. A list of one sandbox, over memory: (what the binding
itself adds) and over rest to a k7-gateway. One program per way to call; all take turns, so that each round sees the same machine. Started by tests/bench/run."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/gateway"))


def measured(calls):
    """Answers each number on standard input with the times of so many calls."""
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.thread_time()
        calls(int(line))
        print(int((time.perf_counter() - wall) * 1e6), int((time.thread_time() - cpu) * 1e6), flush=True)


def repeated(listed):
    def calls(count):
        for _ in range(count):
            if len(listed()) != 1:
                raise SystemExit("not the list that was expected")

    return calls


def blocking(endpoint, key):
    from k7sandbox import Client, Spec

    client = Client(endpoint, api_key=key)
    if key is None:
        client.create(Spec("sandbox", "docker.io/library/alpine:3.20"))
    return repeated(client.list)


def way_thread(endpoint, key):
    thread = threading.Thread(target=lambda: measured(blocking(endpoint, key)))
    thread.start()
    thread.join()


def way_asyncio(endpoint, key):
    from k7sandbox import AsyncClient, Spec

    async def main():
        async with AsyncClient(endpoint, api_key=key) as client:
            if key is None:
                await client.create(Spec("sandbox", "docker.io/library/alpine:3.20"))
            for line in sys.stdin:
                wall, cpu = time.perf_counter(), time.thread_time()
                for _ in range(int(line)):
                    if len(await client.list()) != 1:
                        raise SystemExit("not the list that was expected")
                print(int((time.perf_counter() - wall) * 1e6), int((time.thread_time() - cpu) * 1e6), flush=True)

    asyncio.run(main())


def way_k7compat(endpoint, key):
    from k7sandbox.k7compat import Client

    measured(repeated(Client(endpoint, key).list))


def way_k7_sdk(endpoint, key):
    from k7_sdk import Client

    measured(repeated(Client(endpoint, key).list))


WAYS = {"main thread": lambda *where: measured(blocking(*where)), "other thread": way_thread, "asyncio": way_asyncio, "k7compat": way_k7compat,
        "k7-sdk": way_k7_sdk}


class Way:
    """One program that calls, and its times."""

    def __init__(self, name, command, environment=None):
        self.name, self.wall, self.cpu = name, [], []
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [int(figure) / count for figure in self.process.stdout.readline().split()]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(title, ways, rounds, calls):
    for way in ways:
        way.run(calls)  # connections, caches
    for _ in range(rounds):
        for way in ways:
            wall, cpu = way.run(calls)
            way.wall.append(wall)
            way.cpu.append(cpu)
    base = ways[0]
    for way in ways:
        ratios = [statistics.median(mine / its for mine, its in zip(getattr(way, kind), getattr(base, kind))) for kind in ("wall", "cpu")]
        print(f"{title}, {way.name}: {statistics.median(way.wall):.1f} us wall, {statistics.median(way.cpu):.1f} us processor time; "
              f"{ratios[0]:.2f} and {ratios[1]:.2f} times C's")
        way.end()


def compiled(folder):
    """The programs that call in other languages, C first; Go's is made in folder, where there is Go."""
    programs = {"C": os.path.join(ROOT, "build/tests/bench/bench-calls"), "C++": os.path.join(ROOT, "build/tests/bench/bench-calls-cxx")}
    if not os.path.exists(programs["C++"]):
        del programs["C++"]
        print("there is no C++ compiler: C++ is not measured")
    library = os.path.join(ROOT, "build/src")
    with open(os.path.join(folder, "k7sandbox.pc"), "w", encoding="utf-8") as package:
        package.write(f"Name: k7sandbox\nDescription: not installed\nVersion: 0\nLibs: -L{library} -lk7sandbox\nCflags: -I{ROOT}/include\n")
    environment = {**os.environ, "CGO_ENABLED": "1", "PKG_CONFIG_PATH": folder, "GOFLAGS": "-mod=mod -buildvcs=false"}
    program = os.path.join(folder, "calls")
    made = subprocess.run([os.path.join(ROOT, "tests/support/go"), "build", "-o", program, "./testdata/calls"], cwd=os.path.join(ROOT, "bindings/go"),
                          env=environment, check=False)
    if made.returncode == 77:
        print("there is no Go: it is not measured")
    elif made.returncode == 0:
        programs["Go"] = program
    else:
        raise SystemExit("tests/bench/calls.py: the Go program could not be made")
    return programs


def main(rounds, calls):
    from harness import Gateway
    from k7_sdk_versions import VERSIONS, packages_of

    with tempfile.TemporaryDirectory() as folder, Gateway() as gateway:
        subprocess.run(["cp", "-r", os.path.join(ROOT, "bindings/python/k7sandbox"), folder], check=True)
        subprocess.run([sys.executable, os.path.join(ROOT, "bindings/python/build_ffi.py"), os.path.join(ROOT, "include"), os.path.join(ROOT, "build/src"), folder],
                       check=True, stdout=subprocess.DEVNULL)
        path = [folder]
        try:
            path.append(packages_of(os.path.join(ROOT, "build"), VERSIONS[-1]))
        except (subprocess.SubprocessError, OSError):
            print("k7-sdk cannot be installed from the package index: it is not measured")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "LD_LIBRARY_PATH": os.path.join(ROOT, "build/src")}
        for name in ("K7_API_KEY", "K7_API_URL", "HTTP_PROXY", "http_proxy", "REQUESTS_CA_BUNDLE"):
            environment.pop(name, None)

        programs = compiled(folder)

        def ways(names, *where):
            own = [Way(name, [sys.executable, __file__, "--way", name, *where], environment) for name in names]
            return [*(Way(name, [program, *where], environment) for name, program in programs.items()), *own]

        compare("memory:", ways(["main thread", "other thread", "asyncio"], "memory:"), rounds, calls)
        subprocess.run([sys.executable, "-c", "import sys; from k7sandbox import *; Client(sys.argv[1], api_key=sys.argv[2]).create(Spec('sandbox', 'a'))",
                        gateway.url, gateway.key], env=environment, check=True)
        names = ["main thread", "other thread", "asyncio", "k7compat"] + (["k7-sdk"] if len(path) > 1 else [])
        compare("rest to k7-gateway", ways(names, gateway.url, gateway.key), rounds, calls)


if __name__ == "__main__":
    if sys.argv[1] == "--way":
        WAYS[sys.argv[2]](sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)
    else:
        main(int(sys.argv[1]), int(sys.argv[2]))
