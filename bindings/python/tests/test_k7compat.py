"""k7compat without k7-sdk: its results and exceptions where requests and httpx are not installed, its credentials, what it cannot do. compare_k7_sdk.py compares it."""
import asyncio
import inspect
import json
import os
import subprocess
import sys
import tempfile
import unittest

import test_gateway
from k7sandbox import CallTimeoutError, ConflictError, K7Error, NetworkError, ProtocolError, _k7_errors, k7compat

CAN = {"create", "list", "delete", "delete_all", "aclose"}


class Local(unittest.TestCase):
    def test_create_to_delete(self):
        client = k7compat.Client("memory:", "key")
        proxy = client.create({"name": "demo", "image": "a"})
        self.assertEqual((proxy.name, proxy.namespace, client.base_url, client.api_key), ("demo", "default", "memory:", "key"))
        client.create({"name": "other", "image": "a", "namespace": "team"})
        self.assertEqual([entry["name"] for entry in client.list()], ["demo", "other"])  # of all namespaces, as K7's server answers
        [entry] = client.list("default")
        self.assertEqual((entry["status"], entry["ready"], entry["restarts"], entry["error_message"]), ("Running", "True", 0, ""))
        with self.assertRaises(k7compat.HTTPError) as caught:
            client.create({"name": "demo", "image": "a"})
        self.assertIsInstance(caught.exception, OSError)
        self.assertIsInstance(caught.exception.__cause__, ConflictError)
        self.assertEqual(proxy.delete(), {"message": "Sandbox demo deleted successfully"})
        self.assertEqual(client.delete_all("team"), {"message": "Deleted 1 sandboxes", "results": [{"name": "other", "success": True, "error": None}]})

    def test_what_is_refused_before_it_is_sent(self):
        client = k7compat.Client("http://127.0.0.1:9", "key")
        for call, status in ((lambda: client.create({}), 400), (lambda: client.create({"name": 1}), 422), (lambda: client.create([]), 422),
                             (lambda: client.create({"name": "x", "image": "y", "before_script": "x" * 1100000}), 413), (lambda: client.delete(""), 400),
                             (lambda: client.delete("../sandboxes"), 400), (lambda: client.delete("a?namespace=b"), 400), (lambda: client.list("A_"), 400)):
            with self.assertRaises(k7compat.HTTPError) as caught:
                call()
            response = caught.exception.response
            self.assertEqual((response.status_code, response.ok), (status, False))
            self.assertIn(response.json()["error"]["message"], str(caught.exception))
            self.assertIsInstance(caught.exception.__cause__, K7Error)
        for wrong in (lambda: client.create({"name": "x", "image": object()}), lambda: client.delete(1)):
            with self.assertRaises(TypeError):
                wrong()
        with self.assertRaises(ValueError):
            client.create({"name": "x", "image": float("nan")})

    def test_delete_all_that_fails_in_part(self):
        client = k7compat.Client("memory:?fail=delete:403", "key")
        client.create({"name": "demo", "image": "a"})
        with self.assertRaises(k7compat.HTTPError) as caught:
            client.delete_all()
        body = caught.exception.response.json()
        self.assertEqual((caught.exception.response.status_code, body["error"]["message"]), (400, "Failed to delete 1 sandboxes"))
        [row] = body["data"]["results"]
        self.assertEqual((row["name"], row["success"]), ("demo", False))
        self.assertTrue(row["error"])

    def test_failures(self):
        for fault, kind in (("unreachable", k7compat.ConnectionError), ("500", k7compat.HTTPError), ("429", k7compat.HTTPError)):
            with self.assertRaises(kind) as caught:
                k7compat.Client(f"memory:?fail=create:{fault}", "key").create({"name": "x", "image": "y"})
            self.assertIsInstance(caught.exception, k7compat.RequestException)
            self.assertIsInstance(caught.exception.__cause__, K7Error)
            if fault.isdigit():
                self.assertEqual(caught.exception.response.status_code, int(fault))

    def test_a_response_is_like_that_of_requests_and_of_httpx(self):
        refused = K7Error("slow down", code=1, http_status=429, retry_after=6.5)
        for family, truth in ((_k7_errors.Family(), False), (_k7_errors.AsyncFamily(), True)):
            error = _k7_errors.translated(refused, family, "POST", "http://k7/api/v1/sandboxes")
            response = error.response
            self.assertEqual((response.headers["RETRY-AFTER"], response.headers.get("retry-after"), "Retry-After" in response.headers, response.headers.get("x")),
                             ("7", "7", True, None))
            self.assertEqual((bool(response), response.ok, response.is_error, response.is_client_error, response.is_server_error, response.is_success),
                             (truth, False, True, True, False, False))
            self.assertEqual((error.request.method, str(error.request.url), response.request), ("POST", "http://k7/api/v1/sandboxes", error.request))
            with self.assertRaises(type(error)) as again:
                response.raise_for_status()
            self.assertEqual((str(again.exception), again.exception.response), (str(error), response))
            for failure in (NetworkError("nobody"), CallTimeoutError("late"), ProtocolError("odd")):
                self.assertEqual(_k7_errors.translated(failure, family, "GET", "http://k7/x").request.method, "GET")

    def test_a_requests_that_is_broken(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "requests.py"), "w", encoding="utf-8") as broken:
                broken.write("raise AttributeError('of another version')")
            done = subprocess.run([sys.executable, "-c", "from k7sandbox import k7compat; print(k7compat.HTTPError.__name__)"], text=True, timeout=60,
                                  env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.stdout, "OwnStatusError\n")

    def test_credentials(self):
        for wrong in (lambda: k7compat.Client("http://127.0.0.1:9"), lambda: k7compat.Client("http://127.0.0.1:9", "a", token_provider=str),
                      lambda: k7compat.AsyncClient("http://127.0.0.1:9"), lambda: k7compat.Client("HTTPS://127.0.0.1:9", "a", False),
                      lambda: k7compat.Client("https://127.0.0.1:9", "a", ""), lambda: k7compat.Client("http://127.0.0.1:9", ""), lambda: k7compat.Client("none:", "a"),
                      lambda: k7compat.Client("https://127.0.0.1:9", "a", "/nonexistent/ca.pem")):
            with self.assertRaises(ValueError):
                wrong()

        async def coroutine():
            return "token"

        with self.assertRaises(TypeError):
            k7compat.Client("http://127.0.0.1:9", token_provider=coroutine)

        def broken():
            raise LookupError("no token today")

        with self.assertRaisesRegex(LookupError, "no token today"):
            k7compat.Client("http://127.0.0.1:9", token_provider=broken).list()

        async def main():
            client = k7compat.AsyncClient("http://127.0.0.1:9", token_provider=broken)
            with self.assertRaisesRegex(LookupError, "no token today"):
                await client.list()
            await client.aclose()

        asyncio.run(main())

    def test_what_cannot_be_done_says_so(self):
        client = k7compat.Client("memory:", "key")
        proxy = k7compat.SandboxProxy("demo", "default", client)
        told = set()
        for thing in (client, proxy, k7compat.AsyncClient("memory:", "key")):
            for name, method in inspect.getmembers(thing, inspect.ismethod):
                if name in CAN or name.startswith("_"):
                    continue
                needed = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
                given = {p.name: "x" for p in needed}
                with self.assertRaises(NotImplementedError) as caught:
                    answer = method(**given)
                    asyncio.run(answer)
                told.add(str(caught.exception).split(":")[0])
                self.assertTrue(name == "snapshot" or str(caught.exception).startswith(name + ": "))
        self.assertEqual(len(told), 24)

    def test_asyncio(self):
        async def main():
            client = k7compat.AsyncClient("memory:", "key")
            self.assertEqual(await client.create({"name": "demo", "image": "a"}), {"data": {"name": "demo", "namespace": "default", "image": "a"}})
            with self.assertRaises(Exception) as caught:
                await client.create({"name": "demo", "image": "a"})
            self.assertEqual(caught.exception.response.status_code, 409)
            self.assertEqual([entry["name"] for entry in await client.list()], ["demo"])
            self.assertEqual((await client.delete("demo"))["message"], "Sandbox demo deleted successfully")
            self.assertEqual(await client.delete_all(), {"message": "Deleted 0 sandboxes", "results": []})
            await client.aclose()
            with self.assertRaises(ValueError):
                await client.list()

        asyncio.run(main())


class WithoutRequests(unittest.TestCase):
    def test_its_own_exceptions(self):
        program = """
import sys
sys.modules["requests"] = sys.modules["httpx"] = None
import asyncio, json
from k7sandbox.k7compat import *
async def main():
    client = AsyncClient("memory:", "key")
    try:
        await client.delete("A_")
    except HTTPError as error:
        print(type(error).__mro__[-4:-2], error.response.status_code, error.response.reason_phrase)
    await client.aclose()
try:
    Client("http://127.0.0.1:9", "key").list()
except ConnectionError as error:
    print(isinstance(error, RequestException), isinstance(error, OSError))
asyncio.run(main())
"""
        done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, "True True\n(<class 'OSError'>, <class 'Exception'>) 400 Bad Request\n"))


@unittest.skipUnless(test_gateway.PROGRAM, "K7SANDBOX_GATEWAY is not set")
class Gateway(unittest.TestCase):
    start = test_gateway.Gateway.start

    def test_a_refusal_has_the_servers_own_text(self):
        client = k7compat.Client(self.start("memory:"), self.key)
        client.create({"name": "demo", "image": "a"})
        with self.assertRaises(k7compat.HTTPError) as caught:
            client.create({"name": "demo", "image": "a"})
        response = caught.exception.response
        self.assertEqual((response.status_code, response.reason, response.url), (400, "Bad Request", client.base_url + "/api/v1/sandboxes"))
        self.assertEqual(json.loads(response.text), {"error": {"code": "BadRequest", "message": "Sandbox demo already exists", "reason": "AlreadyExists", "step": "store"}})
        self.assertEqual(caught.exception.__cause__.name, "K7_ERR_ALREADY_EXISTS")


if __name__ == "__main__":
    unittest.main()
