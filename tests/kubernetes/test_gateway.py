"""The guide to running the gateway in a cluster (docs/GATEWAY.md), carried out as it stands there, and used as a client of K7's API server would."""
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
from http.client import HTTPConnection

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GIVE_UP = 180  # seconds: for what must have happened long before
NAMESPACE = "k7-system"


def guide():
    with open(os.path.join(ROOT, "docs/GATEWAY.md"), encoding="utf-8") as file:
        section = file.read().split("## In a cluster\n")[1]
    return re.findall(r"^    (.+)$", section, re.MULTILINE)


class InACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        for name in ("examples", "build"):
            os.symlink(os.environ["K7_BUILD"] if name == "build" else os.path.join(ROOT, name), os.path.join(cls.folder, name))
        cls.environment = dict(os.environ, CONTAINERD_ADDRESS=os.environ["K7_TEST_CLUSTER_CONTAINERD"])
        output = ""
        for command in guide():
            output += cls.run_command(command)
        cls.key = re.search(r"\S{20,}", output[output.index("k7-gateway-tls"):]).group()
        pods = json.loads(cls.run_command(f"kubectl -n {NAMESPACE} get pods -l app=k7-gateway -o json"))["items"]
        cls.address = pods[0]["status"]["podIP"]

    @classmethod
    def tearDownClass(cls):
        cls.run_command(f"kubectl delete namespace {NAMESPACE} --timeout=60s")
        shutil.rmtree(cls.folder)

    @classmethod
    def run_command(cls, command):
        done = subprocess.run(command, shell=True, cwd=cls.folder, env=cls.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=GIVE_UP, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command}: exit status {done.returncode}\n{done.stdout}")
        return done.stdout

    def request(self, method, path, body=None, key=None):
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "tls.crt"))
        # There is no DNS and no kube-proxy in the cluster of the tests: the pod in the place of its Service.
        plain = socket.create_connection((self.address, 8443), timeout=GIVE_UP)
        connection = HTTPConnection("k7-gateway.k7-system.svc")
        connection.sock = context.wrap_socket(plain, server_hostname=connection.host)
        connection.request(method, path, body=json.dumps(body) if body is not None else None,
                           headers={"X-API-Key": key or self.key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def test_sandboxes_through_it(self):
        self.run_command("kubectl create namespace through && kubectl -n through wait --for=create --timeout=60s serviceaccount/default")
        self.assertEqual(self.request("GET", "/api/v1/sandboxes", key="not-a-key")[0], 401)
        status, answer = self.request("POST", "/api/v1/sandboxes", {"name": "through-gateway", "namespace": "through",
                                                                   "image": os.environ["K7_TEST_IMAGE"], "egress_whitelist": []})
        self.assertEqual((status, answer.get("data", answer).get("name")), (201, "through-gateway"), answer)
        status, answer = self.request("GET", "/api/v1/sandboxes/through-gateway?namespace=through")
        self.assertEqual((status, answer["data"]["ready"], answer["data"]["status"]), (200, "True", "Running"), answer)
        self.assertIn("through-gateway", [sandbox["name"] for sandbox in self.request("GET", "/api/v1/sandboxes?namespace=through")[1]["data"]])
        self.assertIn("through-gateway", self.run_command("kubectl -n through get deployments,networkpolicies -o name"))
        self.assertEqual(self.request("DELETE", "/api/v1/sandboxes/through-gateway?namespace=through")[0], 200)
        self.assertEqual(self.request("GET", "/api/v1/sandboxes/through-gateway?namespace=through")[0], 404)
        self.assertNotIn("through-gateway", self.run_command("kubectl -n through get deployments,pods,networkpolicies -o name"))

    def test_another_pod_takes_its_place(self):
        self.run_command(f"kubectl -n {NAMESPACE} delete pod -l app=k7-gateway --timeout=60s")
        self.run_command(f"kubectl -n {NAMESPACE} rollout status deployment/k7-gateway --timeout=60s")
        pods = json.loads(self.run_command(f"kubectl -n {NAMESPACE} get pods -l app=k7-gateway -o json"))["items"]
        type(self).address = pods[0]["status"]["podIP"]
        self.assertEqual(self.request("GET", "/health")[0], 200)


if __name__ == "__main__":
    if "K7_TEST_CLUSTER_CONTAINERD" not in os.environ:
        sys.exit(77)
    unittest.main(verbosity=2)
