"""A transport of the program's own: Python functions that answer operations."""
from __future__ import annotations

import asyncio
import inspect
import json
import threading
from typing import Any, Awaitable, Callable, Mapping, Union

from k7sandbox._call import running_call
from k7sandbox._errors import (AuthError, CallCancelledError, CallTimeoutError, ConflictError, InvalidError, K7Error, NetworkError, NotFoundError,
                               ProtocolError, QuotaError, ResourceError, SandboxError, ServerError, UnsupportedError, check, made, wording)
from k7sandbox._native import FREE_USER, NULL, Handle, callback, ffi, lib, string, text, user_pointer
from k7sandbox._spec import Spec

Answer = Union[Mapping[str, Any], "list[Mapping[str, Any]]", str, None]
Function = Callable[["Request"], Union[Answer, Awaitable[Answer], Any]]
OPERATIONS = ("create", "list", "get", "delete")

# The code of an exception that a program made, by its class.
_CODES: dict[type[K7Error], int] = {
    InvalidError: lib.K7_ERR_INVALID_ARGUMENT, UnsupportedError: lib.K7_ERR_UNSUPPORTED_ARGUMENT, NotFoundError: lib.K7_ERR_NOT_FOUND,
    ConflictError: lib.K7_ERR_ALREADY_EXISTS, AuthError: lib.K7_ERR_FORBIDDEN, QuotaError: lib.K7_ERR_QUOTA_EXCEEDED,
    NetworkError: lib.K7_ERR_CONNECTION_LOST, ProtocolError: lib.K7_ERR_PROTOCOL, ServerError: lib.K7_ERR_SERVER,
    CallTimeoutError: lib.K7_ERR_TIMEOUT, CallCancelledError: lib.K7_ERR_CANCELLED, SandboxError: lib.K7_ERR_START_FAILED,
    ResourceError: lib.K7_ERR_SYSTEM,
}


class Request:
    """What is asked. It may be kept; `cancelled` and `remaining` tell of the call until it is answered."""

    def __init__(self, request: Any, reply: Any) -> None:
        self._request = request
        self._replies = iter((reply,))  # one
        self._lock = threading.RLock()  # a signal handler may ask for what this thread is changing
        spec = lib.k7_request_get_spec(request)
        self.operation = string(lib.k7_request_get_operation(request)) or ""
        self.endpoint = string(lib.k7_request_get_endpoint(request)) or ""  # as configured: "scheme:…"
        self.namespace = string(lib.k7_request_get_namespace(request))  # None: all namespaces (list)
        self.name = string(lib.k7_request_get_name(request))  # of create, get and delete
        self.spec = None if spec == NULL else Spec._of(made("k7_spec", lib.k7_spec_dup, lib.k7_spec_free, spec))  # of create
        self.uid = string(lib.k7_request_get_uid(request))  # delete: only the sandbox that has it
        self.missing_ok = lib.k7_request_is_missing_error(request) != 1  # delete; False: NotFoundError when it is not there
        self.wait = lib.k7_request_is_no_wait(request) != 1  # delete

    @property
    def cancelled(self) -> bool:
        """The call has ended: an answer is dropped."""
        with self._lock:
            return self._request is None or lib.k7_request_is_cancelled(self._request) == 1

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline; None: there is none."""
        with self._lock:
            left = 0 if self._request is None else lib.k7_request_get_remaining_ms(self._request)
        return None if left == lib.K7_NEVER else left / 1000

    def _answer(self, function: Any, *arguments: Any) -> None:
        """The first time. Whenever a signal handler raises, the reply is there, or answered: taking and answering is one instruction."""
        with self._lock:
            self._request = None
        list(map(function, self._replies, *((argument,) for argument in arguments)))

    def _succeed(self, answer: Any) -> None:
        if self.operation == "delete":
            self._answer(lib.k7_reply_done)
            return
        document = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self._answer(lib.k7_reply_list_json if self.operation == "list" else lib.k7_reply_sandbox_json, document, len(document))

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, K7Error):
            code = error.code or next((code for kind, code in _CODES.items() if isinstance(error, kind)), lib.K7_ERR_SERVER)
        else:
            code = lib.K7_ERR_SERVER
            _raise_from_call(error)
        self._answer(lib.k7_reply_error, code, wording(error))

    def _ended(self, future: Any) -> None:
        """A future's end, on whichever thread."""
        try:
            self._succeed(future.result())
        except BaseException as error:
            self._fail(error)


def _raise_from_call(error: BaseException) -> None:
    """What ends a program ends the call."""
    call = running_call()
    if call is not None and not isinstance(error, (Exception, asyncio.CancelledError)):
        call.failed("transport", error)


def _request_failed(_kind: Any, error: BaseException, traceback: Any) -> None:
    """A signal handler raised, or there was no memory, before there was anything that answers, or while that did."""
    known = traceback.tb_frame.f_locals
    if "request" in known:
        known["request"]._fail(error)
    else:
        _raise_from_call(error)
        lib.k7_reply_error(known["reply"], lib.K7_ERR_SERVER, wording(error))


@callback("k7_transport_on", on_error=_request_failed)
def _on_request(user: Any, pointer: Any, reply: Any) -> None:
    request = Request(pointer, reply)
    try:
        answer = ffi.from_handle(user)[request.operation](request)
        if inspect.iscoroutine(answer):
            call = running_call()
            answer = None if call is None else call.follow(request, answer)
        if hasattr(answer, "add_done_callback"):
            answer.add_done_callback(request._ended)
        else:
            request._succeed(answer)
    except BaseException as error:
        request._fail(error)


class Transport(Handle):
    """Functions that answer the operations of clients whose endpoint begins with "SCHEME:". Each gets a Request and gives: create and get one sandbox, as the API's object (a
    dict, or JSON); list a list of them; delete nothing. It may give a future, whose result that will be, from whichever thread; in an AsyncClient it may be a coroutine function. A K7Error that it raises is
    the operation's; other exceptions are a ServerError with their text. What has no function is unsupported; delete_all is made of list and delete."""

    __slots__ = ("_pointer",)

    def __init__(self, scheme: str, *, create: Function | None = None, list: Function | None = None, get: Function | None = None,
                 delete: Function | None = None) -> None:
        functions = {name: function for name, function in zip(OPERATIONS, (create, list, get, delete)) if function is not None}
        for name, function in functions.items():
            if not callable(function):
                raise TypeError(f"{name}: a function expected, not {type(function).__name__}")
        name_of_scheme = text(scheme, "scheme")
        self._pointer = made("k7_transport", lib.k7_transport_new, lib.k7_transport_unref, name_of_scheme, user_pointer(functions), FREE_USER)
        for name in functions:
            check(lib.k7_transport_on, self._pointer, name.encode(), _on_request)
