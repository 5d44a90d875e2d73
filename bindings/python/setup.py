"""Builds the wheel: the library by meson, when this is a checkout of libk7sandbox, and the extension module by cffi. K7SANDBOX_CFFI=abi leaves out the extension module:
the package uses ABI mode. Where there is no compiler, the library is left out, too: the package has nothing binary in it, and uses the one that is installed.

K7SANDBOX_BUILD: the folder in which meson builds (default: a fresh one). Outside a checkout, or with K7SANDBOX_INSTALLED=1, the wheel carries no library: it uses the
installed one, found by pkg-config. The same checkout gives the same bytes, in whichever folder, with whichever umask, at whichever time."""
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
# A wheel has the modes and times of its files: those of nobody, and the earliest that an archive can have.
os.umask(0o022)
os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)


def has_compiler() -> bool:
    return shutil.which("cc") is not None


def wants_library() -> bool:
    return has_compiler() and os.environ.get("K7SANDBOX_INSTALLED") != "1" and os.path.exists(os.path.join(ROOT, "src", "k7sandbox.map"))


def wants_extension() -> bool:
    return has_compiler() and os.environ.get("K7SANDBOX_CFFI") != "abi"


def installed(option: str, mark: str) -> str:
    """A folder of the library that is installed: the first that pkg-config names, also where a compiler would look anyway."""
    allow = {"PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1", "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1"}
    said = subprocess.run(["pkg-config", option, "k7sandbox"], check=True, stdout=subprocess.PIPE, text=True, env=os.environ | allow)
    return said.stdout.split()[0].removeprefix(mark)


class Build(build_py):
    """The package's modules, then the library and the extension beside them."""

    def run(self) -> None:
        super().run()
        with tempfile.TemporaryDirectory() as scratch:
            if wants_library():
                self.with_own_library(scratch)
            elif wants_extension():
                self.extension(installed("--cflags-only-I", "-I"), installed("--libs-only-L", "-L"), scratch, [])
        for folder, _, names in os.walk(self.build_lib):
            for path in (os.path.join(folder, name) for name in names):
                os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)  # data comes with the modes of the checkout

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
            self.extension(os.path.join(stage, "usr", "include"), library, scratch, ["-Wl,-rpath,$ORIGIN", "-Wl,-s"])

    def extension(self, include: str, library: str, scratch: str, link_arguments: list[str]) -> None:
        from build_ffi import builder

        builder(include, library, link_arguments, [scratch, os.getcwd()]).compile(tmpdir=scratch)
        for module in glob.glob(os.path.join(scratch, "k7sandbox", "_k7sandbox*.so")):
            shutil.copy(module, os.path.join(self.build_lib, "k7sandbox"))


class Package(Distribution):
    def has_ext_modules(self) -> bool:
        """Whether the wheel is for one kind of machine."""
        return wants_library() or wants_extension()


class Wheel(bdist_wheel):
    """For every CPython from 3.11 on; without anything binary, for every Python and machine."""

    def get_tag(self) -> tuple[str, str, str]:
        tag: tuple[str, str, str] = super().get_tag()
        return tag if self.root_is_pure else ("cp311", "abi3", tag[2])


setup(cmdclass={"build_py": Build, "bdist_wheel": Wheel}, distclass=Package)
