#!/usr/bin/python3
"""k7ctl over kubernetes:, and curl against the gateway in front of it: both work as over any other server, with real pods."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../gateway"))
from harness import Gateway, main, same  # noqa: E402

IMAGE = os.environ.get("K7_TEST_IMAGE")
K7CTL = os.environ.get("K7_CTL")
SKIPPED = 77  # meson's


def run(*command, status=0, text=None):
    done = subprocess.run(command, capture_output=True, text=True, input=text, timeout=110)
    assert done.returncode == status, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout


def kubectl(*arguments):
    return run("kubectl", "--request-timeout=60s", *arguments).strip()


def namespace(name):
    kubectl("create", "namespace", name)
    kubectl("wait", "-n", name, "--for=create", "--timeout=60s", "serviceaccount/default")
    return name


def left(where):
    return kubectl("-n", where, "get", "deployment,replicaset,pod,secret,networkpolicy,service", "-o", "name")


def test_k7ctl():
    where = namespace("k7ctl")

    def k7ctl(*arguments, status=0):
        return run(K7CTL, "--endpoint", "kubernetes:", "-n", where, *arguments, status=status)

    k7ctl("create", "demo", IMAGE, "--egress", "10.200.0.0/16", "--env", "GREETING=hello", "--before-script", "touch /tmp/made", "--memory", "256Mi")
    same(kubectl("-n", where, "exec", "deploy/demo", "--", "sh", "-c", "echo $GREETING; ls /tmp/made"), "hello\n/tmp/made")
    [listed] = json.loads(k7ctl("list", "-o", "json"))
    same((listed["name"], listed["namespace"], listed["status"], listed["ready"]), ("demo", where, "Running", "True"))
    same(json.loads(k7ctl("get", "demo", "-o", "json"))["image"], IMAGE)
    assert "demo" in k7ctl("list"), "the table shows it"
    k7ctl("create", "demo", IMAGE, status=1)
    k7ctl("create", "other", IMAGE, "--egress-none")
    k7ctl("delete", "demo")
    same(kubectl("-n", where, "get", "deployment", "-o", "name"), "deployment.apps/other")
    k7ctl("delete-all", "-y")
    same(left(where), "")


def test_curl():
    where = namespace("curl")
    with Gateway(endpoint="kubernetes:") as gateway:

        def curl(method, path, body=None, status=200):
            options = ["-d", json.dumps(body), "-H", "Content-Type: application/json"] if body else []
            out = run("curl", "-sS", "-X", method, "-H", f"X-API-Key: {gateway.key}", "-w", "\n%{http_code}", *options, gateway.url + path)
            text, _, code = out.rpartition("\n")
            same(int(code), status)
            return json.loads(text)

        one = f"/api/v1/sandboxes/demo?namespace={where}"
        many = f"/api/v1/sandboxes?namespace={where}"
        body = {"name": "demo", "image": IMAGE, "namespace": where, "egress_whitelist": [], "limits": {"memory": "256Mi"}}
        same(curl("POST", "/api/v1/sandboxes", body, 201)["data"]["name"], "demo")
        same(curl("POST", "/api/v1/sandboxes", body, 400)["error"]["reason"], "AlreadyExists")
        sandbox = curl("GET", one)["data"]
        same((sandbox["status"], sandbox["ready"], sandbox["restarts"], sandbox["error_message"]), ("Running", "True", 0, ""))
        same([each["name"] for each in curl("GET", many)["data"]], ["demo"])
        same(curl("GET", f"/api/v1/sandboxes/nobody?namespace={where}", status=404)["error"]["code"], "NotFound")
        failing = {**body, "name": "failing", "before_script": "echo before the end; exit 3"}
        assert "before the end" in curl("POST", "/api/v1/sandboxes", failing, 400)["error"]["message"]
        same(curl("DELETE", one)["data"], {"message": "Sandbox demo deleted successfully"})
        same(left(where), "")
        same(curl("DELETE", many)["data"], {"message": "Deleted 0 sandboxes", "results": []})


if __name__ == "__main__":
    if os.environ.get("K7_TEST_CLUSTER_PARTS") != "node":
        print("needs a cluster: tests/cluster/run -- meson test -C build --suite kubernetes")
        sys.exit(SKIPPED)
    main(globals())
