#!/usr/bin/env python3
"""What README.md promises of a cluster, seen from inside: tests/cluster/run --second -- tests/cluster/inside_test.py"""

import json
import os
import socket
import ssl
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

DIR = os.environ["K7_TEST_CLUSTER_DIR"]
URL = os.environ["K7_TEST_CLUSTER_URL"]
NODE = os.environ["K7_TEST_CLUSTER_NODE_ADDRESS"]
BACKEND = "k7.katakate.org/backend-kata-firecracker-devmapper"
LABELLED = os.environ["K7_TEST_CLUSTER_PROFILE"] == "labelled"


def kubectl(*words, config="admin", stdin=None, fails=False):
    """What it prints; or, where it has to fail, what it complains of."""
    done = subprocess.run(("kubectl", "--kubeconfig", os.path.join(DIR, "kubeconfig", config), "--request-timeout=60s") + words,
                          input=stdin, capture_output=True, text=True, timeout=120)
    if fails != (done.returncode != 0):
        raise AssertionError(f"kubectl {words}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stderr if fails else done.stdout


def control(words, fails=False):
    done = subprocess.run(["cluster-control"] + words.split(), capture_output=True, text=True, timeout=300)
    if fails != (done.returncode != 0):
        raise AssertionError(f"cluster-control {words}: exit status {done.returncode}: {done.stderr}")
    return done.stderr


def read(*path):
    with open(os.path.join(DIR, *path), encoding="ascii") as file:
        return file.read()


def status_with(token):
    """Of a request with that bearer token, over a connection of its own."""
    request = urllib.request.Request(URL + "/api/v1/namespaces", headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["K7_TEST_CLUSTER_CA"]), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def apply(kind, name, labels=None, api="v1", **fields):
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": api, "kind": kind, "metadata": {"name": name, "labels": labels or {}}, **fields}))


def pod(name, command=None, labels=None, **spec):
    container = {"name": "only", "image": os.environ["K7_TEST_IMAGE"]}
    if command:
        container["command"] = ["sh", "-c", command]
    apply("Pod", name, labels, spec={"runtimeClassName": "kata", "terminationGracePeriodSeconds": 2, "containers": [container], **spec})


def policy(name, selected, **rules):
    apply("NetworkPolicy", name, api="networking.k8s.io/v1", spec={"podSelector": {"matchLabels": selected}, **rules})


def ready(*names):
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", *("pod/" + name for name in names))


class Listener:
    """Listens at the node and knows from which addresses connections came."""

    def __init__(self):
        self.socket = socket.create_server((NODE, 0))
        self.port = self.socket.getsockname()[1]
        self.seen = set()
        self.news = threading.Condition()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, address = self.socket.accept()
            connection.close()
            with self.news:
                self.seen.add(address[0])
                self.news.notify_all()

    def await_one(self, address):
        with self.news:
            if not self.news.wait_for(lambda: address in self.seen, timeout=60):
                raise AssertionError(f"{address} never came through")


class Node(unittest.TestCase):
    def test_it_is_ready_and_labelled_as_the_profile_says(self):
        node = json.loads(kubectl("get", "node", "node1", "-o", "json"))
        self.assertIn(("Ready", "True"), [(c["type"], c["status"]) for c in node["status"]["conditions"]])
        ours = {k: v for k, v in node["metadata"]["labels"].items() if "katakate" in k}
        self.assertEqual(ours, {BACKEND: "true"} if LABELLED else {})

    def test_a_pod_of_the_runtime_class_kata_runs(self):
        pod("kata")
        ready("kata")
        self.assertEqual(kubectl("exec", "kata", "--", "sh", "-c", "echo from inside"), "from inside\n")
        kubectl("delete", "pod", "kata", "--timeout=60s")

    def test_what_asks_for_the_label_is_scheduled_only_where_it_is(self):
        pod("choosy", nodeSelector={BACKEND: "true"})
        kubectl("wait", "--for=condition=PodScheduled=" + ("true" if LABELLED else "false"), "--timeout=60s", "pod/choosy")
        kubectl("delete", "pod", "choosy", "--timeout=60s")

    def test_kernel_settings_of_the_machine_are_not_the_kubelets_to_change(self):
        with open("/proc/self/mountinfo", encoding="ascii") as mounts:
            covered = [line.split()[4] for line in mounts]
        for name in ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"):
            self.assertIn("/proc/sys/" + name, covered)


class Policies(unittest.TestCase):
    def tearDown(self):
        kubectl("delete", "networkpolicy,pod", "--all", "--timeout=60s")

    def address(self, name):
        return kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}")

    def test_egress_is_cut_off_from_the_first_packet_to_the_last(self):
        listener = Listener()
        knock = f"trap '' TERM; while :; do nc -w 1 {NODE} {listener.port} </dev/null; done"
        policy("no-egress", {"egress": "none"}, policyTypes=["Egress"], egress=[])
        pod("locked", knock, {"egress": "none"})
        pod("open", knock)
        ready("locked", "open")
        listener.await_one(self.address("open"))
        locked = self.address("locked")
        kubectl("delete", "pod", "locked", "--timeout=60s")
        self.assertNotIn(locked, listener.seen)

    def test_egress_to_what_is_allowed_passes(self):
        allowed, other = Listener(), Listener()
        policy("one-way", {"egress": "one"}, policyTypes=["Egress"],
               egress=[{"to": [{"ipBlock": {"cidr": NODE + "/32"}}], "ports": [{"protocol": "TCP", "port": allowed.port}]}])
        pod("one-way", f"while :; do nc -w 1 {NODE} {other.port} </dev/null; nc -w 1 {NODE} {allowed.port} </dev/null; done", {"egress": "one"})
        ready("one-way")
        allowed.await_one(self.address("one-way"))
        self.assertEqual(other.seen, set())

    def test_ingress_is_for_those_who_may(self):
        policy("guarded", {"app": "server"}, policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": {"matchLabels": {"may": "yes"}}}]}])
        pod("server", "mkdir /tmp/w; echo hello >/tmp/w/f; exec httpd -f -p 8080 -h /tmp/w", {"app": "server"})
        pod("friend", labels={"may": "yes"})
        pod("stranger")
        ready("server", "friend", "stranger")
        ask = f"printf 'GET /f HTTP/1.0\\r\\n\\r\\n' | nc -w %d {self.address('server')} 8080"
        kubectl("exec", "stranger", "--", "sh", "-c", ask % 1, fails=True)
        self.assertIn("hello", kubectl("exec", "friend", "--", "sh", "-c", ask % 60))

    def test_a_pod_reaches_the_api_by_its_service(self):
        pod("inside", 'nc -w 60 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" </dev/null', restartPolicy="Never")
        kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s", "pod/inside")


class Users(unittest.TestCase):
    def test_each_kubeconfig_is_somebody(self):
        for name in ("admin", "admin-files", "admin-token", "admin-token-file"):
            self.assertEqual(kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", config=name), "admin")
        self.assertEqual(kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", config="powerless"), "powerless")

    def test_the_powerless_may_nothing(self):
        self.assertIn("Forbidden", kubectl("get", "pods", config="powerless", fails=True))
        self.assertEqual(status_with(read("powerless-token")), 403)

    def test_the_second_server_is_another_one(self):
        kubectl("create", "namespace", "only-here")
        names = kubectl("get", "namespaces", "-o", "name", config="../second/kubeconfig/admin")
        self.assertIn("namespace/default", names)
        self.assertNotIn("only-here", names)


class Control(unittest.TestCase):
    def test_a_killed_api_server_comes_back_with_what_it_knew(self):
        kubectl("create", "configmap", "kept")
        control("kill kube-apiserver")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 443)).close()
        control("start kube-apiserver")
        self.assertEqual(kubectl("get", "configmap", "kept", "-o", "name"), "configmap/kept\n")

    def test_a_frozen_api_server_says_nothing(self):
        control("freeze kube-apiserver")
        try:
            with socket.create_connection(("127.0.0.1", 443), timeout=1) as connection, self.assertRaises(TimeoutError):
                ssl.create_default_context(cafile=os.environ["K7_TEST_CLUSTER_CA"]).wrap_socket(connection, server_hostname="localhost")
        finally:
            control("thaw kube-apiserver")
        self.assertEqual(kubectl("get", "--raw", "/readyz"), "ok")

    def test_a_new_serving_certificate_of_the_same_authority(self):
        before = ssl.get_server_certificate(("127.0.0.1", 443))
        control("rotate serving-certificate")
        self.assertNotEqual(ssl.get_server_certificate(("127.0.0.1", 443)), before)
        self.assertEqual(kubectl("get", "--raw", "/readyz"), "ok")

    def test_a_new_authority_of_users_certificates(self):
        old = read("kubeconfig", "admin")
        with open(os.path.join(DIR, "kubeconfig", "old"), "w", encoding="ascii") as file:
            file.write(old)
        control("rotate users-ca")
        self.assertIn("Unauthorized", kubectl("get", "--raw", "/api/v1/namespaces", config="old", fails=True))
        for name in ("admin", "admin-files"):
            kubectl("get", "namespaces", config=name)
        kubectl("wait", "--for=condition=Ready", "--timeout=60s", "node/node1")

    def test_new_tokens(self):
        old = read("token")
        self.assertEqual(status_with(old), 200)
        control("rotate tokens")
        self.assertEqual(status_with(old), 401)
        self.assertEqual(status_with(read("token")), 200)
        kubectl("get", "namespaces", config="admin-token-file")

    def test_what_it_does_not_understand_it_refuses(self):
        self.assertIn('no part "etcdd"', control("kill etcdd", fails=True))
        self.assertIn("nothing to rotate", control("rotate moons", fails=True))
        self.assertIn("usage", control("kill", fails=True))
        self.assertIn("is running", control("start etcd", fails=True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
