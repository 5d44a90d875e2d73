"""How one call runs: its keyword arguments, its callbacks and what they raise, its cancel token."""
from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
import threading
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, TypedDict

from k7sandbox._errors import check, made
from k7sandbox._native import FREE_USER, NULL, Handle, callback, ffi, forget, lib, milliseconds, string, text, user_of, user_pointer


@dataclass(frozen=True)
class Progress:
    """A step of a call began, or went on; while taking back, `step` begins with "undo"."""

    operation: str
    step: str
    text: str | None
    done: int | None
    total: int | None


@dataclass(frozen=True)
class Trace:
    """One attempt of one request, after it ended. There is no header and no body in it, so no secret."""

    operation: str
    step: str
    method: str
    url: str
    attempt: int
    http_status: int | None
    error_code: int | None
    duration: float  # seconds
    connection_reused: bool


@dataclass(frozen=True)
class DryRequest:
    """A request that a dry run would send."""

    operation: str
    step: str
    method: str
    url: str
    content_type: str | None
    body: bytes | None


class CallSettings(TypedDict, total=False):
    """The keyword arguments of every operation, but for dry_run."""

    timeout: float | None  # seconds for the whole call; math.inf: none; None: the client's
    cleanup_timeout: float | None  # seconds to take back what a failed call made; 0: not at all
    cancel: Cancel | None
    traceparent: str | None  # a W3C trace context, sent with every request
    progress: Callable[[Progress], object] | None
    trace: Callable[[Trace], object] | None


class CallArgs(CallSettings, total=False):
    """The keyword arguments of every operation."""

    dry_run: Callable[[DryRequest], object] | None  # nothing is sent: it gets each request that would be


class Cancel(Handle):
    """Cancels every call that has it: the first trigger() stops their work, and what they made is taken back; the second abandons that, too. From any thread and from
    Python's signal handlers."""

    __slots__ = ("_pointer", "_followers", "_lock", "__weakref__")

    def __init__(self) -> None:
        self._pointer = made("k7_cancel", lib.k7_cancel_new, lib.k7_cancel_unref)
        self._followers: set[Cancel] = set()
        self._lock = threading.RLock()  # a signal handler may run trigger() inside trigger()

    def trigger(self) -> None:
        with self._lock:
            lib.k7_cancel_trigger(self._pointer)
            for follower in tuple(self._followers):
                self._bring_up(follower)

    @property
    def count(self) -> int:
        """How often it was triggered."""
        return int(lib.k7_cancel_count(self._pointer))

    def _bring_up(self, follower: Cancel) -> None:
        while follower.count < min(self.count, 2):
            follower.trigger()

    def _follow(self, follower: Cancel) -> None:
        with self._lock:
            self._followers.add(follower)
            self._bring_up(follower)

    def _unfollow(self, follower: Cancel) -> None:
        with self._lock:
            self._followers.discard(follower)


_LIMITS = (("timeout", lib.k7_call_set_timeout_ms), ("cleanup_timeout", lib.k7_call_set_cleanup_timeout_ms))


class CallState:
    """One call: the library's object for it, the callbacks, and what they raised."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        unknown = set(settings) - CallArgs.__optional_keys__
        if unknown:
            raise TypeError(f"no such keyword argument: {', '.join(sorted(unknown))}")
        self.functions: dict[str, Callable[[Any], object]] = {}
        for name in ("progress", "trace", "dry_run"):
            function: Any = settings.get(name)
            if function is not None:
                if not callable(function):
                    raise TypeError(f"{name}: a function expected, not {type(function).__name__}")
                self.functions[name] = function
        self.raised: BaseException | None = None
        self.context: contextvars.Context | None = None  # in which they run; None: in whatever there is
        self.dry = "dry_run" in self.functions
        self.cancel: Any = settings.get("cancel")
        if self.cancel is not None and not isinstance(self.cancel, Cancel):
            raise TypeError(f"cancel: a Cancel expected, not {type(self.cancel).__name__}")
        # A callback that raises cancels this call alone, so it needs a token that no other call has.
        self.own: Cancel | None = Cancel() if self.functions else None
        self.limits = [(setter, milliseconds(limit, name)) for name, setter in _LIMITS for limit in (settings.get(name),) if limit is not None]
        parent = settings.get("traceparent")
        self.parent = None if parent is None else text(parent, "traceparent")
        self.pointer: Any = None
        self.handles: list[Any] | None = []  # None: each belongs to the library's object

    def prepare(self) -> None:
        """Makes the library's object. release() frees it, also after half of this."""
        self.pointer = made("k7_call", lib.k7_call_new, lib.k7_call_free)
        for setter, limit in self.limits:
            check(setter, self.pointer, limit)
        if self.parent is not None:
            check(lib.k7_call_set_traceparent, self.pointer, self.parent)
        token = self.own or self.cancel
        if token is not None:
            check(lib.k7_call_set_cancel, self.pointer, token._pointer)
        for setter, function in [(lib.k7_call_set_on_interrupt, _on_interrupt), *map(_SETTERS.__getitem__, self.functions)]:
            check(setter, self.pointer, function, user_pointer(self, self.handles), FREE_USER)
        self.handles = None
        if self.own is not None and self.cancel is not None:
            self.cancel._follow(self.own)

    def begin(self) -> None:
        """For a call that blocks."""
        self.prepare()
        _running.stack.append(self)

    def end(self) -> None:
        """May be repeated, when a signal handler raised in it."""
        if self in _running.stack:
            _running.stack.remove(self)
        self.unfollow()
        # Its callbacks refer to this object, and it to them: freed here, not by the garbage collector.
        self.release()

    def unfollow(self) -> None:
        if self.own is not None and self.cancel is not None:
            self.cancel._unfollow(self.own)

    def release(self) -> None:
        """Once the call has begun (a started operation has a copy) or is over."""
        if self.pointer is not None:
            ffi.release(self.pointer)
            self.pointer = None
        forget(self.handles or ())  # after it: what the library was given, it has freed

    def tell(self, name: str, make: Callable[[], object]) -> None:
        function = self.functions.get(name)
        if function is not None:
            if self.context is None:
                function(make())
            else:
                self.context.run(function, make())

    def follow(self, request: Any, coroutine: Any) -> Any:
        coroutine.close()
        raise TypeError("a coroutine function answers an AsyncClient only")

    def failed(self, name: str, error: BaseException) -> None:
        """A callback raised: it is not called again, the call is cancelled, and the exception is raised from the call."""
        self.functions.pop(name, None)
        if self.raised is None:
            self.raised = error
            if self.own is not None:
                self.own.trigger()


class _Running(threading.local):
    """The blocking calls of this thread, and the loops that it runs: what a token provider or a transport's function raises that is no Exception, one of them raises."""

    def __init__(self) -> None:
        self.stack: list[Any] = []


_running = _Running()


@contextlib.contextmanager
def running(loop: Any) -> Iterator[None]:
    _running.stack.append(loop)
    try:
        yield
    finally:
        _running.stack.remove(loop)


def running_call() -> Any:
    return _running.stack[-1] if _running.stack else None


def _note_error(name: str, _kind: Any, error: BaseException, traceback: Any) -> None:
    user_of(traceback).failed(name, error)


def _note_interrupt(_kind: Any, error: BaseException, traceback: Any) -> None:
    state = user_of(traceback)
    if state.raised is None:
        state.raised = error


# A signal came while the call waited. Python runs its handlers before the first line of a function: when one raises (KeyboardInterrupt), the call is cancelled.
@callback("k7_call_set_on_interrupt", 1, _note_interrupt)
def _on_interrupt(user: Any) -> int:
    return 0


@callback("k7_call_set_progress", on_error=functools.partial(_note_error, "progress"))
def _on_progress(user: Any, item: Any) -> None:
    ffi.from_handle(user).tell("progress", lambda: Progress(
        string(lib.k7_progress_get_operation(item)) or "", string(lib.k7_progress_get_step(item)) or "", string(lib.k7_progress_get_text(item)),
        _known(lib.k7_progress_get_done(item)), _known(lib.k7_progress_get_total(item))))


@callback("k7_call_set_trace", on_error=functools.partial(_note_error, "trace"))
def _on_trace(user: Any, item: Any) -> None:
    ffi.from_handle(user).tell("trace", lambda: Trace(
        string(lib.k7_trace_get_operation(item)) or "", string(lib.k7_trace_get_step(item)) or "", string(lib.k7_trace_get_method(item)) or "",
        string(lib.k7_trace_get_url(item)) or "", lib.k7_trace_get_attempt(item), lib.k7_trace_get_http_status(item) or None,
        lib.k7_trace_get_error_code(item) or None, lib.k7_trace_get_duration_us(item) / 1e6, lib.k7_trace_is_connection_reused(item) == 1))


@callback("k7_call_set_dry_run", on_error=functools.partial(_note_error, "dry_run"))
def _on_dry_run(user: Any, item: Any) -> None:
    body = lib.k7_dry_request_get_body(item)
    ffi.from_handle(user).tell("dry_run", lambda: DryRequest(
        string(lib.k7_dry_request_get_operation(item)) or "", string(lib.k7_dry_request_get_step(item)) or "",
        string(lib.k7_dry_request_get_method(item)) or "", string(lib.k7_dry_request_get_url(item)) or "",
        string(lib.k7_dry_request_get_content_type(item)),
        None if body == NULL else bytes(ffi.buffer(body, lib.k7_dry_request_get_body_len(item)))))


_SETTERS: dict[str, tuple[Any, Any]] = {
    "progress": (lib.k7_call_set_progress, _on_progress),
    "trace": (lib.k7_call_set_trace, _on_trace),
    "dry_run": (lib.k7_call_set_dry_run, _on_dry_run),
}


def _known(number: int) -> int | None:
    return None if number < 0 else number


def log_trace(logger: logging.Logger, level: int = 10) -> Callable[[Trace], None]:
    """A function for trace= that writes one line per request to a logger."""

    def write(item: Trace) -> None:
        logger.log(level, "%s: %s: %s %s: %s, attempt %d, %.3f s", item.operation, item.step, item.method, item.url,
                   item.http_status or item.error_code, item.attempt, item.duration)

    return write
