#!/usr/bin/python3
"""The installed library through ctypes alone: no header is compiled, no shim is built. usage: ctypes_test.py BUILD-DIR"""
import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

HERE = os.path.dirname(os.path.abspath(__file__))


def install(build, folder):
    out = subprocess.run([os.path.join(HERE, "stage"), build, folder], check=True, stdout=subprocess.PIPE, text=True)
    return out.stdout.split()[0]


def declared(folder):
    """The names of all functions in the installed headers."""
    names = set()
    for path, _, files in os.walk(folder):
        for file in files:
            if file.endswith(".h"):
                with open(os.path.join(path, file), encoding="utf-8") as header:
                    names.update(re.findall(r"K7_API[^;(]*?\b(k7_\w+)\(", header.read()))
    return names


def prototypes(folder):
    """(name, arguments) of all functions in the installed headers."""
    text = ""
    for path, _, files in os.walk(folder):
        for file in files:
            if file.endswith(".h"):
                with open(os.path.join(path, file), encoding="utf-8") as header:
                    text += re.sub(r"/\*.*?\*/", " ", header.read(), flags=re.DOTALL)
    for name, arguments in re.findall(r"K7_API[^;(]*?\b(k7_\w+)\(((?:[^()]|\([^()]*\))*)\)\s*;", text):
        arguments = re.sub(r"\(\s*\*\s*(\w+)\)\s*\([^()]*\)", r"*\1", arguments)  # a callback is a pointer
        yield name, [] if arguments.strip() == "void" else [" ".join(argument.split()) for argument in arguments.split(",")]


class Library:
    """Every function with the types of its declaration, as a binding would write them down."""

    def __init__(self, path):
        self.dll = ctypes.CDLL(path)
        out = POINTER(c_void_p)
        for name, result, *arguments in (
            ("version", c_char_p),
            ("version_number", c_int32),
            ("free", None, c_void_p),
            ("config_new", c_int, out, out),
            ("config_free", None, c_void_p),
            ("config_set", c_int, c_void_p, c_char_p, c_char_p, out),
            ("client_open", c_int, c_void_p, out, out),
            ("client_unref", c_void_p, c_void_p),
            ("spec_new", c_int, c_char_p, c_char_p, out, out),
            ("spec_free", None, c_void_p),
            ("spec_set_limit", c_int, c_void_p, c_char_p, c_char_p, out),
            ("spec_set_egress_blocked", c_int, c_void_p, out),
            ("sandbox_create", c_int, c_void_p, c_void_p, c_void_p, out, out),
            ("sandbox_list", c_int, c_void_p, c_void_p, c_void_p, out, out),
            ("sandbox_get", c_int, c_void_p, c_char_p, c_char_p, c_void_p, out, out),
            ("sandbox_delete", c_int, c_void_p, c_char_p, c_char_p, c_void_p, c_void_p, out),
            ("sandbox_delete_all", c_int, c_void_p, c_char_p, c_void_p, out, out),
            ("sandbox_get_name", c_char_p, c_void_p),
            ("sandbox_get_image", c_char_p, c_void_p),
            ("sandbox_is_ready", c_int, c_void_p),
            ("sandbox_to_json", c_int, c_void_p, out, out),
            ("sandbox_unref", c_void_p, c_void_p),
            ("sandboxes_count", c_size_t, c_void_p),
            ("sandboxes_at", c_void_p, c_void_p, c_size_t),
            ("sandboxes_unref", c_void_p, c_void_p),
            ("results_count", c_size_t, c_void_p),
            ("results_count_of", c_size_t, c_void_p, c_int),
            ("results_name_at", c_char_p, c_void_p, c_size_t),
            ("results_unref", c_void_p, c_void_p),
            ("error_code_name", c_char_p, c_int),
            ("error_get_code", c_int, c_void_p),
            ("error_get_message", c_char_p, c_void_p),
            ("error_unref", c_void_p, c_void_p),
            ("call_new", c_int, out, out),
            ("call_free", None, c_void_p),
            ("call_set_timeout_ms", c_int, c_void_p, c_int64, out),
            ("call_set_cancel", c_int, c_void_p, c_void_p, out),
            ("call_set_progress", c_int, c_void_p, c_void_p, c_void_p, c_void_p, out),
            ("progress_get_operation", c_char_p, c_void_p),
            ("cancel_new", c_int, out, out),
            ("cancel_trigger", None, c_void_p),
            ("cancel_unref", c_void_p, c_void_p),
        ):
            function = getattr(self.dll, "k7_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    class Failed(Exception):
        def __init__(self, name, message):
            super().__init__(name + ": " + message)
            self.name = name

    def made(self, function, *arguments):
        """Calls a function whose last two arguments are an output and the error."""
        result = c_void_p()
        self.done(function, *arguments, byref(result))
        return result.value

    def done(self, function, *arguments):
        err = c_void_p()
        status = function(*arguments, byref(err))
        if status == 0:
            assert not err.value, "0 with an error object"
            return
        name, message = self.error_code_name(status).decode(), self.error_get_message(err).decode()
        assert self.error_get_code(err) == status and message
        self.error_unref(err)
        raise self.Failed(name, message)

    def client(self, endpoint=b"memory:"):
        config = self.made(self.config_new)
        try:
            self.done(self.config_set, config, b"endpoint", endpoint)
            return self.made(self.client_open, config)
        finally:
            self.config_free(config)

    def create(self, client, name, call=None):
        spec = self.made(self.spec_new, name, b"alpine:latest")
        try:
            self.done(self.spec_set_limit, spec, b"memory", b"256Mi")
            self.done(self.spec_set_egress_blocked, spec)
            return self.made(self.sandbox_create, client, spec, call)
        finally:
            self.spec_free(spec)


def test_every_declared_function_can_be_found(k7, folder):
    names = declared(folder)
    assert len(names) > 100, len(names)
    missing = [name for name in sorted(names) if not hasattr(k7.dll, name)]
    assert not missing, missing


def test_every_function_takes_null_and_writes_its_outputs(k7, folder):
    """A binding that forgets to check gets an error or an empty answer, and never reads an output that was not written."""
    os.environ.update(K7_API_URL="memory:", HOME=folder)  # for k7_client_open(NULL)
    garbage, count = 0xA5A5A5A5A5A5A5A5, 0
    for name, arguments in prototypes(folder):
        function, values, types, outputs = k7.dll[name], [], [], []  # an object of its own, whose types may be changed
        for argument in arguments:
            kind = c_void_p
            if re.search(r"\*(ret_\w+|\*err)$", argument):
                outputs.append((argument, ctypes.c_uint64(garbage)))
                values.append(ctypes.addressof(outputs[-1][1]))
            elif "*" in argument:
                values.append(None)
            else:
                kind = c_int64 if "int64_t" in argument else c_size_t if "size_t" in argument else c_int
                values.append(0)
            types.append(kind)
        function.argtypes, function.restype = types, c_int
        status = function(*values)
        for argument, value in outputs:
            is_number = "**" not in argument and "int64_t" not in argument and "size_t" not in argument
            written = value.value & 0xFFFFFFFF if is_number else value.value
            assert written != (garbage & 0xFFFFFFFF if is_number else garbage), (name, argument)
            if status < 0:
                assert (written != 0) == argument.endswith("**err"), (name, argument, written)
        count += 1
    assert count == len(declared(folder)), (count, len(declared(folder)))


def test_version_is_that_of_the_headers(k7, folder):
    major, minor, patch = (int(part) for part in k7.version().decode().split("."))
    assert k7.version_number() == major * 1000000 + minor * 1000 + patch


def test_five_operations(k7, folder):
    client = k7.client()
    sandbox = k7.create(client, b"one")
    assert k7.sandbox_get_name(sandbox) == b"one"
    k7.sandbox_unref(sandbox)
    k7.sandbox_unref(k7.create(client, b"two"))

    sandbox = k7.made(k7.sandbox_get, client, None, b"one", None)
    assert k7.sandbox_get_image(sandbox) == b"alpine:latest"
    assert k7.sandbox_is_ready(sandbox) == 1
    text = k7.made(k7.sandbox_to_json, sandbox)
    assert json.loads(ctypes.string_at(text))["name"] == "one"
    k7.free(text)
    k7.sandbox_unref(sandbox)

    sandboxes = k7.made(k7.sandbox_list, client, None, None)
    names = sorted(k7.sandbox_get_name(k7.sandboxes_at(sandboxes, i)) for i in range(k7.sandboxes_count(sandboxes)))
    assert names == [b"one", b"two"], names
    assert k7.sandboxes_at(sandboxes, 2) is None
    assert k7.sandboxes_unref(sandboxes) is None

    k7.done(k7.sandbox_delete, client, None, b"one", None, None)
    results = k7.made(k7.sandbox_delete_all, client, None, None)
    assert k7.results_count(results) == 1 and k7.results_count_of(results, 0) == 1
    assert k7.results_name_at(results, 0) == b"two"
    k7.results_unref(results)
    k7.client_unref(client)


def test_errors_carry_code_and_message(k7, folder):
    client = k7.client()
    for name, expected in ((b"absent", "K7_ERR_NOT_FOUND"), (b"../x", "K7_ERR_INVALID_ARGUMENT"), (b"", "K7_ERR_INVALID_ARGUMENT")):
        try:
            k7.made(k7.sandbox_get, client, None, name, None)
        except Library.Failed as failure:
            assert failure.name == expected, failure
        else:
            raise AssertionError(name)
    k7.client_unref(client)


def test_callbacks_and_cancel(k7, folder):
    """A progress callback written in Python cancels the call that it belongs to."""
    cancel, call, freed, seen = k7.made(k7.cancel_new), k7.made(k7.call_new), [], []

    @ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
    def progress(user, report):
        seen.append((user, k7.progress_get_operation(report)))
        k7.cancel_trigger(cancel)

    @ctypes.CFUNCTYPE(None, c_void_p)
    def free_user(user):
        freed.append(user)

    k7.done(k7.call_set_progress, call, ctypes.cast(progress, c_void_p), 7, ctypes.cast(free_user, c_void_p))
    k7.done(k7.call_set_cancel, call, cancel)
    client = k7.client(b"memory:?latency_ms=600000")
    try:
        k7.create(client, b"demo", call)
    except Library.Failed as failure:
        assert failure.name == "K7_ERR_CANCELLED", failure
    else:
        raise AssertionError("not cancelled")
    assert seen and seen[0] == (7, b"create"), seen
    assert freed == []
    k7.call_free(call)
    assert freed == [7], freed
    k7.cancel_unref(cancel)
    k7.client_unref(client)


def main():
    with tempfile.TemporaryDirectory() as folder:
        k7 = Library(os.path.join(install(sys.argv[1], folder), "libk7sandbox.so.0"))
        passed = failed = 0
        for name, test in sorted(globals().items()):
            if name.startswith("test_"):
                try:
                    test(k7, folder)
                    passed += 1
                    print("ok", name)
                except Exception as error:  # a failing test must not hide the others
                    failed += 1
                    print("FAILED", name, type(error).__name__, error)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
