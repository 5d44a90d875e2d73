"""A signal handler that raises at any moment of a blocking call: wherever Python runs handlers inside the package, one moment after the other."""
import _thread
import contextlib
import dis
import gc
import io
import itertools
import os
import signal
import sys
import unittest
import unittest.mock

import k7sandbox
from k7sandbox import CallCancelledError, Client, ItemOutcome, Spec
from k7sandbox import _call, _errors, _native, _wait

FOLDER = os.path.dirname(k7sandbox.__file__)
ENTRY, JUMP = dis.opmap["RESUME"], dis.opmap["JUMP_BACKWARD"]
CALLS = {dis.opmap["CALL"], dis.opmap["CALL_FUNCTION_EX"]}


class Moments:
    """Raises KeyboardInterrupt at the n-th of them, counted from 0: at the beginning of a function, after a call of what is not written in Python, and when a loop begins
    again. There, and nowhere else, Python (3.11) looks for signals. While it is in force, `seen` counts them."""

    def __init__(self, wanted, act=None):
        self.wanted, self.seen, self.last = wanted, 0, None
        self.act, self.file = act or self.interrupt, FOLDER
        self.where = None

    def __enter__(self):
        sys.settrace(self.enter)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def enter(self, frame, event, _):
        self.last = None
        if not frame.f_code.co_filename.startswith(self.file):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self.trace

    def trace(self, frame, event, _):
        if event != "opcode":
            self.last = None
            return self.trace
        last, self.last = self.last, (frame, frame.f_code.co_code[frame.f_lasti])
        if last is not None and last[0] is frame and (last[1] in CALLS or last[1] in (ENTRY, JUMP)):
            self.seen += 1
            if self.seen > self.wanted and (self.act == self.interrupt or self.where is None):
                self.where = f"{frame.f_code.co_name}:{frame.f_lineno}"
                self.act()
        return self.trace

    def interrupt(self):
        raise KeyboardInterrupt


class Twice(Moments):
    """Ctrl-C at that moment, and once more so many moments later. What a trace function raises would end the tracing: here the signal's handler raises, where Python looks for
    signals next; until then nothing is traced, for a trace function is such a place, too."""

    def __init__(self, first, again):
        super().__init__(first, self.press)
        self.again, self.times, self.presses = again, 0, map(_thread.interrupt_main, itertools.repeat(signal.SIGINT))

    def __enter__(self):
        self.before = signal.signal(signal.SIGINT, self.handle)
        return super().__enter__()

    def __exit__(self, *_):
        super().__exit__()
        signal.signal(signal.SIGINT, self.before)

    def press(self):
        sys.settrace(None)
        None in self.presses  # no call: Python looks for signals after those

    def handle(self, *_):
        self.times += 1
        self.wanted = self.seen + self.again if self.times == 1 else sys.maxsize
        self.where = None if self.times == 1 else self.where
        sys.settrace(self.enter)
        raise KeyboardInterrupt


class AnyMoment(unittest.TestCase):
    def setUp(self):
        gc.collect()  # what other tests left

    def each(self, endpoint, call):
        """Gives what `call` raised at each moment, with the client, until it is over before the moment comes."""
        moment, told = 0, set()
        while True:
            with Client(endpoint) as client:
                client.list()  # what the first call of a client makes is made
                raised = None
                with Moments(moment) as moments:
                    try:
                        call(client)
                    except KeyboardInterrupt as error:
                        raised = error
                if moments.where is None:
                    break
                told.add(moments.where)
                with self.subTest(moment=moment, where=moments.where):
                    self.assertIsNotNone(raised)
                    self.assertEqual(signal.set_wakeup_fd(-1), -1)
                    self.assertEqual(_call._running.stack, [])
                    self.assertFalse(client._waiter.is_busy)
                    self.assertEqual(_native._alive, {})
                    yield client, raised
            moment += 1
        self.assertGreater(len(told), 20)

    def test_what_a_create_made_is_taken_back(self):
        causes = set()
        for client, raised in self.each("memory:?latency_ms=1", lambda client: client.create(Spec("demo", "a"), progress=lambda _: None)):
            self.assertEqual(client.list(), [])
            self.assertEqual(getattr(raised, "__notes__", []), [])
            causes.add(type(raised.__cause__))
        self.assertEqual(causes, {CallCancelledError, type(None)})

    def test_a_call_over_many_tells_of_each(self):
        some = 0
        for client, raised in self.each("memory:?latency_ms=1", lambda client: client.create_many([Spec("one", "a"), Spec("two", "a")], at_once=1)):
            done = [sandbox.name for sandbox in client.list()]
            told = getattr(raised, "results", [])
            self.assertEqual([result.name for result in told if result.outcome == ItemOutcome.DONE], done)
            some += bool(done)
        self.assertGreater(some, 0)

    def test_what_nobody_waits_for_any_more_is_taken_back(self):
        # So it is when a second signal handler raised before the first one's operation was waited for again.
        with Client("memory:?latency_ms=1") as client:
            spec, waiter, started = Spec("demo", "a"), _wait.Waiter(), _native.ffi.new("k7_op **")
            _errors.check(_native.lib.k7_sandbox_create_start, client._pointer, spec._pointer, _native.NULL, waiter.pointer, started)
            waiter.end(started, map(started.__getitem__, (0,)), [], [])
            self.assertEqual((client.list(), waiter.is_busy), ([], False))


class Boom(Exception):
    pass


class Listeners(unittest.TestCase):
    """Who else listens for signals (asyncio does) gets each, whenever it comes, and none gets those of another."""

    def setUp(self):
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        self.addCleanup(signal.set_wakeup_fd, -1)

    def listen(self):
        theirs, ours = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.addCleanup(os.close, theirs)
        self.addCleanup(os.close, ours)
        signal.set_wakeup_fd(ours)
        return theirs, ours

    def told(self, theirs):
        try:
            return os.read(theirs, 100)
        except BlockingIOError:
            return b""

    def test_at_any_moment(self):
        def boom(*_):
            raise Boom()

        for handler in (lambda *_: None, boom):
            signal.signal(signal.SIGUSR1, handler)
            with Client("memory:?latency_ms=1") as client:
                client.list()
                first, moment = self.listen()[0], 0
                while True:
                    theirs, ours = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
                    signal.set_wakeup_fd(ours)
                    with Moments(moment, lambda: signal.raise_signal(signal.SIGUSR1)) as moments, contextlib.suppress(Boom):
                        client.list()
                    with self.subTest(handler=handler.__name__, where=moments.where):
                        self.assertEqual(signal.set_wakeup_fd(-1), ours)
                        self.assertEqual((self.told(theirs), self.told(first)), (bytes([signal.SIGUSR1]) if moments.where else b"", b""))
                    if moments.where is None:
                        os.close(ours), os.close(theirs)
                        break
                    os.close(ours), os.close(theirs)
                    moment += 1
                self.assertGreater(moment, 20)

    def test_as_it_is_begun_and_ended(self):
        def around(descriptor):
            signal.raise_signal(signal.SIGUSR1)
            before = signal.set_wakeup_fd(descriptor)
            signal.raise_signal(signal.SIGUSR1)
            return before

        theirs, ours = self.listen()
        with Client("memory:?latency_ms=1") as client, unittest.mock.patch.object(_wait, "_set_wakeup_fd", around):
            client.list()
        self.assertEqual((self.told(theirs), signal.set_wakeup_fd(-1)), (bytes([signal.SIGUSR1]) * 4, ours))

    def test_calls_inside_of_calls(self):
        theirs, ours = self.listen()
        with Client("memory:?latency_ms=1") as outer, Client("memory:?latency_ms=1") as inner:
            def inside(*_):
                inner.list()
                signal.raise_signal(signal.SIGUSR2)
                inner.list()

            before = signal.signal(signal.SIGUSR2, lambda *_: None)
            self.addCleanup(signal.signal, signal.SIGUSR2, before)
            outer.create_many([Spec("one", "a")], progress=lambda step: step.done == 1 and inside())
            self.assertEqual((self.told(theirs), signal.set_wakeup_fd(ours)), (bytes([signal.SIGUSR2]), ours))
            signal.signal(signal.SIGUSR1, inside)
            outer.list(progress=lambda step: signal.raise_signal(signal.SIGUSR1))
            self.assertEqual((self.told(theirs)[:2], signal.set_wakeup_fd(ours)), (bytes([signal.SIGUSR1, signal.SIGUSR2]), ours))
            signal.raise_signal(signal.SIGUSR2)
            self.assertEqual(self.told(theirs)[-1:], bytes([signal.SIGUSR2]))

    def test_one_that_is_closed_meanwhile(self):
        theirs, ours = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        os.close(theirs)
        signal.set_wakeup_fd(ours)
        ended = []
        with Client("memory:?latency_ms=1") as client:
            client.create(Spec("demo", "a"), progress=lambda step: ended or ended.append(os.close(ours)))
        self.assertEqual(signal.set_wakeup_fd(-1), -1)

    def test_a_full_one_is_no_reason_to_warn(self):
        theirs, ours = self.listen()
        signal.set_wakeup_fd(ours, warn_on_full_buffer=False)  # as trio does
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(ours, bytes(65536))
        with Client("memory:?latency_ms=1") as client:
            client.list()
        with contextlib.redirect_stderr(io.StringIO()) as told:
            signal.raise_signal(signal.SIGUSR1)
        self.assertEqual(told.getvalue(), "")

    def test_a_second_signal_after_the_first(self):
        with Client("memory:") as client:
            client.list()
            first, pairs, times = 0, 0, 2
            while times > 0:
                again, times = 0, 2
                while times == 2:
                    moments = Twice(first, again)
                    with contextlib.suppress(KeyboardInterrupt), moments:
                        client.list()
                    times = moments.times
                    with self.subTest(first=first, again=again, where=moments.where):
                        self.assertEqual(signal.set_wakeup_fd(-1), -1)
                        self.assertFalse(client._waiter.is_busy)
                        self.assertEqual((_call._running.stack, _wait._signals.waits, _native._alive), ([], [], {}))
                    again += 1
                    pairs += times == 2
                first += 1
            self.assertGreater(pairs, 100)


if __name__ == "__main__":
    unittest.main()
