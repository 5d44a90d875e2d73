#!/usr/bin/python3
"""Every public function with NULL for each of its pointers, and for all of them: an error or a documented answer, never a crash. And what every
function with an error does to its outputs. The functions are read from the headers, so that none is forgotten. usage: null_test.py BUILD-DIR"""
import ctypes
import glob
import os
import re
import sys
from ctypes import byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INVALID_ARGUMENT, UNSUPPORTED_OPERATION = -2, -6
GARBAGE = 0x5A5A5A50
NUMBERS = {"int": c_int, "int32_t": c_int32, "int64_t": c_int64, "size_t": c_size_t}
# Objects that an application only sees inside a callback.
CALLBACK_ONLY = {"progress", "trace", "dry_request", "request", "reply", "token"}
# "may be NULL" in the headers: (function, parameter); every NULL text of a setter means "unset" there, or is checked below to be consistent.
OPTIONAL = {
    ("k7_sandbox_create", "ret_sandbox"), ("k7_sandbox_delete_all", "ret_results"), ("k7_sandbox_create_many", "ret_results"),
    ("k7_sandbox_get_many", "ret_results"), ("k7_sandbox_delete_many", "ret_results"), ("k7_client_open", "config"),
    ("k7_call_set_cancel", "cancel"), ("k7_call_set_progress", "fn"), ("k7_call_set_trace", "fn"), ("k7_call_set_on_interrupt", "fn"),
    ("k7_call_set_dry_run", "fn"), ("k7_op_set_on_done", "fn"),
}
OPTIONAL_OBJECTS = {"call", "query", "delete_options"}  # as arguments of operations


def split(text):
    """A parameter list at its own commas."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip() not in ("", "void")]


def parameter(text):
    """(kind, name, type): kind is fn, err, out, object, text, memory or number."""
    function = re.search(r"\(\*(\w+)\)", text)
    if function:
        return "free" if function[1] == "free_user" else "fn", function[1], None
    kind, stars, name = re.fullmatch(r"(?:const )?(\w+) ?(\**)(\w+)", text).groups()
    if name == "err":
        return "err", name, None
    if name.startswith("ret_"):
        return "out", name, c_int if stars == "*" else c_void_p
    if not stars:
        return "number", name, NUMBERS[kind]
    if kind == "char":
        return "text", name, None
    return ("memory", name, None) if kind == "void" else ("object", name, kind[3:])


def functions():
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "include/k7sandbox/*.h"))):
        with open(path, encoding="utf-8") as header:
            text = re.sub(r"/\*.*?\*/", "", header.read(), flags=re.S)
        text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)
        for declaration in re.findall(r"K7_API ([^;]*);", text):
            result, name, parameters = re.fullmatch(r"(.*?)\b(k7_\w+)\((.*)\)", " ".join(declaration.split())).groups()
            found[name] = (result.strip(), [parameter(p) for p in split(parameters)])
    return found


class Library:
    def __init__(self, path):
        self.dll = ctypes.CDLL(path)
        self.dll.k7_error_get_code.argtypes = [c_void_p]
        self.made = {}
        self.freed = 0
        self.keep = [ctypes.CFUNCTYPE(None, c_void_p)(self.count), ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda *_: 0)]

    def count(self, _user):
        self.freed += 1

    def new(self, function, *arguments):
        out = c_void_p()
        code = getattr(self.dll, function)(*arguments, byref(out), None)
        assert code == 0, f"{function} gives {code}"
        return out

    def object(self, kind):
        if kind not in self.made:
            self.made[kind] = getattr(self, "new_" + kind, lambda: self.new(f"k7_{kind}_new"))()
        return self.made[kind]

    def new_config(self):
        config = self.new("k7_config_new")
        assert self.dll.k7_config_set(config, b"endpoint", b"memory:", None) == 0
        return config

    def new_client(self):
        return self.new("k7_client_open", self.object("config"))

    def new_spec(self):
        return self.new("k7_spec_new", b"demo", b"alpine")

    def new_transport(self):
        return self.new("k7_transport_new", b"mine", None, None)

    def new_sandbox(self):
        return self.new("k7_sandbox_create", self.object("client"), self.object("spec"), None)

    def new_sandboxes(self):
        self.object("sandbox")
        return self.new("k7_sandbox_list", self.object("client"), None, None)

    def new_results(self):
        self.object("sandbox")
        return self.new("k7_sandbox_delete_all", self.object("client"), None, None)

    def new_op(self):
        return self.new("k7_sandbox_list_start", self.object("client"), None, None, self.object("loop"))

    def new_error(self):
        error = c_void_p()
        assert self.dll.k7_config_set(self.object("config"), b"wrong", b"x", byref(error)) < 0
        return error

    def new_config_key(self):
        self.dll.k7_config_key_at.restype = c_void_p
        return c_void_p(self.dll.k7_config_key_at(c_size_t(0)))


def argument(lib, kind, what, is_null):
    """A value, and what has to be looked at afterwards."""
    if kind in ("err", "out"):
        room = None if is_null else (what or c_void_p)(GARBAGE)
        return (None, None) if is_null else (byref(room), room)
    if kind == "number":
        return what(0 if is_null else 1), None
    if is_null or kind == "memory":
        return None, None
    if kind == "object":
        return lib.object(what), None
    return {"text": c_char_p(b"x"), "free": lib.keep[0], "fn": lib.keep[1]}[kind], None


def call(lib, name, signature, nulls):
    """Calls with the parameters of these indices NULL. Returns the code or value."""
    result, parameters = signature
    values, rooms = [], {}
    for i, (kind, parameter_name, what) in enumerate(parameters):
        value, room = argument(lib, kind, what, i in nulls)
        values.append(value)
        if room is not None:
            rooms[parameter_name] = room
    function = getattr(lib.dll, name)
    function.restype = None if result == "void" else c_void_p if result.endswith("*") else NUMBERS[result]
    freed = lib.freed
    code = function(*values)
    where = f"{name} with NULL for {', '.join(parameters[i][1] for i in sorted(nulls)) or 'nothing'}"
    if any(kind == "err" for kind, _, _ in parameters):
        assert code <= 0, f"{where}: returned {code}"
        error = rooms.pop("err", None)
        if error is not None:
            assert lib.dll.k7_error_get_code(error) == code, f"{where}: {code}, but *err is {error}"
        for out, room in rooms.items():
            assert room.value != GARBAGE, f"{where}: *{out} was not written"
            assert code == 0 or not room.value, f"{where}: {code}, but *{out} is {room}"
        has_free = any(kind == "free" and i not in nulls for i, (kind, _, _) in enumerate(parameters))
        assert code == 0 or lib.freed - freed == has_free, f"{where}: free_user ran {lib.freed - freed} times"
    return code


def is_optional(name, kind, parameter_name, what):
    if (name, parameter_name) in OPTIONAL or kind in ("err", "free", "memory", "text", "number"):
        return True
    return kind == "object" and what in OPTIONAL_OBJECTS and name.startswith("k7_sandbox_")


def check(lib, name, signature):
    result, parameters = signature
    pointers = {i for i, (kind, _, _) in enumerate(parameters) if kind != "number"}
    has_error = any(kind == "err" for kind, _, _ in parameters)
    everything = set(range(len(parameters)))
    refused = (INVALID_ARGUMENT,)
    if name.endswith("_yaml") and not lib.dll.k7_has_feature(b"yaml"):
        refused = (INVALID_ARGUMENT, UNSUPPORTED_OPERATION)
    value = call(lib, name, signature, everything)
    if has_error:
        assert value in refused, f"{name} with NULL everywhere: {value}"
        call(lib, name, signature, {i for i, (kind, _, _) in enumerate(parameters) if kind not in ("err", "out")})
    elif pointers and (result.endswith("*") or name.endswith("_count") or name.endswith("_count_of")):
        assert not value, f"{name} with NULL everywhere: {value}"
    if any(what in CALLBACK_ONLY for _, _, what in parameters):
        return
    if name.endswith("_free") or name.endswith("ref"):
        return
    for i in pointers:
        code = call(lib, name, signature, {i})
        if has_error and not is_optional(name, *parameters[i]):
            assert code in refused, f"{name} with NULL for {parameters[i][1]}: {code}"
    if name.endswith("_at") and parameters[-1][0] == "number":
        values = [argument(lib, kind, what, False)[0] for kind, _, what in parameters]
        values[-1] = c_size_t(-1 % 2**64)
        value = getattr(lib.dll, name)(*values)
        assert value in (None, 0, -1), f"{name} out of range: {value}"


def main():
    os.environ.clear()  # what k7_config_load_default() would find
    lib = Library(os.path.join(sys.argv[1], "src/libk7sandbox.so"))
    found, failed = functions(), 0
    assert len(found) > 200, "the headers were not understood"
    for name, signature in found.items():
        child = os.fork()  # so that a crash is one function's
        if child == 0:
            try:
                check(lib, name, signature)
            except AssertionError as wrong:
                print(wrong, flush=True)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print(f"{name}: killed by signal {os.WTERMSIG(status)}")
        failed += status != 0
    print(f"result: {len(found) - failed} passed, {failed} failed, 0 skipped")
    return failed != 0


sys.exit(main())
