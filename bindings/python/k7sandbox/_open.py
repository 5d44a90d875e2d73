"""What every client has: its configuration, and what it says of itself."""
from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Mapping, Union

from k7sandbox._call import running_call
from k7sandbox._errors import K7Error, check, made, wording
from k7sandbox._native import FREE_USER, Handle, callback, ffi, lib, milliseconds, string, text, text_or_null, user_of, user_pointer
from k7sandbox._sandbox import Results
from k7sandbox._spec import Spec
from k7sandbox._transport import Transport

Token = Union[str, "tuple[str, int]"]  # the second: when it expires, in seconds since 1970
TokenProvider = Callable[[], Token]
Value = Union[str, int, bool, None]
Item = Union[Spec, str, "tuple[str | None, str]"]


class _Provider:
    """A token provider and what it raised, until a call tells that as the cause of its error. The library does not tell for which call it asks; but what was raised is in the
    words of that call's error."""

    def __init__(self, function: TokenProvider) -> None:
        self.function = function
        self.raised: list[tuple[str, BaseException]] = []
        self.calls: list[object] = []  # that are under way: after the last one nothing is kept
        self.lock = threading.RLock()

    def begin(self, call: object) -> None:
        with self.lock:
            self.calls.append(call)

    def end(self, call: object) -> None:
        with self.lock:
            self.calls = [other for other in self.calls if other is not call]
            if not self.calls:
                self.raised.clear()

    def failed(self, error: BaseException) -> bytes:
        words = wording(error)
        with self.lock:
            self.raised.append((_one_line(words.decode()), error))
            del self.raised[:-1000]
        call = running_call()
        if call is not None and not isinstance(error, Exception):
            call.failed("token", error)
        return words

    def cause_of(self, error: K7Error) -> BaseException | None:
        with self.lock:
            for i, (words, raised) in enumerate(self.raised):
                if words in error.message:
                    del self.raised[i]
                    return raised
        return None


def _one_line(words: str) -> str:
    """As the library tells them, which has no room for all."""
    return "".join(" " if ord(letter) < 0x20 or letter == "\x7f" else letter for letter in words[:200])


def _provider_raised(_kind: Any, error: BaseException, traceback: Any) -> None:
    lib.k7_token_set_error(traceback.tb_frame.f_locals["token"], user_of(traceback).failed(error))


@callback("k7_config_set_token_provider", -1, _provider_raised)
def _on_token(user: Any, token: Any) -> int:
    answer = ffi.from_handle(user).function()
    value, expires = (answer, -1) if isinstance(answer, str) else answer
    return int(lib.k7_token_set(token, text(value, "token"), expires))


class Opened(Handle):
    """Base of Client and AsyncClient."""

    def __init__(self, endpoint: str | None = None, *, namespace: str | None = None, api_key: str | None = None, ca_file: str | None = None,
                 timeout: float | None = None, token_provider: TokenProvider | None = None, config: Mapping[str, Value] | None = None,
                 load_defaults: bool | None = None, custom_transports: Iterable[Transport] = ()) -> None:
        """endpoint None: where K7's own tools find it (environment, client file, kubeconfig), as with load_defaults=True; an endpoint that is given is not sent the
        credentials found there, unless load_defaults=True. config: any keys of docs/CONFIGURATION.md.
        custom_transports: for endpoints of their schemes. Nothing is sent."""
        self._pointer: Any = None
        self._context = contextvars.copy_context()
        self._provider = None if token_provider is None else _Provider(token_provider)
        settings = made("k7_config", lib.k7_config_new, lib.k7_config_free)
        try:
            for transport in custom_transports:
                if not isinstance(transport, Transport):
                    raise TypeError(f"custom_transports: a Transport expected, not {type(transport).__name__}")
                check(lib.k7_config_add_transport, settings, transport._pointer)
            given: dict[str, Value] = {"endpoint": endpoint, "namespace": namespace, "rest.api_key": api_key, "rest.ca_file": ca_file}
            if timeout is not None:
                given["timeout_ms"] = milliseconds(timeout, "timeout")
            for key, value in [*given.items(), *(config or {}).items()]:
                if value is not None:
                    check(lib.k7_config_set, settings, text(key, "config"), _value(key, value))
            if self._provider is not None:
                check(lib.k7_config_set_token_provider, settings, _on_token, user_pointer(self._provider), FREE_USER)
            if (endpoint is None and "endpoint" not in (config or {})) if load_defaults is None else load_defaults:
                check(lib.k7_config_load_default, settings)
            self._pointer = made("k7_client", lib.k7_client_open, lib.k7_client_unref, settings)
        finally:
            ffi.release(settings)

    def _open(self) -> Any:
        """The client. Who holds the answer keeps it: closing only drops this object's own reference."""
        pointer = self._pointer
        if pointer is None:
            raise ValueError("the client is closed")
        return pointer

    @property
    def closed(self) -> bool:
        return self._pointer is None

    @property
    def endpoint(self) -> str:
        """Without user names and passwords."""
        return string(lib.k7_client_get_endpoint(self._open())) or ""

    @property
    def transport(self) -> str:
        return string(lib.k7_client_get_transport(self._open())) or ""

    @property
    def namespace(self) -> str:
        """The default namespace."""
        return string(lib.k7_client_get_namespace(self._open())) or ""

    @property
    def warning(self) -> str | None:
        """What a program should tell its user about how the server is reached."""
        return string(lib.k7_client_get_warning(self._open()))

    def supports(self, operation: str) -> bool:
        """Whether the transport has an operation; an unknown name is an InvalidError."""
        known = ffi.new("int *")
        check(lib.k7_client_supports, self._open(), text(operation, "operation"), known)
        return bool(known[0])

    def advance(self, seconds: float) -> None:
        """Moves the clock of a "memory:?clock=manual" client, for tests."""
        check(lib.k7_memory_advance, self._open(), milliseconds(seconds, "seconds"))

    def _explained(self, error: K7Error) -> K7Error:
        """The same error, with what the token provider raised as its cause."""
        if self._provider is not None and error.code == lib.K7_ERR_CREDENTIAL:
            error.__cause__ = self._provider.cause_of(error)
        return error

    def _explained_results(self, result: Any) -> Any:
        """The same of what a call over many gave."""
        if isinstance(result, Results):
            for item in result:
                if item.error is not None:
                    self._explained(item.error)
        return result

    def __repr__(self) -> str:
        return f"<{type(self).__name__} closed>" if self._pointer is None else f"<{type(self).__name__} {self.endpoint}>"


def _value(key: str, value: object) -> bytes:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return text(str(value) if isinstance(value, int) else value, key)


class Query:
    """What to list, as the library's object."""

    def __init__(self, namespace: str | None, all_namespaces: bool) -> None:
        self.pointer = made("k7_query", lib.k7_query_new, lib.k7_query_free)
        if namespace is not None:
            check(lib.k7_query_set_namespace, self.pointer, text(namespace, "namespace"))
        check(lib.k7_query_set_all_namespaces, self.pointer, int(all_namespaces))


class DeleteOptions:
    """How to delete, as the library's object."""

    def __init__(self, uid: str | None, missing_ok: bool, wait: bool) -> None:
        self.pointer = made("k7_delete_options", lib.k7_delete_options_new, lib.k7_delete_options_free)
        if uid is not None:
            check(lib.k7_delete_options_set_uid, self.pointer, text(uid, "uid"))
        check(lib.k7_delete_options_set_missing_is_error, self.pointer, int(not missing_ok))
        check(lib.k7_delete_options_set_no_wait, self.pointer, int(not wait))


class Batch:
    """The items of a call over many, and how fast they may go, as the library's object. Items: specs, names, or pairs of namespace and name."""

    def __init__(self, items: Iterable[Item], at_once: int | None, starts_per_second: int | None) -> None:
        self.pointer = made("k7_batch", lib.k7_batch_new, lib.k7_batch_free)
        if at_once is not None:
            check(lib.k7_batch_set_at_once, self.pointer, at_once)
        if starts_per_second is not None:
            check(lib.k7_batch_set_starts_per_second, self.pointer, starts_per_second)
        if isinstance(items, (str, Spec)):
            raise TypeError(f"items: a list expected, not {type(items).__name__}")
        for item in items:
            if isinstance(item, Spec):
                check(lib.k7_batch_add_spec, self.pointer, item._pointer)
            else:
                namespace, name = item if isinstance(item, tuple) else (None, item)
                check(lib.k7_batch_add_name, self.pointer, text_or_null(namespace, "namespace"), text(name, "name"))


@dataclass(frozen=True)
class ConfigKey:
    """One key of a client's configuration."""

    name: str
    type: str
    default: str | None
    meaning: str
    transport: str | None
    secret: bool


def config_keys() -> list[ConfigKey]:
    rows = []
    for i in range(lib.k7_config_key_count()):
        key = lib.k7_config_key_at(i)
        rows.append(ConfigKey(string(lib.k7_config_key_get_name(key)) or "", string(lib.k7_config_key_get_type(key)) or "",
                              string(lib.k7_config_key_get_default(key)), string(lib.k7_config_key_get_meaning(key)) or "",
                              string(lib.k7_config_key_get_transport(key)), lib.k7_config_key_is_secret(key) == 1))
    return rows


def default_config() -> dict[str, str | None]:
    """Every key's value in force when a client is opened without arguments; of secrets None."""
    settings = made("k7_config", lib.k7_config_new, lib.k7_config_free)
    check(lib.k7_config_load_default, settings)
    return {key.name: string(lib.k7_config_get(settings, key.name.encode())) for key in config_keys()}


def version() -> str:
    """The library's version."""
    return string(lib.k7_version()) or ""


def has_feature(feature: str) -> bool:
    return bool(lib.k7_has_feature(text(feature, "feature")))


def operations() -> list[str]:
    return [string(lib.k7_operation_at(i)) or "" for i in range(lib.k7_operation_count())]


def transports() -> list[str]:
    return [string(lib.k7_transport_at(i)) or "" for i in range(lib.k7_transport_count())]


def transport_supports(transport: str, operation: str) -> bool:
    known = lib.k7_transport_supports(text(transport, "transport"), text(operation, "operation"))
    if known < 0:
        raise ValueError(f"no such transport or operation: {transport!r}, {operation!r}")
    return bool(known)
