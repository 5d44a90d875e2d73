"""k7-sdk from the package index, each version in a virtual environment of its own that is kept for the next run. As a program: installs them, and prints their folders
of packages, joined by colons: k7_sdk_versions.py BUILD-FOLDER"""

import glob
import os
import subprocess
import sys

VERSIONS = ("0.4.0", "0.5.0")
INSTALL_S = 300  # reached only by an index that does not answer


def python_of(build, version):
    """The interpreter of an environment with that version; makes it when it is not there."""
    folder = os.path.join(build, f"k7-sdk-{version}")
    python = os.path.join(folder, "bin/python")
    ready = os.path.join(folder, "ready-async")  # written last: what an interrupted run left is not taken for whole
    if not os.path.exists(ready):
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", folder], check=True, timeout=INSTALL_S)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"k7-sdk[async]=={version}"],
                       check=True, timeout=INSTALL_S)
        with open(ready, "w"):
            pass
    return python


def packages_of(build, version):
    """The folder of packages of that environment."""
    [folder] = glob.glob(os.path.join(os.path.dirname(python_of(build, version)), "../lib/python3*/site-packages"))
    return os.path.abspath(folder)


if __name__ == "__main__":
    print(":".join(packages_of(os.path.abspath(sys.argv[1]), wanted) for wanted in VERSIONS))
