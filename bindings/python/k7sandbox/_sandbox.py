"""What operations give: sandboxes, and what became of each of many."""
from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Iterator, Sequence, overload

from k7sandbox._errors import K7Error, check, error_of
from k7sandbox._native import NULL, Handle, ffi, lib, owned, string, taken


@dataclass(frozen=True)
class Endpoint:
    """Where an exposed port is reached."""

    port: int
    node_port: int
    url: str | None


class Sandbox(Handle):
    """One sandbox as of when it was read; it never changes. None: the server did not say."""

    __slots__ = ("_pointer",)
    _pointer: Any

    def __init__(self) -> None:
        raise TypeError("a Sandbox comes from a client: create(), get(), list()")

    @classmethod
    def _of(cls, pointer: Any) -> Sandbox:
        sandbox = cls.__new__(cls)
        object.__setattr__(sandbox, "_pointer", pointer)
        return sandbox

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Sandbox cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a Sandbox cannot be changed")

    def __copy__(self) -> Sandbox:
        return self

    def __deepcopy__(self, memo: object) -> Sandbox:
        return self

    def _text(self, getter: Any) -> str | None:
        return string(getter(self._pointer))

    @property
    def name(self) -> str:
        return self._text(lib.k7_sandbox_get_name) or ""

    @property
    def namespace(self) -> str:
        return self._text(lib.k7_sandbox_get_namespace) or ""

    @property
    def image(self) -> str | None:
        return self._text(lib.k7_sandbox_get_image)

    @property
    def status(self) -> str | None:
        """K7's: "Pending", "Running", …"""
        return self._text(lib.k7_sandbox_get_status)

    @property
    def error_message(self) -> str | None:
        return self._text(lib.k7_sandbox_get_error_message)

    @property
    def reason(self) -> str | None:
        """What is wrong, in one word: "CrashLoopBackOff"."""
        return self._text(lib.k7_sandbox_get_reason)

    @property
    def node(self) -> str | None:
        return self._text(lib.k7_sandbox_get_node)

    @property
    def backend(self) -> str | None:
        return self._text(lib.k7_sandbox_get_backend)

    @property
    def uid(self) -> str | None:
        return self._text(lib.k7_sandbox_get_uid)

    @property
    def age_text(self) -> str | None:
        return self._text(lib.k7_sandbox_get_age_text)

    @property
    def ready(self) -> bool | None:
        known = lib.k7_sandbox_is_ready(self._pointer)
        return None if known < 0 else known == 1

    @property
    def restarts(self) -> int | None:
        known: int = lib.k7_sandbox_get_restarts(self._pointer)
        return None if known < 0 else known

    @property
    def created(self) -> datetime | None:
        known = lib.k7_sandbox_get_created_unix(self._pointer)
        return None if known < 0 else datetime.fromtimestamp(known, timezone.utc)

    @property
    def node_ports(self) -> tuple[int, ...]:
        return tuple(lib.k7_sandbox_node_port_at(self._pointer, i) for i in range(lib.k7_sandbox_node_port_count(self._pointer)))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        pointer = self._pointer
        return tuple(Endpoint(lib.k7_sandbox_endpoint_port_at(pointer, i), lib.k7_sandbox_endpoint_node_port_at(pointer, i),
                              string(lib.k7_sandbox_endpoint_url_at(pointer, i))) for i in range(lib.k7_sandbox_endpoint_count(pointer)))

    def to_json(self) -> str:
        """The K7 API's own object."""
        result = ffi.new("char **")
        check(lib.k7_sandbox_to_json, self._pointer, result)
        return taken(result[0])

    def __repr__(self) -> str:
        return f"<Sandbox {self.namespace}/{self.name} {self.status or 'state unknown'}>"


def _sandbox_of(pointer: Any) -> Sandbox | None:
    return None if pointer == NULL else Sandbox._of(pointer)


def _shared(pointer: Any) -> Sandbox | None:
    """The Sandbox of one that belongs to a list."""
    if pointer == NULL:
        return None
    into: list[Any] = []
    owned(into, map(lib.k7_sandbox_ref, (pointer,)), lib.k7_sandbox_unref)
    return Sandbox._of(into[0])


def _sandboxes_of(pointer: Any) -> list[Sandbox | None]:
    return [_shared(lib.k7_sandboxes_at(pointer, i)) for i in range(lib.k7_sandboxes_count(pointer))]


class ItemOutcome(enum.IntEnum):
    """What became of one of many."""

    DONE = lib.K7_ITEM_DONE
    FAILED = lib.K7_ITEM_FAILED  # refused or failed, and nothing changed
    NOT_STARTED = lib.K7_ITEM_NOT_STARTED  # the call ended before its turn came
    UNKNOWN = lib.K7_ITEM_UNKNOWN  # begun, and no answer came


@dataclass(frozen=True)
class Result:
    """What became of one sandbox."""

    name: str
    outcome: ItemOutcome
    error: K7Error | None
    sandbox: Sandbox | None = None  # of create_many and get_many


class Results(Sequence[Result]):
    """What became of each sandbox of an operation over many."""

    def __init__(self, items: Sequence[Result] = ()) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, i: int) -> Result: ...
    @overload
    def __getitem__(self, i: slice) -> Results: ...
    def __getitem__(self, i: int | slice) -> Result | Results:
        return Results(self._items[i]) if isinstance(i, slice) else self._items[i]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._items)

    def count_of(self, outcome: ItemOutcome) -> int:
        return sum(item.outcome == outcome for item in self._items)

    @property
    def all_done(self) -> bool:
        return self.count_of(ItemOutcome.DONE) == len(self._items)

    def __repr__(self) -> str:
        return "<Results " + ", ".join(f"{self.count_of(outcome)} {outcome.name}" for outcome in ItemOutcome) + ">"


def _results_of(pointer: Any) -> Results:
    rows = []
    for i in range(lib.k7_results_count(pointer)):
        error = lib.k7_results_error_at(pointer, i)
        rows.append(Result(string(lib.k7_results_name_at(pointer, i)) or "", ItemOutcome(lib.k7_results_outcome_at(pointer, i)),
                           None if error == NULL else error_of(error), _shared(lib.k7_results_sandbox_at(pointer, i))))
    return Results(rows)


# What an operation can give -> how it is taken, released, and made an object of Python. A dry run gives NULL.
_KINDS: dict[str, tuple[Any, Any, Any]] = {
    "k7_sandbox": (lib.k7_op_take_sandbox, lib.k7_sandbox_unref, _sandbox_of),
    "k7_sandboxes": (lib.k7_op_take_sandboxes, lib.k7_sandboxes_unref, _sandboxes_of),
    "k7_results": (lib.k7_op_take_results, lib.k7_results_unref, _results_of),
}


class Ending:
    """How an operation ended. What it gave is in here from the moment at which the library has let go of it: whenever a signal handler raises, nothing is lost."""

    def __init__(self, kind: str | None) -> None:
        self.kind = kind
        self.error: K7Error | None = None
        self.result = () if kind is None else (ffi.new(kind + " **"),)  # for functions that give it at once
        self._pointers = iter(()) if kind is None else map(self.result[0].__getitem__, (0,))  # taken once
        self._owned: list[Any] = []

    def take(self, op: Any) -> None:
        """From an operation that has ended."""
        found = lib.k7_op_get_error(op)
        if found != NULL:
            self.error = error_of(found)
        elif self.kind is not None and self.result[0][0] == NULL:
            try:
                check(_KINDS[self.kind][0], op, self.result[0])
            except K7Error as error:
                self.error = error

    def value(self) -> Any:
        """What it gave."""
        if self.kind is None:
            return None
        self.own()
        return _KINDS[self.kind][2](self._owned[0] if self._owned else NULL)

    def own(self) -> None:
        """From now on it is released when nothing refers to it any more. May be repeated."""
        if self.kind is not None and self.gave():
            owned(self._owned, self._pointers, _KINDS[self.kind][1])

    def gave(self) -> bool:
        """Whether there is anything: not so after a dry run."""
        return self.kind is not None and self.result[0][0] != NULL
