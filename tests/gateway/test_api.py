#!/usr/bin/python3
"""The gateway's endpoints: each of them, each error's shape, keys and their scopes."""

import hashlib
import http.server
import json
import os
import stat
import subprocess
import tempfile
import threading
import time

from harness import Gateway, PATIENCE_S, PROGRAM, main, same, tls_files

API = "/api/v1/sandboxes"


def error_of(reply, status, code):
    """Every refusal is K7's envelope, with nothing beside it."""
    same(reply.status, status)
    same(reply.headers["content-type"], "application/json")
    same(reply.json["error"]["code"], code)
    assert isinstance(reply.message, str) and reply.message, reply
    return reply


def test_root_and_health_need_no_key():
    with Gateway() as gateway:
        root = gateway.ask("GET", "/", key=False).json
        same(root["message"], "K7 Sandbox API")
        same(root["server"], "k7-gateway/" + root["version"])
        assert {"env", "before_script_under_lock"} <= set(root["features"]), root
        same(gateway.ask("GET", "/health", key=False).json, {"status": "healthy"})
        same(gateway.ask("GET", "/health?probe=1", key=False).status, 200)


def test_create_list_get_delete():
    with Gateway() as gateway:
        created = gateway.create("demo", limits={"cpu": "500m", "memory": "512Mi"})
        same(created.status, 201)
        same(created.headers["location"], "/api/v1/sandboxes/demo?namespace=default")
        same(created.json, {"data": {"name": "demo", "namespace": "default", "image": "alpine:latest"}})
        [listed] = gateway.ask("GET", API).json["data"]
        for member in ("name", "namespace", "status", "ready", "restarts", "age", "image", "error_message"):
            assert member in listed, f"{member} is missing in {listed}"
        got = gateway.ask("GET", API + "/demo?namespace=default")
        same((got.status, got.json["data"]["name"], got.json["data"]["ready"]), (200, "demo", "True"))
        deleted = gateway.ask("DELETE", API + "/demo")
        same((deleted.status, deleted.json), (200, {"data": {"message": "Sandbox demo deleted successfully"}}))
        missing = error_of(gateway.ask("GET", API + "/demo"), 404, "NotFound")
        same(missing.message, "Sandbox demo not found in namespace default")
        same(gateway.ask("DELETE", API + "/demo").status, 200)


def test_delete_all_says_what_it_deleted():
    with Gateway() as gateway:
        for name in ("a", "b"):
            same(gateway.create(name).status, 201)
        same(gateway.create("c", namespace="other").status, 201)
        reply = gateway.ask("DELETE", API)
        same(reply.json["data"]["message"], "Deleted 2 sandboxes")
        same(sorted(map(json.dumps, reply.json["data"]["results"])),
             [json.dumps({"name": name, "success": True, "error": None}) for name in ("a", "b")])
        same(gateway.names("other"), ["c"])
        same(gateway.ask("DELETE", API).json, {"data": {"message": "Deleted 0 sandboxes", "results": []}})


def test_delete_all_with_failures_keeps_the_results():
    with Gateway(endpoint="memory:?fail=delete:409*1") as gateway:
        for name in ("a", "b", "c"):
            same(gateway.create(name).status, 201)
        reply = error_of(gateway.ask("DELETE", API), 400, "BadRequest")
        same(reply.message, "Failed to delete 1 sandboxes")
        results = reply.json["data"]["results"]
        same(sorted(entry["success"] for entry in results), [False, True, True])
        assert all((entry["error"] is None) == entry["success"] for entry in results), results
        same(gateway.names(), [entry["name"] for entry in results if not entry["success"]])


def test_list_without_namespace_is_default():
    with Gateway() as gateway:
        gateway.create("a")
        gateway.create("b", namespace="other")
        same([entry["name"] for entry in gateway.ask("GET", API).json["data"]], ["a"])
        everything = gateway.ask("GET", API + "?all_namespaces=true").json["data"]
        same(sorted((entry["namespace"], entry["name"]) for entry in everything), [("default", "a"), ("other", "b")])
        same(gateway.names(), ["a"])
        error_of(gateway.ask("GET", API + "?all_namespaces=true&namespace=other"), 400, "BadRequest")
        error_of(gateway.ask("GET", API + "?all_namespaces=yes"), 400, "BadRequest")


def test_an_existing_name_is_400_or_strictly_409():
    with Gateway() as gateway:
        gateway.create("a")
        again = error_of(gateway.create("a"), 400, "BadRequest")
        same((again.message, again.json["error"]["reason"]), ("Sandbox a already exists", "AlreadyExists"))
        body = {"name": "a", "image": "alpine"}
        strict = error_of(gateway.ask("POST", API + "?strict=true", body), 409, "Conflict")
        same(strict.json["error"]["reason"], "AlreadyExists")
        error_of(gateway.ask("POST", API + "?strict=false", body), 400, "BadRequest")


def test_a_body_that_cannot_be_read_is_422():
    with Gateway() as gateway:
        for body in ("", "{", "[]", "null", '"a"', '{"name":"a"', '{"name":"a","name":"b","image":"x"}',
                     '{"name":"a\\u0000b","image":"x"}', '{"name":1,"image":"x"}', b'{"name":"\xff","image":"x"}',
                     "[" * 100000, '{"name":"a","image":"x"} x'):
            error_of(gateway.ask("POST", API, body), 422, "UnprocessableEntity")
        misspelt = gateway.create("a", egress_whitelists=[])
        assert "egress_whitelists" in error_of(misspelt, 422, "UnprocessableEntity").message, misspelt
        same(gateway.names(), [])


def test_a_spec_that_is_wrong_is_400_and_names_the_field():
    with Gateway() as gateway:
        for fields, word in (({"name": "A_b"}, "A_b"), ({"name": ""}, "name"), ({"name": ".."}, "name"),
                             ({"limits": {"cpu": "much"}}, "much"), ({"egress_whitelist": ["10.0.0.0/33"]}, "10.0.0.0/33"),
                             ({"cap_add": ["NET_ADMINISTRATION"]}, "NET_ADMINISTRATION"), ({"namespace": "a/b"}, "a/b")):
            reply = gateway.ask("POST", API, {"name": "a", "image": "alpine", **fields})
            assert word in error_of(reply, 400, "BadRequest").message, reply
        for body in ({"name": "a"}, {"image": "alpine"}, {}):
            error_of(gateway.ask("POST", API, body), 400, "BadRequest")
        same(gateway.names(), [])


def test_framework_errors_have_the_envelope():
    with Gateway() as gateway:
        error_of(gateway.ask("GET", "/api/v1/nothing"), 404, "NotFound")
        error_of(gateway.ask("GET", "/docs", key=False), 404, "NotFound")
        for method, target, allow in (("PUT", API, "GET, HEAD, POST, DELETE"), ("POST", API + "/a", "GET, HEAD, DELETE"),
                                      ("DELETE", "/health", "GET, HEAD"), ("OPTIONS", API, "GET, HEAD, POST, DELETE")):
            same(error_of(gateway.ask(method, target), 405, "MethodNotAllowed").headers["allow"], allow)
        error_of(gateway.ask("GET", "/" + "x" * 9000), 414, "URITooLong")
        error_of(gateway.ask("GET", API, headers=["X-Long: " + "x" * 40000]), 431, "RequestHeaderFieldsTooLarge")
        text = ["Content-Type: text/plain", "Content-Length: 2"]
        error_of(gateway.ask("POST", API, headers=text), 415, "UnsupportedMediaType")
        zipped = ["Content-Encoding: gzip"]
        error_of(gateway.ask("POST", API, {"name": "a", "image": "x"}, headers=zipped), 415, "UnsupportedMediaType")


def test_head_is_get_without_the_body():
    with Gateway() as gateway:
        gateway.create("a")
        reply = gateway.ask("HEAD", API)
        same((reply.status, reply.body), (200, ""))
        same(reply.headers["content-length"], str(len(gateway.ask("GET", API).body)))
        same(gateway.ask("HEAD", API + "/none").status, 404)


def test_one_connection_serves_many_requests():
    with Gateway() as gateway:
        connection = gateway.connect()
        for i in range(20):
            body = {"name": f"s{i}", "image": "alpine"}
            same(connection.send(gateway.request_bytes("POST", API, body)).reply().status, 201)
            same(connection.send(gateway.request_bytes("GET", f"{API}/s{i}")).reply().status, 200)
            for target, key, status in ((API + "/none", True, 404), (API, False, 401), ("/health", False, 200), ("/x", True, 404)):
                reply = connection.send(gateway.request_bytes("GET", target, key=key)).reply()
                same((reply.status, "connection" in reply.headers), (status, False))
        both = gateway.request_bytes("GET", API + "/s1") + gateway.request_bytes("DELETE", API)
        connection.send(both)
        same((connection.reply().status, connection.reply().json["data"]["message"]), (200, "Deleted 20 sandboxes"))
        connection.close()


def test_failures_of_the_endpoint_are_never_an_empty_list():
    for fail, status, code in (("list:500", 502, "BadGateway"), ("list:unreachable", 502, "BadGateway"),
                               ("list:503", 503, "ServiceUnavailable"), ("list:401", 502, "BadGateway"),
                               ("list:hang", 504, "GatewayTimeout")):
        settings = ["--set", "timeout_ms=300"] if fail.endswith("hang") else []
        with Gateway(*settings, endpoint="memory:?fail=" + fail) as gateway:
            reply = error_of(gateway.ask("GET", API), status, code)
            same("retry-after" in reply.headers, status == 503)
            same(gateway.log_line(lambda entry: entry.get("event") == "failure")["message"], reply.message)


def test_a_rate_limit_of_the_endpoint_is_passed_on():
    with Gateway(endpoint="memory:?fail=create:429") as gateway:
        reply = error_of(gateway.create("a"), 429, "TooManyRequests")
        assert int(reply.headers["retry-after"]) >= 1, reply.headers


class Busy(http.server.BaseHTTPRequestHandler):
    """Refuses without saying whether it did something."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_no_client_is_told_to_repeat_what_may_have_been_done():
    with http.server.HTTPServer(("127.0.0.1", 0), Busy) as busy:
        threading.Thread(target=busy.serve_forever, daemon=True).start()
        with Gateway(endpoint=f"http://127.0.0.1:{busy.server_port}") as gateway:
            reply = error_of(gateway.create("a"), 503, "ServiceUnavailable")
            same(reply.json["error"]["outcome"], "unknown")
            assert "retry-after" not in reply.headers, reply.headers
        busy.shutdown()


def test_a_gateway_in_front_of_a_gateway():
    with tempfile.TemporaryDirectory() as folder:
        key_file = os.path.join(folder, "key")
        with Gateway() as behind:
            for key, status in (("wrong", 502), (behind.key, 200)):
                with open(key_file, "w") as file:
                    file.write(key + "\n")
                with Gateway("--endpoint-key-file", key_file, "--set", "timeout_ms=20000", endpoint=behind.url) as front:
                    same(front.ask("GET", API).status, status)  # a key that the endpoint refuses is not the client's
                    if status != 200:
                        continue
                    created = front.create("a", limits={"cpu": "1"}, env={"A": "1"}, before_script_under_lock=True)
                    same((created.status, created.json["data"]["name"]), (201, "a"))
                    same((front.names(), behind.names()), (["a"], ["a"]))
                    error_of(front.create("a"), 400, "BadRequest")
                    same(front.ask("POST", API + "?strict=true", {"name": "a", "image": "x"}).status, 409)
                    error_of(front.ask("GET", API + "/b"), 404, "NotFound")
                    same(front.ask("DELETE", API).json["data"]["message"], "Deleted 1 sandboxes")
                    same(behind.names(), [])
                    behind.stop()
                    same(behind.process.wait(PATIENCE_S), 0)
                    error_of(front.ask("GET", API), 502, "BadGateway")
                    error_of(front.create("b"), 502, "BadGateway")
                    same(front.ask("GET", "/health").status, 200)


def test_keys_and_where_they_are_looked_for():
    with Gateway() as gateway:
        same(error_of(gateway.ask("GET", API, key=False), 401, "Unauthorized").message, "Missing API key")
        same(error_of(gateway.ask("GET", API, key="wrong"), 401, "Unauthorized").message, "Invalid API key")
        bearer = f"Authorization: bearer {gateway.key}"
        same(gateway.ask("GET", API, key=False, headers=[bearer]).status, 200)
        same(gateway.ask("GET", API, key="   ", headers=[bearer]).status, 200)
        same(gateway.ask("GET", API, key=f"  {gateway.key}\t").status, 200)
        same(gateway.ask("GET", API, key="wrong", headers=[bearer]).status, 401)
        same(gateway.ask("GET", API, key=False, headers=["Authorization: Bearer"]).message, "Missing API key")
        same(gateway.ask("GET", API, key=False, headers=[f"Authorization: Basic {gateway.key}"]).status, 401)
        same(gateway.ask("GET", API, headers=["X-API-Key: other"]).status, 401)
        same(gateway.ask("GET", API, key=gateway.key[:-1]).status, 401)
        assert gateway.ask("GET", API, key=False).headers["www-authenticate"], "RFC 9110 section 15.5.2"


def test_an_added_key_works_and_a_revoked_one_does_not_at_once():
    with Gateway() as gateway:
        for _ in range(20):
            key = gateway.add_key("second")
            same(gateway.ask("GET", API, key=key).status, 200)
            same(gateway.key_tool("revoke", "second").returncode, 0)
            same(gateway.ask("GET", API, key=key).message, "Invalid API key")
        same(gateway.ask("GET", API).status, 200)


def test_a_store_rewritten_in_place_is_seen_although_its_size_and_time_stay():
    with Gateway() as gateway:
        with open(gateway.keys, "rb") as file:
            good = file.read()
        bad = good.replace(good[5:7], b"00" if good[5:7] != b"00" else b"11", 1)
        same(len(good), len(bad))
        descriptor = os.open(gateway.keys, os.O_WRONLY)
        for _ in range(100):  # faster than the clock of the file system ticks
            os.pwrite(descriptor, bad, 0)
            same(gateway.ask("GET", API).status, 401)
            os.pwrite(descriptor, good, 0)
            same(gateway.ask("GET", API).status, 200)
        os.close(descriptor)


def test_an_expired_key_is_refused():
    with Gateway() as gateway:
        with open(gateway.keys) as file:
            store = json.load(file)
        token = "expired-token"
        store[hashlib.sha256(token.encode()).hexdigest()] = {
            "name": "old", "created": 1, "expires": int(time.time()) - 1, "last_used": None}
        with open(gateway.keys, "w") as file:
            json.dump(store, file)
        same(error_of(gateway.ask("GET", API, key=token), 401, "Unauthorized").message, "API key expired")
        same(gateway.ask("GET", API).status, 200)


def test_a_store_that_cannot_be_trusted_lets_nobody_in():
    with Gateway() as gateway:
        with open(gateway.keys, "rb") as file:
            good = file.read()
        entry = json.dumps(list(json.loads(good).values())[0])
        for bad in (b"", b"{", b"[]", good[:-3], b'{"x":{"name":"a","expires":9999999999}}',
                    b'{"' + b"0" * 64 + b'":{"name":"a"}}',
                    (good.decode().replace('"last_used"', '"namespaces":"all","last_used"')).encode()):
            with open(gateway.keys, "wb") as file:
                file.write(bad)
            reply = error_of(gateway.ask("GET", API), 500, "InternalServerError")
            assert reply.message.startswith(f"API key store {gateway.keys} is corrupt: "), reply
            same(gateway.ask("GET", "/health", key=False).status, 200)
        os.unlink(gateway.keys)
        reply = error_of(gateway.ask("GET", API), 500, "InternalServerError")
        assert reply.message.startswith(f"API key store {gateway.keys} is unreadable by the API process ("), reply
        os.mkfifo(gateway.keys)
        error_of(gateway.ask("GET", API), 500, "InternalServerError")
        os.unlink(gateway.keys)
        with open(gateway.keys, "wb") as file:
            file.write(good)
        same(gateway.ask("GET", API).status, 200)
        assert entry


def test_namespace_scopes():
    with Gateway() as gateway:
        key = gateway.add_key("scoped", "--namespace", "one", "--namespace", "two")
        for namespace in ("one", "two"):
            body = {"name": "a", "image": "alpine", "namespace": namespace}
            same(gateway.ask("POST", API, body, key=key).status, 201)
            same(gateway.ask("GET", f"{API}?namespace={namespace}", key=key).status, 200)
        gateway.create("a")
        for method, target, body, namespace in (
                ("GET", API, None, "default"), ("GET", API + "/a", None, "default"), ("DELETE", API, None, "default"),
                ("DELETE", API + "/a", None, "default"), ("GET", API + "?namespace=three", None, "three"),
                ("POST", API, {"name": "b", "image": "x"}, "default"),
                ("POST", API, {"name": "b", "image": "x", "namespace": "three"}, "three")):
            reply = error_of(gateway.ask(method, target, body, key=key), 403, "Forbidden")
            same(reply.message, f"API key is not authorized for namespace '{namespace}'")
        reply = error_of(gateway.ask("GET", API + "?all_namespaces=true", key=key), 403, "Forbidden")
        same(reply.message, "API key is not authorized for all-namespaces operations")
        same(gateway.names(), ["a"])


def test_node_scopes():
    with Gateway() as gateway:
        with open(gateway.keys) as file:
            store = json.load(file)
        for nodes in (["n1", "n2"], ["n1"]):
            list(store.values())[0]["nodes"] = nodes
            with open(gateway.keys, "w") as file:
                json.dump(store, file)
            same(error_of(gateway.create("a", node_name="n3"), 403, "Forbidden").message,
                 "API key is not authorized for node 'n3'")
            if len(nodes) > 1:
                same(error_of(gateway.create("a"), 403, "Forbidden").message,
                     "API key is node-scoped; pass an explicit allowed node")


def test_the_key_tool():
    with Gateway() as gateway:
        same(stat.S_IMODE(os.stat(gateway.keys).st_mode), 0o600)
        token = gateway.add_key("ci", "--namespace", "team", "--expires-days", "3")
        same(len(token), 43)
        with open(gateway.keys) as file:
            text = file.read()
        entry = json.loads(text)[hashlib.sha256(token.encode()).hexdigest()]
        same((entry["name"], entry["namespaces"], entry["last_used"]), ("ci", ["team"], None))
        same(entry["expires"] - entry["created"], 3 * 86400)
        assert token not in text, "the token itself is never stored"
        same(gateway.key_tool("add", "ci").returncode, 1)
        listed = gateway.key_tool("list").stdout
        assert "ci" in listed and "team" in listed and token not in listed, listed
        same(gateway.key_tool("revoke", "nobody").returncode, 1)
        for wrong in (["add"], ["add", "a b"], ["add", "x", "--expires-days", "0"], ["list", "x"], ["burn", "x"], []):
            assert gateway.key_tool(*wrong).returncode != 0, wrong
        with open(gateway.keys) as file:
            same(file.read(), text)
        before = os.stat(gateway.keys)
        same(gateway.ask("GET", API, key=token, headers=[]).status, 403)
        same(os.stat(gateway.keys).st_mtime_ns, before.st_mtime_ns)


def test_keys_added_at_once_are_all_kept():
    with Gateway() as gateway:
        tools = [subprocess.Popen([gateway.program, "key", "add", f"k{i}", "--keys", gateway.keys],
                                  stdout=subprocess.DEVNULL) for i in range(16)]
        for tool in tools:
            same(tool.wait(PATIENCE_S), 0)
        with open(gateway.keys) as file:
            same(len(json.load(file)), 17)
        same(os.listdir(gateway.folder.name), ["keys.json"])


def test_tls():
    with tempfile.TemporaryDirectory() as folder:
        cert, key, context = tls_files(folder)
        with Gateway("--tls-cert", cert, "--tls-key", key, tls=context) as gateway:
            assert gateway.url.startswith("https://"), gateway.url
            same(gateway.create("a").status, 201)
            same(gateway.names(), ["a"])


def test_plain_http_is_served_on_loopback_only():
    for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
        refused = subprocess.run([PROGRAM, "--listen", listen, "--endpoint", "memory:", "--keys", "/nonexistent"],
                                 capture_output=True, text=True, timeout=PATIENCE_S)
        same(refused.returncode, 2)
        assert "--insecure-http" in refused.stderr, refused.stderr
    with Gateway("--insecure-http", listen="0.0.0.0:0") as gateway:
        same(gateway.ask("GET", "/health", key=False).status, 200)


def test_wrong_usage():
    good = {"--listen": "127.0.0.1:0", "--endpoint": "memory:", "--keys": "/nonexistent"}
    for change in ({"--listen": None}, {"--endpoint": None}, {"--keys": None}, {"--listen": "127.0.0.1"},
                   {"--listen": "host:80"}, {"--threads": "0"}, {"--threads": "x"}, {"--tls-cert": "x"}, {"--set": "x"},
                   {"--nothing": "x"}):
        options = [word for pair in {**good, **change}.items() if pair[1] is not None for word in pair]
        same(subprocess.run([PROGRAM, *options], capture_output=True, timeout=PATIENCE_S).returncode, 2)
    for change in ({"--endpoint": "nowhere:"}, {"--set": "no.such.key=1"}):
        options = [word for pair in {**good, **change}.items() for word in pair]
        same(subprocess.run([PROGRAM, *options], capture_output=True, timeout=PATIENCE_S).returncode, 1)


def test_curl_is_served():
    with Gateway() as gateway:
        def curl(*arguments):
            done = subprocess.run(["curl", "-sS", "--fail-with-body", "-m", str(PATIENCE_S), "-H",
                                   f"X-API-Key: {gateway.key}", *arguments], capture_output=True, text=True, check=True)
            return json.loads(done.stdout)["data"]
        base = gateway.url + API
        body = json.dumps({"name": "my-sandbox", "image": "alpine:latest", "namespace": "default",
                           "limits": {"cpu": "500m", "memory": "512Mi"}})
        same(curl("-X", "POST", base, "-H", "Content-Type: application/json", "-d", body),
             {"name": "my-sandbox", "namespace": "default", "image": "alpine:latest"})
        same(len(curl(base + "?namespace=default")), 1)
        same(curl(base + "/my-sandbox?namespace=default")["status"], "Running")
        same(curl("-X", "DELETE", base + "/my-sandbox?namespace=default"), {"message": "Sandbox my-sandbox deleted successfully"})
        chunked = ["-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"]
        same(curl("-X", "POST", base, "-H", "Content-Type: application/json", *chunked, "-d", body)["name"], "my-sandbox")
        same(curl("-X", "DELETE", base)["message"], "Deleted 1 sandboxes")


if __name__ == "__main__":
    main(globals())
