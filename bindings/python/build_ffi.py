"""cffi's API mode: the extension module k7sandbox._k7sandbox, compiled against the headers and linked with the library. setup.py runs it; so may a developer:
build_ffi.py INCLUDE-DIR LIBRARY-DIR OUTPUT-DIR, which leaves in OUTPUT-DIR/k7sandbox a module that loads the library from LIBRARY-DIR."""
from __future__ import annotations

import os
import sys

from cffi import FFI

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from derive_cdef import callbacks, declarations  # noqa: E402


def builder(include: str, library: str, link_arguments: list[str], private_folders: list[str]) -> FFI:
    """private_folders: their names are kept out of what is compiled."""
    ffi = FFI()
    items = declarations(os.path.join(include, "k7sandbox"))
    ffi.cdef("\n".join(items))
    ffi.cdef("\n".join(f'extern "Python" {result} k7py_{name}({parameters});' for name, (result, parameters) in callbacks(items).items()))
    ffi.cdef('extern "Python" void k7py_free_user(void *user);')
    ffi.set_source("k7sandbox._k7sandbox", "#include <k7sandbox/k7sandbox.h>", include_dirs=[include], library_dirs=[library],
                   libraries=["k7sandbox"], py_limited_api=True,
                   # cffi's calls are made by the derived declarations, the prototypes are the header's: whatever differs does not compile.
                   extra_compile_args=["-Werror=incompatible-pointer-types", "-Werror=int-conversion", "-Werror=implicit-function-declaration",
                                       *(f"-ffile-prefix-map={folder}=." for folder in private_folders)],
                   extra_link_args=link_arguments)
    return ffi


if __name__ == "__main__":
    INCLUDE_DIR, LIBRARY_DIR, OUTPUT_DIR = map(os.path.abspath, sys.argv[1:])
    builder(INCLUDE_DIR, LIBRARY_DIR, [f"-Wl,-rpath,{LIBRARY_DIR}"], []).compile(tmpdir=OUTPUT_DIR)
