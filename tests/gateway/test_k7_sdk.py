#!/usr/bin/python3
"""K7's published Python clients do their creates, lists and deletions against the gateway, unchanged: k7-sdk 0.4.0 and 0.5.0 from PyPI, each in a
virtual environment under the build folder that is kept for the next run."""

import os
import subprocess
import sys
import tempfile

from harness import PATIENCE_S, PROGRAM, Gateway, main, same, tls_files
from k7_sdk_versions import VERSIONS, python_of

# The usual build folder, so that builds with sanitizers find what is there; else that of the program.
FOLDERS = (os.path.join(os.path.dirname(__file__), "../../build"), os.path.join(os.path.dirname(PROGRAM), "../.."))
BUILD = os.path.abspath(next(filter(os.path.isdir, FOLDERS)))
SKIPPED = 77  # meson's


def run_client(version, gateway, *arguments):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "k7_sdk_client.py")
    # without the settings of whoever runs the test: this client would obey proxies, a netrc file and another CA bundle
    surroundings = {"PATH": os.environ["PATH"], "HOME": gateway.folder.name, "PYTHONDONTWRITEBYTECODE": "1"}
    surroundings.update((name, os.environ[name]) for name in ("K7_TEST_IMAGE",) if name in os.environ)
    done = subprocess.run([python_of(BUILD, version), script, gateway.url, gateway.key, *arguments], env=surroundings, capture_output=True,
                          text=True, timeout=PATIENCE_S * 5)
    same((done.returncode, done.stdout, done.stderr), (0, "done\n", ""))


def test_plain():
    for version in VERSIONS:
        with Gateway() as gateway:
            run_client(version, gateway)


def test_tls():
    with tempfile.TemporaryDirectory() as folder:
        cert, key, _ = tls_files(folder)
        for version in VERSIONS:
            with Gateway("--tls-cert", cert, "--tls-key", key) as gateway:
                run_client(version, gateway, cert)


if __name__ == "__main__":
    try:
        for wanted in VERSIONS:
            python_of(BUILD, wanted)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"k7-sdk cannot be installed from the package index: {error}")
        sys.exit(SKIPPED)
    main(globals())
