#!/usr/bin/python3
"""Calls over a thousand sandboxes through a gateway: nothing is lost, the caps are kept, and nothing is left. It is the gateway that tells of the cap: it refuses a create beyond its own."""

import os
import subprocess

from harness import Gateway, main, same

COUNT = 1000
AT_ONCE = 32
PROGRAM = os.environ.get("K7_BENCH_MANY", os.path.join(os.path.dirname(__file__), "../../build/tests/bench/bench-many"))
FIGURES = ("done", "failed", "requests", "connections", "lost", "at_once", "in_a_second", "wall_us", "cpu_us")


def run(gateway, count, starts_per_second=0):
    done = subprocess.run([PROGRAM, gateway.url, gateway.key, str(count), str(AT_ONCE), str(starts_per_second)], capture_output=True, text=True, timeout=300)
    same((done.returncode, done.stderr), (0, ""))
    lines = [line.split() for line in done.stdout.splitlines()]
    same([line[0] for line in lines], ["create", "delete"])
    return [dict(zip(FIGURES, map(int, line[1:]))) for line in lines]


def answers(gateway, method):
    """Of requests of that method, by status. The log is complete when the gateway has ended."""
    found = {}
    for line in gateway.log:
        if line.get("method") == method:
            found[line["status"]] = found.get(line["status"], 0) + 1
    return found


def test_a_thousand_are_created_and_deleted():
    with Gateway("--max-creates", str(AT_ONCE), "--threads", str(AT_ONCE), endpoint="memory:?start_ms=20") as gateway:
        created, deleted = run(gateway, COUNT)
        for figures in created, deleted:
            same((figures["done"], figures["failed"], figures["lost"]), (COUNT, 0, 0))
            assert figures["at_once"] <= AT_ONCE, figures
        assert created["connections"] + deleted["connections"] <= AT_ONCE, (created, deleted)
        same(gateway.names(), [])
    same(answers(gateway, "POST"), {201: COUNT})
    same(answers(gateway, "DELETE"), {200: COUNT})


def test_as_many_at_once_as_allowed():
    """The gateway of the test before would have refused a 33rd: one that allows fewer hears of all 32. What it refuses is tried again, and done in the end."""
    with Gateway("--max-creates", str(AT_ONCE - 1), "--threads", str(AT_ONCE), endpoint="memory:?start_ms=1000") as gateway:
        same([figures["done"] for figures in run(gateway, AT_ONCE)], [AT_ONCE, AT_ONCE])
    assert answers(gateway, "POST").get(429, 0) > 0, answers(gateway, "POST")


def test_no_more_starts_in_a_second_than_allowed():
    with Gateway("--max-creates", str(AT_ONCE), "--threads", str(AT_ONCE)) as gateway:
        for figures in run(gateway, 100, 100):
            same(figures["done"], 100)
            assert figures["wall_us"] >= 990_000, figures  # 99 times a hundredth


if __name__ == "__main__":
    main(globals())
