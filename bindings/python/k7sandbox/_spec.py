"""The sandbox to create."""
from __future__ import annotations

import enum
import os
from typing import Any, Dict, Generic, Iterable, List, Mapping, Optional, Sequence, TypeVar, Union, overload

from k7sandbox._errors import check, made
from k7sandbox._native import Handle, ffi, lib, string, taken, text, text_or_null


class Unset(enum.Enum):
    """The type of UNSET."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset.UNSET  # egress_whitelist: not given (None means: explicitly open)


def _items(value: object, what: str) -> list[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{what}: a list expected, not {type(value).__name__}")
    return list(value)


def _pairs(value: Mapping[str, str] | None, what: str) -> list[tuple[bytes, bytes]] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError(f"{what}: a mapping expected, not {type(value).__name__}")
    return [(text(key, what), text(item, f"{what}[{key}]")) for key, item in value.items()]


_Got = TypeVar("_Got")


class _Field(Generic[_Got]):
    """A field of a spec, of which the subclasses tell how it is read and set."""

    name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, spec: None, owner: Any = None) -> _Field[_Got]: ...
    @overload
    def __get__(self, spec: Spec, owner: Any = None) -> _Got: ...
    def __get__(self, spec: Spec | None, owner: Any = None) -> _Field[_Got] | _Got:
        return self if spec is None else self.read(spec)

    def read(self, spec: Spec) -> _Got:
        raise NotImplementedError


class _Named(_Field[_Got]):
    """One whose functions are named after it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.getter, self.setter = getattr(lib, f"k7_spec_get_{name}"), getattr(lib, f"k7_spec_set_{name}")


class _Text(_Named[Optional[str]]):
    """A text field; None: unset."""

    def read(self, spec: Spec) -> str | None:
        return string(self.getter(spec._pointer))

    def __set__(self, spec: Spec, value: str | None) -> None:
        check(self.setter, spec._pointer, text_or_null(value, self.name))


class _YesNo(_Named[Optional[bool]]):
    """A field that says yes or no; None: unset."""

    def read(self, spec: Spec) -> bool | None:
        return self.getter(spec._pointer) == 1 if spec.is_set(self.name) else None

    def __set__(self, spec: Spec, value: bool | None) -> None:
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{self.name}: True, False or None expected, not {type(value).__name__}")
        check(self.setter, spec._pointer, -1 if value is None else int(value))


class _Texts(_Field[Optional[List[str]]]):
    """A list of texts; None: unset. `empty`: the function that makes it given and empty; without one an empty list is unset, too."""

    def __init__(self, one: str, empty: Any = None) -> None:
        self.add, self.empty = getattr(lib, f"k7_spec_add_{one}"), empty
        self.count, self.at = getattr(lib, f"k7_spec_{one}_count"), getattr(lib, f"k7_spec_{one}_at")

    def read(self, spec: Spec) -> list[str] | None:
        found = spec._read(self.name, self.count, self.at)
        return None if found is None else [string(item) or "" for item in found]

    def __set__(self, spec: Spec, value: Sequence[str] | None) -> None:
        rows = None if value is None else [(text(item, self.name),) for item in _items(value, self.name)]
        spec._replace(self.name, self.add, rows, self.empty)


class _Ports(_Field[Optional[List[int]]]):
    """A list of port numbers; None: unset."""

    def __init__(self, one: str) -> None:
        self.add = getattr(lib, f"k7_spec_add_{one}")
        self.count, self.at = getattr(lib, f"k7_spec_{one}_count"), getattr(lib, f"k7_spec_{one}_at")

    def read(self, spec: Spec) -> list[int] | None:
        return spec._read(self.name, self.count, self.at)

    def __set__(self, spec: Spec, value: Sequence[int] | None) -> None:
        spec._replace(self.name, self.add, None if value is None else [(port,) for port in _items(value, self.name)])


class _Limits(_Field[Dict[str, str]]):
    """"cpu", "memory", "ephemeral-storage": Kubernetes quantities."""

    def read(self, spec: Spec) -> dict[str, str]:
        keys = [string(lib.k7_spec_limit_key_at(spec._pointer, i)) or "" for i in range(lib.k7_spec_limit_count(spec._pointer))]
        return {key: string(lib.k7_spec_get_limit(spec._pointer, key.encode())) or "" for key in keys}

    def __set__(self, spec: Spec, value: Mapping[str, str] | None) -> None:
        spec._replace("limits", lib.k7_spec_set_limit, _pairs(value, "limits"))


class _Env(_Field[Dict[str, str]]):
    """Explicit environment variables (this library's own)."""

    def read(self, spec: Spec) -> dict[str, str]:
        at = range(lib.k7_spec_env_count(spec._pointer))
        return {string(lib.k7_spec_env_key_at(spec._pointer, i)) or "": string(lib.k7_spec_env_value_at(spec._pointer, i)) or "" for i in at}

    def __set__(self, spec: Spec, value: Mapping[str, str] | None) -> None:
        spec._replace("env", lib.k7_spec_add_env, _pairs(value, "env"))


class _Egress(_Field[Union[List[str], None, Unset]]):
    """UNSET; None: open; []: blocked; a list: only these."""

    def read(self, spec: Spec) -> list[str] | None | Unset:
        mode = lib.k7_spec_get_egress_mode(spec._pointer)
        if mode == lib.K7_EGRESS_UNSET:
            return UNSET
        if mode == lib.K7_EGRESS_OPEN:
            return None
        return [string(lib.k7_spec_egress_at(spec._pointer, i)) or "" for i in range(lib.k7_spec_egress_count(spec._pointer))]

    def __set__(self, spec: Spec, value: Sequence[str] | None | Unset) -> None:
        if value is UNSET:
            check(lib.k7_spec_unset_egress, spec._pointer)
        elif value is None:
            check(lib.k7_spec_set_egress_open, spec._pointer)
        else:
            rows = [(text(item, "egress_whitelist"),) for item in _items(value, "egress_whitelist")]
            spec._replace("egress_whitelist", lib.k7_spec_add_egress, rows, lib.k7_spec_set_egress_blocked)


class Spec(Handle):
    """Every field of K7's create, and this library's own env and before_script_under_lock. A field never touched is left to the server's default; None unsets one.

    Lists and mappings are copies: assign to change them. A wrong value changes nothing. A spec belongs to one thread while it is being built.
    """

    __slots__ = ("_pointer",)

    name = _Text()
    image = _Text()
    namespace = _Text()
    env_file = _Text()
    before_script = _Text()
    backend = _Text()
    runtime_class_name = _Text()
    root_disk_size = _Text()
    sidecar = _Text()
    node_name = _Text()
    docker_disk = _Text()
    pod_non_root = _YesNo()
    container_non_root = _YesNo()
    docker = _YesNo()
    before_script_under_lock = _YesNo()
    cap_drop = _Texts("cap_drop", lib.k7_spec_set_cap_drop_none)
    cap_add = _Texts("cap_add")
    entrypoint = _Texts("entrypoint")
    cmd = _Texts("cmd")
    ingress_ports = _Ports("ingress_port")
    ingress_from = _Texts("ingress_from")
    expose_ports = _Ports("expose_port")
    limits = _Limits()
    env = _Env()
    egress_whitelist = _Egress()

    def __init__(self, name: str | None = None, image: str | None = None, *, namespace: str | None = None, env_file: str | None = None,
                 before_script: str | None = None, backend: str | None = None, runtime_class_name: str | None = None,
                 root_disk_size: str | None = None, sidecar: str | None = None, node_name: str | None = None, docker_disk: str | None = None,
                 pod_non_root: bool | None = None, container_non_root: bool | None = None, docker: bool | None = None,
                 before_script_under_lock: bool | None = None, limits: Mapping[str, str] | None = None,
                 egress_whitelist: Sequence[str] | None | Unset = UNSET, cap_drop: Sequence[str] | None = None,
                 cap_add: Sequence[str] | None = None, entrypoint: Sequence[str] | None = None, cmd: Sequence[str] | None = None,
                 ingress_ports: Sequence[int] | None = None, ingress_from: Sequence[str] | None = None,
                 expose_ports: Sequence[int] | None = None, env: Mapping[str, str] | None = None) -> None:
        given = dict(locals())
        self._pointer = made("k7_spec", lib.k7_spec_new, lib.k7_spec_free, text_or_null(name, "name"), text_or_null(image, "image"))
        for field, value in given.items():
            if field not in ("self", "name", "image", "egress_whitelist") and value is not None:
                setattr(self, field, value)
        if egress_whitelist is not UNSET:
            setattr(self, "egress_whitelist", egress_whitelist)

    @classmethod
    def _of(cls, pointer: Any) -> Spec:
        spec = cls.__new__(cls)
        spec._pointer = pointer
        return spec

    @classmethod
    def from_json(cls, document: str | bytes) -> Spec:
        """Reads the API's create body; strict."""
        data = document.encode() if isinstance(document, str) else bytes(document)
        return cls._of(made("k7_spec", lib.k7_spec_from_json, lib.k7_spec_free, data, len(data)))

    @classmethod
    def from_yaml(cls, document: str | bytes) -> Spec:
        """Reads a k7.yaml; strict."""
        data = document.encode() if isinstance(document, str) else bytes(document)
        return cls._of(made("k7_spec", lib.k7_spec_from_yaml, lib.k7_spec_free, data, len(data)))

    def to_json(self) -> str:
        """The fields that are set; values of env are included."""
        result = ffi.new("char **")
        check(lib.k7_spec_to_json, self._pointer, result)
        return taken(result[0])

    def to_yaml(self) -> str:
        result = ffi.new("char **")
        check(lib.k7_spec_to_yaml, self._pointer, result)
        return taken(result[0])

    def validate(self) -> None:
        """Everything that can be known without a server; raises InvalidError. create() does it by itself."""
        check(lib.k7_spec_validate, self._pointer)

    def is_set(self, field: str) -> bool:
        """Whether a field was given, also as empty."""
        known = lib.k7_spec_is_set(self._pointer, text(field, "field"))
        if known < 0:
            raise AttributeError(f"a spec has no field {field!r}")
        return bool(known)

    def unset(self, field: str) -> None:
        check(lib.k7_spec_unset, self._pointer, text(field, "field"))

    @staticmethod
    def fields() -> list[str]:
        """The fields' names in the API's order."""
        return [string(lib.k7_spec_field_at(i)) or "" for i in range(lib.k7_spec_field_count())]

    def copy(self) -> Spec:
        return self._of(self._copied())

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Spec:
        return self.copy()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spec):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Spec {self.name!r} image {self.image!r}>"  # nothing of env, before_script: they may be secret

    def add_env_text(self, document: str | bytes) -> None:
        """Adds what a .env text says, by K7's rules."""
        data = document.encode() if isinstance(document, str) else bytes(document)
        check(lib.k7_spec_add_env_text, self._pointer, data, len(data))

    def add_env_local_file(self, path: str | os.PathLike[str]) -> None:
        """The same with a file on this machine, read now."""
        check(lib.k7_spec_add_env_local_file, self._pointer, text(os.fspath(path), "path"))

    # --- what the properties are made of ---------------------------------------------------------------------------------------

    def _copied(self) -> Any:
        return made("k7_spec", lib.k7_spec_dup, lib.k7_spec_free, self._pointer)

    def _read(self, field: str, count: Any, at: Any) -> list[Any] | None:
        return [at(self._pointer, i) for i in range(count(self._pointer))] if self.is_set(field) else None

    def _replace(self, field: str, add: Any, items: Iterable[tuple[Any, ...]] | None, empty: Any = None) -> None:
        """On a copy, so that a wrong item changes nothing."""
        changed = self._copied()
        check(lib.k7_spec_unset, changed, field.encode())
        rows = [] if items is None else list(items)
        for row in rows:
            check(add, changed, *row)
        if items is not None and not rows and empty is not None:
            check(empty, changed)
        self._pointer = changed
