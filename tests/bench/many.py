#!/usr/bin/python3
"""Creates and deletes of many in one call, beside K7's and Kubernetes' Python clients with as many threads as we have under way, in turn in one run:

  many.py rest COUNT AT_ONCE ROUNDS          over rest to a k7-gateway over memory:, where a start takes nothing and where it takes 100 ms
  many.py kubernetes COUNT AT_ONCE ROUNDS    in a cluster whose pods are scripted; K7_BENCH_PYTHON: an interpreter that has the package kubernetes

Started by tests/bench/run."""

import copy
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../..")
PROGRAM = os.path.join(ROOT, "build/tests/bench/bench-many")
FIGURES = ("done", "failed", "requests", "connections", "lost", "at_once", "in_a_second", "wall_us", "cpu_us")
IMAGE = "docker.io/library/alpine:3.20"
sys.path.insert(0, os.path.join(ROOT, "tests/gateway"))

# --- one round of a Python client, in a program of its own -------------------------------------------------------------------------------------------------------


class UnderWay:
    """How many calls are under way at most."""

    def __init__(self):
        self.now = self.most = 0
        self.lock = threading.Lock()

    def __enter__(self):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self.lock:
            self.now -= 1


def phase(what, call, names, threads):
    """A line as bench-many's; what a thread pool cannot know is 0."""
    under_way, failed = UnderWay(), []

    def one(name):
        with under_way:
            try:
                call(name)
            except Exception as error:
                failed.append(error)

    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, names))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for error in failed[:3]:
        print(f"{what}: {type(error).__name__}: {error}"[:300], file=sys.stderr)
    print(what, len(names) - len(failed), len(failed), 0, 0, 0, under_way.most, 0, int(wall * 1e6), int(cpu * 1e6), flush=True)


def way_k7_sdk(names, threads, url, key):
    from k7_sdk import Client

    client = Client(url, key)
    phase("create", lambda name: client.create({"name": name, "image": IMAGE}), names, threads)
    phase("delete", client.delete, names, threads)


def renamed(value, old, new):
    """The object under another name, wherever the name stands."""
    if isinstance(value, dict):
        return {key: renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, old, new) for each in value]
    return value.replace(old, new) if isinstance(value, str) else value


def way_kubernetes(names, threads):
    """The objects that the library makes: those of the sandbox "template", which is there."""
    from kubernetes import client, config, watch

    config.load_kube_config()
    settings = client.Configuration.get_default_copy()
    settings.connection_pool_maxsize = threads
    api = client.ApiClient(settings)
    apps, core, networking = client.AppsV1Api(api), client.CoreV1Api(api), client.NetworkingV1Api(api)
    selector = "katakate.org/sandbox="

    def template(made):
        plain = copy.deepcopy(api.sanitize_for_serialization(made))
        plain.pop("status", None)
        for key in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"):
            plain["metadata"].pop(key, None)
        return plain

    workload = template(apps.read_namespaced_deployment("template", "default"))
    policies = [template(each) for each in networking.list_namespaced_network_policy("default").items if each.metadata.name.startswith("template")]

    def is_ready(pod):
        return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or [])

    def create(name):
        for policy in policies:
            networking.create_namespaced_network_policy("default", renamed(policy, "template", name))
        apps.create_namespaced_deployment("default", renamed(workload, "template", name))
        watcher = watch.Watch()
        for event in watcher.stream(core.list_namespaced_pod, "default", label_selector=selector + name):
            if is_ready(event["object"]):
                watcher.stop()

    def delete(name):
        apps.delete_namespaced_deployment(name, "default", propagation_policy="Foreground")
        watcher = watch.Watch()
        at = core.list_namespaced_pod("default", label_selector=selector + name)
        left = {pod.metadata.name for pod in at.items}
        while left:
            for event in watcher.stream(core.list_namespaced_pod, "default", label_selector=selector + name, resource_version=at.metadata.resource_version):
                if event["type"] == "DELETED":
                    left.discard(event["object"].metadata.name)
                if not left:
                    watcher.stop()
        for policy in policies:
            networking.delete_namespaced_network_policy(renamed(policy["metadata"]["name"], "template", name), "default")

    phase("create", create, names, threads)
    phase("delete", delete, names, threads)


WAYS = {"k7_sdk": way_k7_sdk, "kubernetes": way_kubernetes}

# --- in turn -----------------------------------------------------------------------------------------------------------------------------------------------------


def round_of(command, environment=None):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    sys.stderr.write(done.stderr[:3000])
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: status {done.returncode}")
    return {line.split()[0]: dict(zip(FIGURES, map(int, line.split()[1:]))) for line in done.stdout.splitlines()}


def compare(title, ours, theirs, rounds):
    """theirs: name, command and environment; None: there is none."""
    found = {"libk7sandbox": [], **({theirs[0]: []} if theirs else {})}
    for _ in range(rounds):
        found["libk7sandbox"].append(round_of(ours))
        if theirs:
            found[theirs[0]].append(round_of(*theirs[1:]))
    for what in ("create", "delete"):
        for name, each in found.items():
            figures = [one[what] for one in each]
            most = {key: max(one[key] for one in figures) for key in FIGURES}
            wall, cpu = (statistics.median(one[kind] for one in figures) / 1e6 for kind in ("wall_us", "cpu_us"))
            text = f"{title}, {what}, {name}: {wall:.2f} s wall, {cpu:.2f} s processor time, at most {most['at_once']} at once, {most['failed']} failed"
            if name == "libk7sandbox":
                text += f"; {most['requests']} requests, {most['connections']} connections, {most['lost']} lost"
            else:
                ratios = [statistics.median(mine[what][kind] / its[what][kind] for mine, its in zip(found["libk7sandbox"], each)) for kind in ("wall_us", "cpu_us")]
                text += f"; libk7sandbox takes {ratios[0]:.2f} times its wall time, {ratios[1]:.2f} times its processor time"
            print(text, flush=True)


def rest(count, at_once, rounds):
    from harness import Gateway
    from k7_sdk_versions import VERSIONS, python_of

    try:
        python = python_of(os.path.join(ROOT, "build"), VERSIONS[-1])
    except (subprocess.SubprocessError, OSError):
        python = None
        print("k7-sdk cannot be installed from the package index: it is not measured")
    environment = {name: value for name, value in os.environ.items() if name not in ("HTTP_PROXY", "http_proxy", "REQUESTS_CA_BUNDLE")}
    for start_ms in (0, 100):
        with Gateway("--max-creates", str(at_once), "--threads", str(at_once), endpoint=f"memory:?start_ms={start_ms}", reads_log=True) as gateway:
            theirs = python and (f"k7-sdk, {at_once} threads", [python, __file__, "--way", "k7_sdk", str(count), str(at_once), gateway.url, gateway.key], environment)
            compare(f"rest, starts of {start_ms} ms, {count}", [PROGRAM, gateway.url, gateway.key, str(count), str(at_once), "0"], theirs, rounds)
            paced = round_of([PROGRAM, gateway.url, gateway.key, str(min(count, 200)), str(at_once), "100"])["create"]
            print(f"rest, starts of {start_ms} ms, at most 100 a second: {paced['in_a_second']} in a second, {paced['wall_us'] / 1e6:.2f} s for {min(count, 200)}")
        refused = sum(line.get("status") == 429 for line in gateway.log)
        print(f"rest, starts of {start_ms} ms: the gateway, which allows {at_once} creates at once, refused {refused}")


def kubernetes(count, at_once, rounds):
    if "K7_TEST_CLUSTER_URL" not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ)
            if "K7_BENCH_PYTHON" not in environment:
                subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
                if subprocess.run([f"{folder}/bin/pip", "-q", "install", "kubernetes"], check=False).returncode == 0:
                    environment["K7_BENCH_PYTHON"] = f"{folder}/bin/python3"
            cluster = [os.path.join(ROOT, "tests/cluster/run"), "--parts", "control-plane", "--", os.path.join(ROOT, "tests/kubernetes/scripted_node")]
            sys.exit(subprocess.run([*cluster, __file__, "kubernetes", str(count), str(at_once), str(rounds)], env=environment, check=False).returncode)
    python, theirs = os.environ.get("K7_BENCH_PYTHON"), None
    if python:
        with_template = subprocess.run(["/usr/bin/env", "K7_API_URL=kubernetes:", os.path.join(ROOT, "build/examples/k7ctl/k7ctl"), "create", "template", "--image", IMAGE, "--egress-open"],
                                       capture_output=True, text=True, check=False)
        if with_template.returncode != 0:
            raise SystemExit(with_template.stderr)
        theirs = (f"Python client, {at_once} threads", [python, __file__, "--way", "kubernetes", str(count), str(at_once)])
    compare(f"kubernetes, {count}", [PROGRAM, "kubernetes:", "-", str(count), str(at_once), "0"], theirs, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "--way":
        WAYS[sys.argv[2]]([f"many-{i}" for i in range(int(sys.argv[3]))], int(sys.argv[4]), *sys.argv[5:])
    else:
        {"rest": rest, "kubernetes": kubernetes}[sys.argv[1]](*map(int, sys.argv[2:5]))
