"""One exception class per class of errors; what the library knows of a failure is in its attributes."""
from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from k7sandbox._native import NULL, ffi, lib, owned, string


class Outcome(enum.IntEnum):
    """What is known about the effect of a failed call at the server."""

    NOT_SENT = lib.K7_OUTCOME_NOT_SENT  # nothing was sent, or what was made has been taken back
    REJECTED = lib.K7_OUTCOME_REJECTED  # the server answered and refused
    UNKNOWN = lib.K7_OUTCOME_UNKNOWN  # it was sent and no answer came: it may have taken effect


class K7Error(Exception):
    """Every failure of the library. Decide by the exception's class; `code` may become more precise in a later version. str() is one line for a person."""

    code: int = 0
    name: str = ""  # "K7_ERR_TIMEOUT"
    error_class: str = ""  # "timeout"
    outcome: Outcome = Outcome.NOT_SENT
    http_status: int | None = None
    retryable: bool = False  # the same call may be made again without doing anything twice
    retry_after: float | None = None  # seconds that the server asks to wait
    reason: str | None = None  # the server's own code: "QuotaExceeded"
    operation: str | None = None
    step: str | None = None
    server_text: str | None = None
    leftovers: tuple[str, ...] = ()  # what the call made and could not take back

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.__dict__.update(fields)

    @property
    def message(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> Any:
        return type(self), self.args, dict(self.__dict__)


class InvalidError(K7Error):
    """The program or its input is wrong."""


class UnsupportedError(K7Error):
    """This transport or server cannot do it; nothing was dropped silently."""


class NotFoundError(K7Error):
    """It is not there."""


class ConflictError(K7Error):
    """Something is in the way."""


class AuthError(K7Error):
    """Credential or rights."""


class QuotaError(K7Error):
    """Quota or rate limit; see retry_after."""


class NetworkError(K7Error):
    """The server could not be reached, or the connection broke; see outcome."""


class ProtocolError(K7Error):
    """The peer does not speak as expected."""


class ServerError(K7Error):
    """The server failed; see server_text."""


class CallTimeoutError(K7Error, TimeoutError):
    """The deadline of the call passed; what it had made was taken back, or is in leftovers."""


class CallCancelledError(K7Error):
    """The call was cancelled by its token; what it had made was taken back, or is in leftovers."""


class SandboxError(K7Error):
    """The sandbox itself failed: image, script, start."""


class ResourceError(K7Error):
    """This process lacks memory or another resource."""


CLASSES: dict[int, type[K7Error]] = {
    lib.K7_CLASS_INVALID: InvalidError,
    lib.K7_CLASS_UNSUPPORTED: UnsupportedError,
    lib.K7_CLASS_NOT_FOUND: NotFoundError,
    lib.K7_CLASS_CONFLICT: ConflictError,
    lib.K7_CLASS_AUTH: AuthError,
    lib.K7_CLASS_QUOTA: QuotaError,
    lib.K7_CLASS_NETWORK: NetworkError,
    lib.K7_CLASS_PROTOCOL: ProtocolError,
    lib.K7_CLASS_SERVER: ServerError,
    lib.K7_CLASS_TIMEOUT: CallTimeoutError,
    lib.K7_CLASS_CANCELLED: CallCancelledError,
    lib.K7_CLASS_SANDBOX: SandboxError,
    lib.K7_CLASS_RESOURCE: ResourceError,
}


def error_of(error: Any) -> K7Error:
    """The exception of a k7_error, which stays its owner's."""
    code = lib.k7_error_get_code(error)
    error_class = lib.k7_error_get_class(error)
    status = lib.k7_error_get_http_status(error)
    wait = lib.k7_error_get_retry_after_ms(error)
    leftovers = (string(lib.k7_error_leftover_at(error, i)) or "" for i in range(lib.k7_error_leftover_count(error)))
    return CLASSES.get(error_class, K7Error)(
        string(lib.k7_error_get_message(error)) or "",
        code=code,
        name=string(lib.k7_error_code_name(code)) or "",
        error_class=string(lib.k7_error_class_name(error_class)) or "",
        outcome=Outcome(lib.k7_error_get_outcome(error)),
        http_status=status or None,
        retryable=lib.k7_error_is_retryable(error) == 1,
        retry_after=None if wait < 0 else wait / 1000,
        reason=string(lib.k7_error_get_reason(error)),
        operation=string(lib.k7_error_get_operation(error)),
        step=string(lib.k7_error_get_step(error)),
        server_text=string(lib.k7_error_get_server_text(error)),
        leftovers=tuple(leftovers),
    )


def failure(err: Any) -> K7Error:
    """The exception of the k7_error in a `k7_error **`, which is released."""
    try:
        return error_of(err[0])
    finally:
        err[0] = lib.k7_error_unref(err[0])


def new_err() -> Any:
    return ffi.new("k7_error **")


def wording(error: BaseException) -> bytes:
    """What an exception of the program says, for the library: any exception whatever."""
    try:
        told = str(error)
    except Exception as another:
        told = f"its text cannot be had: {type(another).__name__}"
    if not isinstance(error, K7Error):
        told = f"{type(error).__name__}: {told}"
    return told.encode(errors="replace").replace(b"\0", b"?")


def check(function: Any, *arguments: Any) -> None:
    """Calls what returns 0 or fails."""
    err = new_err()
    if function(*arguments, err) != 0:
        raise failure(err)


def made(kind: str, function: Any, release: Any, *arguments: Any) -> Any:
    """Calls what gives an object; it is released when nothing refers to it any more."""
    result = ffi.new(kind + " **")
    into: list[Any] = []
    try:
        check(function, *arguments, result)
        if result[0] != NULL:
            owned(into, (result[0],), release)
    except BaseException:
        if result[0] != NULL and not into:  # a signal handler raised
            release(result[0])
        raise
    return into[0] if into else None


@dataclass(frozen=True)
class ErrorCode:
    """One row of the library's table of errors."""

    code: int
    name: str
    error_class: str
    meaning: str
    exception: type[K7Error]


def error_codes() -> list[ErrorCode]:
    """Every error that the library knows."""
    rows = []
    for i in range(lib.k7_error_code_count()):
        code = lib.k7_error_code_at(i)
        number = lib.k7_error_code_class(code)
        rows.append(ErrorCode(code, string(lib.k7_error_code_name(code)) or "", string(lib.k7_error_class_name(number)) or "",
                              string(lib.k7_error_code_meaning(code)) or "", CLASSES.get(number, K7Error)))
    return rows
