#!/usr/bin/python3
"""K7's published Python clients against the gateway in front of a real cluster: what they do against K7's own server, unchanged."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../gateway"))
from harness import Gateway, main  # noqa: E402
from test_k7_sdk import BUILD, VERSIONS, python_of, run_client  # noqa: E402

SKIPPED = 77  # meson's


def test_k7_sdk_040():
    with Gateway(endpoint="kubernetes:") as gateway:
        run_client("0.4.0", gateway)


def test_k7_sdk_050():
    with Gateway(endpoint="kubernetes:") as gateway:
        run_client("0.5.0", gateway)


if __name__ == "__main__":
    if os.environ.get("K7_TEST_CLUSTER_PARTS") != "node":
        print("needs a cluster: tests/cluster/run -- meson test -C build --suite kubernetes")
        sys.exit(SKIPPED)
    try:
        for wanted in VERSIONS:
            python_of(BUILD, wanted)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"k7-sdk is not there, and cannot be installed from inside a cluster; tests/run gateway does: {error}")
        sys.exit(SKIPPED)
    subprocess.run("kubectl create namespace team && kubectl wait -n team --for=create --timeout=60s serviceaccount/default",
                   shell=True, check=True, stdout=subprocess.DEVNULL, timeout=100)
    main(globals())
