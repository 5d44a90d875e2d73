"""How a blocking call of the main thread waits. Python runs signal handlers there and nowhere else, and only between its own instructions: a signal that comes after Python
has looked and before the library waits, while the library computes, or on another thread, interrupts no wait. So the wait is Python's: for the loop's descriptor and for
one to which Python's own C handler writes at every signal, whenever it comes. No thread is needed."""
from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import threading
from typing import Any, Iterable

from k7sandbox._call import CallState
from k7sandbox._errors import ResourceError, check, made
from k7sandbox._native import IS_MAIN_INTERPRETER, NULL, ffi, lib, owned
from k7sandbox._sandbox import Ending

_STARTS = {
    lib.k7_sandbox_create: lib.k7_sandbox_create_start, lib.k7_sandbox_get: lib.k7_sandbox_get_start, lib.k7_sandbox_list: lib.k7_sandbox_list_start,
    lib.k7_sandbox_delete: lib.k7_sandbox_delete_start, lib.k7_sandbox_delete_all: lib.k7_sandbox_delete_all_start,
    lib.k7_sandbox_create_many: lib.k7_sandbox_create_many_start, lib.k7_sandbox_get_many: lib.k7_sandbox_get_many_start,
    lib.k7_sandbox_delete_many: lib.k7_sandbox_delete_many_start,
}
# Python does not tell whether whoever listened before wants to be warned. A warning that was not asked for goes to the program's standard error; a full pipe wakes all the same.
_set_wakeup_fd = functools.partial(signal.set_wakeup_fd, warn_on_full_buffer=False)


class _Signals:
    """A pipe that is readable once a signal came."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.waits: list[list[int]] = []  # that are under way: a callback or a signal handler may make a call inside another's wait

    def taken(self) -> bytes:
        try:
            return os.read(self.reader, 4096)
        except OSError:  # none, or this is a child of fork() by now
            return b""

    def begin(self, before: list[int]) -> None:
        """From now on signals are noted here; whoever asked for that before, is told of them, too: that one is noted in `before`, in one instruction, so that no signal
        handler comes in between."""
        self.waits.append(before)
        before.extend(map(_set_wakeup_fd, (self.writer,)))

    def end(self, before: list[int]) -> None:
        """May be repeated. First they go again where they went before, then what came until now is passed on: none stays here."""
        if before:
            try:
                _set_wakeup_fd(before[0])
            except (ValueError, OSError):  # that descriptor is closed by now
                _set_wakeup_fd(-1)
            self.pass_on()
            before.clear()
        self.waits = [wait for wait in self.waits if wait is not before]

    def pass_on(self) -> None:
        seen = self.taken()
        # The outermost wait knows whom: inside it, it is this pipe that was asked for before.
        listener = next((fd for before in self.waits for fd in before if fd != self.writer), -1)
        if seen and listener >= 0:
            with contextlib.suppress(OSError):
                os.write(listener, seen)


_signals: _Signals | None = None


def _forget_signals() -> None:
    """In a child of fork(): the pipe is its parent's."""
    global _signals
    if _signals is not None:
        with contextlib.suppress(ValueError):
            before = signal.set_wakeup_fd(-1)
            if before not in (-1, _signals.writer):
                signal.set_wakeup_fd(before)
        os.close(_signals.reader)
        os.close(_signals.writer)
        _signals = None


os.register_at_fork(after_in_child=_forget_signals)


class Waiter:
    """A loop of the library for the main thread's calls of one client, one at a time."""

    def __init__(self) -> None:
        global _signals
        _signals = _signals or _Signals()
        self.signals = _signals
        self.pointer = made("k7_loop", lib.k7_loop_new, lib.k7_loop_free)
        self.ready = select.poll()
        self.ready.register(lib.k7_loop_get_fd(self.pointer), select.POLLIN)
        self.ready.register(self.signals.reader, select.POLLIN)
        self.process_id = os.getpid()
        self.is_busy = self.is_broken = False

    def run(self, client: Any, function: Any, arguments: tuple[Any, ...], state: CallState, ending: Ending) -> None:
        """What a signal handler raises, wherever that is, cancels the operation, and is in `state`."""
        started = ffi.new("k7_op **")
        pointers = map(started.__getitem__, (0,))  # of the operation: taken once
        ops: list[Any] = []  # the operation, once Python frees it
        before: list[int] = []
        try:
            try:
                self.is_busy = True
                while True:
                    try:
                        if started[0] == NULL:
                            check(_STARTS[function], client, *arguments, state.pointer, self.pointer, started)
                        if not ops:
                            owned(ops, pointers, lib.k7_op_free)
                        self.wait(ops[0], before)
                        ending.take(ops[0])
                        break
                    except BaseException as raised:
                        if started[0] == NULL:
                            raise
                        state.raised = state.raised or raised
                        lib.k7_op_cancel(started[0])
            finally:
                self.end(started, pointers, ops, before)
        except BaseException:
            try:
                self.end(started, pointers, ops, before)  # a signal handler may have raised in it
            finally:
                self.end(started, pointers, ops, before)  # and another
            raise
        finally:
            del client, arguments  # what a callback raised refers to this frame, and is not to keep a client open that is closed

    def wait(self, op: Any, before: list[int]) -> None:
        if self.is_over(op):
            return
        if not before:
            self.signals.begin(before)
        while not self.is_over(op):
            for descriptor, _ in self.ready.poll(lib.k7_loop_get_timeout_ms(self.pointer)):
                if descriptor == self.signals.reader:
                    self.signals.pass_on()

    def end(self, started: Any, pointers: Iterable[Any], ops: list[Any], before: list[int]) -> None:
        """Also when a second signal handler raised, while the first was being dealt with: then the operation is still being taken back, and may be nobody's."""
        try:
            self.signals.end(before)
            if started[0] != NULL:
                owned(ops, pointers, lib.k7_op_free)
            ops.clear()
            self.process()
            while lib.k7_loop_op_count(self.pointer) > 0:
                self.ready.poll(lib.k7_loop_get_timeout_ms(self.pointer))
                self.process()
        finally:
            self.is_busy = False

    def is_over(self, op: Any) -> bool:
        self.process()
        return bool(lib.k7_op_get_state(op) != lib.K7_OP_RUNNING)

    def process(self) -> None:
        if lib.k7_loop_process(self.pointer, NULL) != 0:  # its operations have ended with that error
            self.is_broken = True


def waiter_for(waiter: Waiter | None) -> Waiter | None:
    """The one to wait with: that of the call before, or another. None: not the main thread of the main interpreter, inside a callback of a call that it runs, or nothing left to make one of: the
    library's own wait, which needs as much, tells what is missing."""
    if not IS_MAIN_INTERPRETER or threading.current_thread() is not threading.main_thread() or (waiter is not None and waiter.is_busy):
        return None
    if waiter is None or waiter.is_broken or waiter.process_id != os.getpid():
        with contextlib.suppress(OSError, ResourceError):
            return Waiter()
        return None
    return waiter
