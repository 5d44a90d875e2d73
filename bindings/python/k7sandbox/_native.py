"""The library itself: `ffi`, `lib`, texts to and from it, its callbacks. Everything that is not typed is in here and in what it returns.

API mode (the extension module _k7sandbox) where it was built; ABI mode (dlopen, no compiler needed) where it was not, where K7SANDBOX_CFFI=abi asks for it, and in a
subinterpreter: cffi would run an extension module's callbacks in the main one.
"""
from __future__ import annotations

import importlib
import os
from typing import Any, Callable, Iterable, TypeVar

from k7sandbox import _cdef

ffi: Any
lib: Any
MODE: str  # "api" or "abi"

_SONAME = "libk7sandbox.so.0"


def _is_main_interpreter() -> bool:
    try:
        python = importlib.import_module("ctypes").pythonapi
        python.PyInterpreterState_Main.restype = python.PyInterpreterState_Get.restype = importlib.import_module("ctypes").c_void_p
        return bool(python.PyInterpreterState_Main() == python.PyInterpreterState_Get())
    except (ImportError, AttributeError):  # another Python than CPython
        return True


IS_MAIN_INTERPRETER = _is_main_interpreter()


def _open() -> tuple[Any, Any, str]:
    if os.environ.get("K7SANDBOX_CFFI") != "abi" and IS_MAIN_INTERPRETER:
        try:
            _k7sandbox = importlib.import_module("k7sandbox._k7sandbox")
        except ImportError as error:
            # An extension that is there but does not load is an error, not a reason to go on with whatever library dlopen finds.
            if _has_extension():
                raise ImportError(f"k7sandbox: the extension module does not load: {error}") from error
        else:
            return _k7sandbox.ffi, _k7sandbox.lib, "api"
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), _SONAME)
    path = os.environ.get("K7SANDBOX_LIBRARY") or (own if os.path.exists(own) else _SONAME)
    abi = importlib.import_module("cffi").FFI()
    abi.cdef(_cdef.CDEF)
    try:
        library = abi.dlopen(path)
    except OSError as error:
        raise ImportError(f"k7sandbox: no library: {error}") from error
    wanted = library.K7_VERSION_MAJOR * 1000000 + library.K7_VERSION_MINOR * 1000 + library.K7_VERSION_PATCH
    if library.k7_version_number() < wanted:
        raise ImportError(f"k7sandbox: {path} is version {abi.string(library.k7_version()).decode()}, older than this package")
    return abi, library, "abi"


def _has_extension() -> bool:
    return any(name.startswith("_k7sandbox.") and name.endswith(".so") for name in os.listdir(os.path.dirname(os.path.abspath(__file__))))


ffi, lib, MODE = _open()
NULL = ffi.NULL


def text(value: object, what: str) -> bytes:
    """A text for the library: str only, without NUL."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: str expected, not {type(value).__name__}")
    data = value.encode()
    if 0 in data:
        raise ValueError(f"{what}: a text must not contain NUL")
    return data


def text_or_null(value: object, what: str) -> Any:
    return NULL if value is None else text(value, what)


def string(pointer: Any) -> str | None:
    """What the library says: NULL is None."""
    return None if pointer == NULL else ffi.string(pointer).decode("utf-8", "replace")


def taken(pointer: Any) -> str:
    """The same, of a text that is ours now."""
    try:
        return string(pointer) or ""
    finally:
        lib.k7_free(pointer)


def milliseconds(seconds: float, what: str) -> int:
    """A time limit: seconds to milliseconds, rounded up; infinity is K7_NEVER."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{what}: a number of seconds expected, not {type(seconds).__name__}")
    if seconds == float("inf"):
        return int(lib.K7_NEVER)
    if not abs(seconds) < 9e15:
        raise ValueError(f"{what}: no time: {seconds}")
    rounded = int(seconds * 1000)
    if rounded == lib.K7_NEVER or seconds < 0:
        raise ValueError(f"{what}: a negative time: {seconds}")
    return rounded + (seconds * 1000 > rounded)


class Handle:
    """Base of what stands for an object of the library: there is nothing in it that could be pickled."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} of k7sandbox cannot be pickled")


_gc: Any = ffi.gc if MODE == "api" else ffi._backend.gcp  # in ABI mode gc() itself is Python's, with moments for signals in it


def owned(into: list[Any], pointers: Iterable[Any], release: Any) -> None:
    """Puts the first of the pointers into a list, to be released when nothing refers to it any more. That is one instruction, and making the pointer may be part of it: Python
    runs no signal handlers between its parts, so that there is no moment at which nobody, or two, would release it."""
    into.extend(map(_gc, pointers, (release,)))


# --- callbacks ---------------------------------------------------------------------------------------------------------------------
# The user pointer of each is a handle of a Python object, which lives until the library frees it.

_alive: dict[Any, Any] = {}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def callback(setter: str, error: int | None = None, on_error: Callable[..., None] | None = None) -> Callable[[_Function], Any]:
    """The decorated function as what the library's function `setter` takes. When it raises, on_error is told, and the library gets `error`."""
    extra: dict[str, Any] = {} if error is None else {"error": error}
    if on_error is not None:
        extra["onerror"] = on_error

    def decorate(function: _Function) -> Any:
        if MODE == "api":
            ffi.def_extern(name="k7py_" + setter, **extra)(function)
            return getattr(lib, "k7py_" + setter)
        result, parameters = _cdef.CALLBACKS[setter]
        return ffi.callback(f"{result}({parameters})", function, **extra)

    return decorate


# Not a function of Python: those run signal handlers before their first line, and what these raise would be lost, and the object never freed.
_free_user = _alive.__delitem__
if MODE == "api":
    ffi.def_extern(name="k7py_free_user")(_free_user)
    FREE_USER = lib.k7py_free_user
else:
    FREE_USER = ffi.callback("void(void *)", _free_user)


def user_pointer(value: object, noted: list[Any] | None = None) -> Any:
    """A user pointer that keeps `value` until FREE_USER has run. `noted`: where it is noted before anything else can happen, for forget()."""
    handle = ffi.new_handle(value)
    if noted is not None:
        noted.append(handle)
    _alive[handle] = handle
    return handle


def forget(handles: Iterable[Any]) -> None:
    """Of those, each that the library was never given."""
    for handle in handles:
        _alive.pop(handle, None)


def user_of(error_traceback: Any) -> Any:
    """Inside on_error: the object of the callback that raised."""
    return ffi.from_handle(error_traceback.tb_frame.f_locals["user"])
