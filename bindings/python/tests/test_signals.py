"""A signal handler that raises at any moment of a blocking call: wherever Python runs handlers inside the package, one moment after the other."""
import dis
import gc
import os
import signal
import sys
import unittest

import k7sandbox
from k7sandbox import CallCancelledError, Client, ItemOutcome, Spec
from k7sandbox import _call, _errors, _native, _wait

FOLDER = os.path.dirname(k7sandbox.__file__)
ENTRY, JUMP = dis.opmap["RESUME"], dis.opmap["JUMP_BACKWARD"]
CALLS = {dis.opmap["CALL"], dis.opmap["CALL_FUNCTION_EX"]}


class Moments:
    """Raises KeyboardInterrupt at the n-th of them, counted from 0: at the beginning of a function, after a call of what is not written in Python, and when a loop begins
    again. There, and nowhere else, Python (3.11) looks for signals. While it is in force, `seen` counts them."""

    def __init__(self, wanted):
        self.wanted, self.seen, self.last = wanted, 0, None
        self.where = None

    def __enter__(self):
        sys.settrace(self.enter)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def enter(self, frame, event, _):
        self.last = None
        if not frame.f_code.co_filename.startswith(FOLDER):
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
            if self.seen > self.wanted:
                self.where = f"{frame.f_code.co_name}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self.trace


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
            ops = []
            _native.owned(ops, (started[0],), _native.lib.k7_op_free)
            waiter.end(ops, [])
            self.assertEqual((client.list(), waiter.is_busy), ([], False))


if __name__ == "__main__":
    unittest.main()
