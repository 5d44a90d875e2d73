"""How a blocking call of the main thread waits. Python runs signal handlers there and nowhere else, and only between its own instructions: a signal that comes after Python
has looked and before the library waits, while the library computes, or on another thread, interrupts no wait. So the wait is Python's: for the loop's descriptor and for
one to which Python's own C handler writes at every signal, whenever it comes. No thread is needed."""
from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from typing import Any

from k7sandbox._call import CallState
from k7sandbox._errors import K7Error, ResourceError, check, error_of, made
from k7sandbox._native import NULL, ffi, lib

_STARTS = {
    lib.k7_sandbox_create: lib.k7_sandbox_create_start, lib.k7_sandbox_get: lib.k7_sandbox_get_start, lib.k7_sandbox_list: lib.k7_sandbox_list_start,
    lib.k7_sandbox_delete: lib.k7_sandbox_delete_start, lib.k7_sandbox_delete_all: lib.k7_sandbox_delete_all_start,
    lib.k7_sandbox_create_many: lib.k7_sandbox_create_many_start, lib.k7_sandbox_get_many: lib.k7_sandbox_get_many_start,
    lib.k7_sandbox_delete_many: lib.k7_sandbox_delete_many_start,
}
_TAKE = {"k7_sandbox": lib.k7_op_take_sandbox, "k7_sandboxes": lib.k7_op_take_sandboxes, "k7_results": lib.k7_op_take_results}


class _Signals:
    """A pipe that is readable once a signal came."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def taken(self) -> bytes:
        try:
            return os.read(self.reader, 4096)
        except OSError:  # none, or this is a child of fork() by now
            return b""

    def begin(self) -> None:
        """From now on signals are noted here; whoever asked for that before, is told of them, too."""
        self.before = signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)

    def end(self) -> None:
        self.pass_on()
        with contextlib.suppress(ValueError, OSError):  # that descriptor may be closed by now
            signal.set_wakeup_fd(self.before)

    def pass_on(self) -> None:
        seen = self.taken()
        if seen and self.before >= 0:
            with contextlib.suppress(OSError):
                os.write(self.before, seen)


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

    def run(self, client: Any, function: Any, arguments: tuple[Any, ...], state: CallState, kind: str | None) -> tuple[Any, K7Error | None]:
        """The result that an operation gave, and its error. What a signal handler raised is in `state`; it cancelled the operation."""
        self.is_busy = True
        started = ffi.new("k7_op **")
        try:
            check(_STARTS[function], client, *arguments, state.pointer, self.pointer, started)
            op = started[0]
            while True:
                try:
                    self.wait(op)
                    break
                except BaseException as raised:
                    state.raised = state.raised or raised
                    lib.k7_op_cancel(op)
            found = lib.k7_op_get_error(op)
            if found != NULL:
                return NULL, error_of(found)
            if kind is None:
                return NULL, None
            result = ffi.new(kind + " **")
            check(_TAKE[kind], op, result)
            return result[0], None
        except K7Error as error:
            return NULL, error
        finally:
            lib.k7_op_free(started[0])
            while lib.k7_loop_op_count(self.pointer) > 0:  # a signal handler raised elsewhere than in wait(): it is still being taken back
                self.process()
                self.ready.poll(lib.k7_loop_get_timeout_ms(self.pointer))
            self.is_busy = False

    def wait(self, op: Any) -> None:
        if self.is_over(op):
            return
        self.signals.begin()
        try:
            while not self.is_over(op):
                for descriptor, _ in self.ready.poll(lib.k7_loop_get_timeout_ms(self.pointer)):
                    if descriptor == self.signals.reader:
                        self.signals.pass_on()
        finally:
            self.signals.end()

    def is_over(self, op: Any) -> bool:
        self.process()
        return bool(lib.k7_op_get_state(op) != lib.K7_OP_RUNNING)

    def process(self) -> None:
        if lib.k7_loop_process(self.pointer, NULL) != 0:  # its operations have ended with that error
            self.is_broken = True


def waiter_for(waiter: Waiter | None) -> Waiter | None:
    """The one to wait with: that of the call before, or another. None: not the main thread, inside a callback of a call that it runs, or nothing left to make one of: the
    library's own wait, which needs as much, tells what is missing."""
    if threading.current_thread() is not threading.main_thread() or (waiter is not None and waiter.is_busy):
        return None
    if waiter is None or waiter.is_broken or waiter.process_id != os.getpid():
        with contextlib.suppress(OSError, ResourceError):
            return Waiter()
        return None
    return waiter
