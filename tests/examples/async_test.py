#!/usr/bin/python3
"""One of the adapters of examples/async: its work is done, its program goes on meanwhile, and Ctrl-C takes everything back.
usage: async_test.py PROGRAM [TEST...]"""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../gateway"))
from harness import PATIENCE_S, Gateway, main, same  # noqa: E402

PROGRAM = sys.argv.pop(1)
COUNT = 8


def begin(endpoint, key=""):
    surroundings = {**os.environ, "K7_API_URL": endpoint, "K7_API_KEY": key}
    return subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings)


def end(process):
    output, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output.splitlines(), errors.splitlines()


def all_done(endpoint, key=""):
    status, output, errors = end(begin(endpoint, key))
    same(errors, [])
    same(output[0], f"{COUNT} started")
    same(sorted(output[1:-1]), [f"created async-{i}" for i in range(COUNT)])
    same(output[-1], f"{COUNT} of {COUNT} created and deleted; the program ticked meanwhile")
    same(status, 0)


def test_simulated_sandboxes_with_a_clock():
    all_done("memory:?latency_ms=5&start_ms=20&stop_ms=5")


def test_over_http():
    if "K7_GATEWAY" not in os.environ:
        return
    with Gateway("--max-creates", "64", endpoint="memory:?latency_ms=5&start_ms=20") as gateway:
        all_done(gateway.url, gateway.key)
        same(gateway.names(), [])


def test_interrupt_takes_back_what_was_made():
    process = begin("memory:?start_ms=600000")
    same(process.stdout.readline(), f"{COUNT} started\n")
    process.send_signal(signal.SIGINT)
    status, output, errors = end(process)
    same(len([line for line in errors if "cancelled" in line]), COUNT)
    same([line for line in errors if "left behind" in line], [])
    same([line.split(";")[0] for line in output], [f"0 of {COUNT} created and deleted"])
    same(status, 1)


main(globals())
