"""Builds the wheel: the library by meson, when this is a checkout of libk7sandbox, and the extension module by cffi. Where there is no compiler, or
K7SANDBOX_CFFI=abi asks for it, the package has no extension module and uses ABI mode.

K7SANDBOX_BUILD: the folder in which meson builds (default: a fresh one). Outside a checkout the installed library is used, found by pkg-config."""
from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70.1
    from wheel.bdist_wheel import bdist_wheel

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)


def wants_extension() -> bool:
    return os.environ.get("K7SANDBOX_CFFI") != "abi" and shutil.which("cc") is not None


class Build(build_py):
    """The package's modules, then the library and the extension beside them."""

    def run(self) -> None:
        super().run()
        with tempfile.TemporaryDirectory() as scratch:
            if os.path.exists(os.path.join(ROOT, "src", "k7sandbox.map")):
                self.with_own_library(scratch)
            elif wants_extension():
                self.extension("/usr/include", "/usr/lib", scratch)

    def with_own_library(self, scratch: str) -> None:
        build, stage = os.environ.get("K7SANDBOX_BUILD") or os.path.join(scratch, "build"), os.path.join(scratch, "stage")
        options = ["-Dbuildtype=release", "-Ddefault_library=shared", "-Dtests=disabled", "-Dgateway=disabled", "-Dexamples=false", "-Dman=disabled"]
        if not os.path.exists(os.path.join(build, "build.ninja")):
            run("meson", "setup", "--prefix=/usr", "--libdir=lib", *options, build, ROOT)
        run("meson", "compile", "-C", build, "-j", "2")
        run("meson", "install", "-C", build, "--no-rebuild", "--strip", "--quiet", "--destdir", stage)
        library = os.path.join(stage, "usr", "lib")
        shutil.copy(os.path.realpath(os.path.join(library, "libk7sandbox.so.0")), os.path.join(self.build_lib, "k7sandbox", "libk7sandbox.so.0"))
        if wants_extension():
            self.extension(os.path.join(stage, "usr", "include"), library, scratch)

    def extension(self, include: str, library: str, scratch: str) -> None:
        from build_ffi import builder

        builder(include, library).compile(tmpdir=scratch)
        for module in glob.glob(os.path.join(scratch, "k7sandbox", "_k7sandbox*.so")):
            shutil.copy(module, os.path.join(self.build_lib, "k7sandbox"))


class Binary(Distribution):
    """Not the same on every machine: the wheel carries a library."""

    def has_ext_modules(self) -> bool:
        return True


class Wheel(bdist_wheel):
    """For every CPython from 3.11 on."""

    def get_tag(self) -> tuple[str, str, str]:
        return ("cp311", "abi3", super().get_tag()[2])


setup(cmdclass={"build_py": Build, "bdist_wheel": Wheel}, distclass=Binary)
