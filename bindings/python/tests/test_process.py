"""What happens to the whole process: Ctrl-C, fork, the interpreter's end. Each in a process of its own."""
import importlib.util
import os
import subprocess
import sys
import textwrap
import unittest

# Sends SIGINT to this process once, as soon as its main thread waits in poll() or the like: then the signal interrupts a wait of the library.
INTERRUPT = """
import os, signal, threading
def interrupt_once_it_waits():
    waits = {"7", "232", "271", "281", "441"}  # poll, epoll_wait, ppoll, epoll_pwait, epoll_pwait2 on x86-64
    if os.uname().machine == "aarch64":
        waits = {"22", "73", "441"}
    def watch():
        while True:
            with open(f"/proc/self/task/{os.getpid()}/syscall") as file:
                if file.read().split()[0] in waits:
                    break
            os.sched_yield()
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=watch, daemon=True).start()
"""


def run(program, timeout=60):
    """The output of a program that ended well."""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", INTERRUPT + textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Interrupt(unittest.TestCase):
    def test_ctrl_c_ends_a_call_at_once_and_takes_back(self):
        self.assertEqual(run("""
            from k7sandbox import *
            client = Client("memory:?start_ms=500000")
            def progress(step):
                if step.step == "ready":
                    interrupt_once_it_waits()
            try:
                client.create(Spec("demo", "a"), progress=progress)
            except KeyboardInterrupt as error:
                print(type(error.__cause__).__name__, error.__cause__.outcome.name, client.list())
        """), "CallCancelledError NOT_SENT []\n")

    def test_without_callbacks(self):
        self.assertEqual(run("""
            from k7sandbox import *
            client = Client("memory:?fail=get:hang")
            interrupt_once_it_waits()
            try:
                client.get("demo")
            except KeyboardInterrupt as error:
                print(type(error.__cause__).__name__)
        """), "CallCancelledError\n")

    def test_a_second_one_abandons_taking_back(self):
        self.assertEqual(run("""
            from k7sandbox import *
            client = Client("memory:?start_ms=500000&fail=delete:hang")
            def progress(step):
                if step.step in ("ready", "undo store"):
                    interrupt_once_it_waits()
            try:
                client.create(Spec("demo", "a"), progress=progress, cleanup_timeout=600)
            except KeyboardInterrupt as error:
                print(len(error.__cause__.leftovers))
        """), "1\n")

    def test_a_handler_that_does_not_raise(self):
        self.assertEqual(run("""
            from k7sandbox import *
            client, cancel = Client("memory:?fail=get:hang"), Cancel()
            signal.signal(signal.SIGINT, lambda *_: cancel.trigger())
            interrupt_once_it_waits()
            try:
                client.get("demo", cancel=cancel)
            except CallCancelledError as error:
                print(error.name, cancel.count)
        """), "K7_ERR_CANCELLED 1\n")

    def test_a_signal_that_interrupts_no_wait(self):
        # The kernel gives it to another thread, as it may: Python's flag is set, and the main thread sleeps on.
        self.assertEqual(run("""
            from k7sandbox import *
            client = Client("memory:?fail=get:hang")
            interrupt_once_it_waits()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                client.get("demo", timeout=50)
            except KeyboardInterrupt as error:
                print(type(error.__cause__).__name__)
        """), "CallCancelledError\n")

    def test_who_else_listens_for_signals_is_told(self):
        self.assertEqual(run("""
            import socket
            from k7sandbox import *
            client = Client("memory:?fail=get:hang")
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            signal.set_wakeup_fd(ours.fileno())
            interrupt_once_it_waits()
            try:
                client.get("demo")
            except KeyboardInterrupt:
                print(theirs.recv(1) == bytes([signal.SIGINT]), signal.set_wakeup_fd(-1) == ours.fileno())
            ours.close(), theirs.close()
        """), "True True\n")

    def test_in_asyncio(self):
        self.assertEqual(run("""
            import asyncio, math
            from k7sandbox import *
            async def main():
                asyncio.get_running_loop().slow_callback_duration = math.inf  # a busy machine is no finding
                async with AsyncClient("memory:?start_ms=500000") as client:
                    def progress(step):
                        if step.step == "ready":
                            interrupt_once_it_waits()
                    try:
                        await client.create(Spec("demo", "a"), progress=progress)
                    finally:
                        print(await client.list())
            try:
                asyncio.run(main())
            except KeyboardInterrupt:
                print("interrupted")
        """), "[]\ninterrupted\n")


class Fork(unittest.TestCase):
    def test_a_client_belongs_to_its_process(self):
        self.assertEqual(run("""
            import gc
            from k7sandbox import *
            client = Client("memory:")
            client.create(Spec("demo", "a"))
            child = os.fork()
            if child == 0:
                try:
                    client.list()
                except InvalidError as error:
                    own = Client("memory:")
                    del client
                    gc.collect()
                    os._exit(0 if error.name == "K7_ERR_FORKED" and own.list() == [] else 1)
                os._exit(2)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(client.list()))
        """), "0 1\n")


    def test_multiprocessing(self):
        self.assertEqual(run("""
            import multiprocessing
            from k7sandbox import *
            client = Client("memory:")
            client.create(Spec("demo", "a"))
            def work(i):
                try:
                    client.list()
                except InvalidError as error:
                    name = error.name
                with Client("memory:") as own:
                    own.create(Spec(f"s{i}", "a"), progress=lambda _: None)
                    return name, [sandbox.name for sandbox in own.list()]
            with multiprocessing.get_context("fork").Pool(2) as pool:
                print(pool.map(work, range(3)) == [("K7_ERR_FORKED", [f"s{i}"]) for i in range(3)], len(client.list()))
            try:
                multiprocessing.get_context("spawn").Process(target=print, args=(client,)).start()
            except TypeError as error:
                print(error)
        """), "True 1\na Client of k7sandbox cannot be pickled\n")


@unittest.skipIf(importlib.util.find_spec("_xxsubinterpreters") is None, "this Python shows no subinterpreters")
class Subinterpreter(unittest.TestCase):
    def test_it_has_clients_of_its_own(self):
        program = """
            import asyncio, math
            from k7sandbox import *
            from k7sandbox import _native
            told = []
            async def main():
                asyncio.get_running_loop().slow_callback_duration = math.inf  # a busy machine is no finding
                async with AsyncClient("memory:?latency_ms=1") as client:
                    return (await client.create(Spec("y", "a"), progress=told.append)).name
            with Client("memory:?latency_ms=1") as client:
                client.create(Spec("x", "a"), progress=told.append)
                print([sandbox.name for sandbox in client.list()], asyncio.run(main()), len(told), _native.MODE, _native._alive, flush=True)
        """
        has_cffi = importlib.util.find_spec("cffi") is not None
        said = run(f"""
            import _xxsubinterpreters, textwrap
            from k7sandbox import *
            from k7sandbox import _native
            with open("/proc/self/maps") as maps:  # a subinterpreter is in ABI mode: the same library
                os.environ["K7SANDBOX_LIBRARY"] = next(line.split()[-1] for line in maps if "libk7sandbox.so" in line)
            with Client("memory:") as client:
                client.create(Spec("demo", "a"))
                interpreter = _xxsubinterpreters.create()
                try:
                    _xxsubinterpreters.run_string(interpreter, textwrap.dedent({program!r}))
                except _xxsubinterpreters.RunFailedError as error:
                    print(error)
                _xxsubinterpreters.destroy(interpreter)
                print([sandbox.name for sandbox in client.list(progress=lambda _: None)], _native._alive)
        """)
        in_it = "['x'] y 4 abi {}" if has_cffi else "<class 'ModuleNotFoundError'>: No module named 'cffi'"
        self.assertEqual(said, f"{in_it}\n['demo'] {{}}\n")


class End(unittest.TestCase):
    def test_an_event_loop_that_was_closed_first(self):
        self.assertEqual(run("""
            import asyncio, math
            from k7sandbox import *
            events, client = asyncio.new_event_loop(), AsyncClient("memory:?start_ms=500000")
            events.slow_callback_duration = math.inf
            coroutine = client.create(Spec("demo", "a"), progress=lambda _: None)
            task = events.create_task(coroutine)
            task._log_destroy_pending = False
            events.run_until_complete(asyncio.sleep(0))
            events.close()
            print("end", flush=True)
        """), "end\n")

    def test_with_everything_alive(self):
        self.assertEqual(run("""
            import asyncio, io, math, sys
            from k7sandbox import *
            client, held, begun = Client("memory:?fail=get:hang"), AsyncClient("memory:?start_ms=500000"), threading.Event()
            made = client.create(Spec("demo", "a"))
            threading.Thread(target=lambda: client.get("x", progress=lambda _: begun.set()), daemon=True).start()
            begun.wait()
            events = asyncio.new_event_loop()
            events.slow_callback_duration = math.inf
            coroutine = held.create(Spec("demo", "a"))
            task = events.create_task(coroutine)
            task._log_destroy_pending = False
            events.run_until_complete(asyncio.sleep(0))
            sys.stderr = io.StringIO()  # asyncio's own complaint of an event loop that was not closed
            print("end", flush=True)
        """), "end\n")

    def test_a_call_of_another_thread_that_tells_of_progress_meanwhile(self):
        self.assertEqual(run("""
            from k7sandbox import *
            client, begun = Client("memory:?latency_ms=1"), threading.Event()
            def work():
                while True:
                    client.list(progress=lambda _: begun.set())
            for _ in range(4):
                threading.Thread(target=work, daemon=True).start()
            begun.wait()
            print("end", flush=True)
        """), "end\n")


if __name__ == "__main__":
    unittest.main()
