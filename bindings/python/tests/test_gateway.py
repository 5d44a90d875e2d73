"""Over HTTP to a real server: rest, to the example gateway on memory:. K7SANDBOX_GATEWAY names its program."""
import asyncio
import os
import subprocess
import tempfile
import unittest

from k7sandbox import AsyncClient, AuthError, Client, ConflictError, ItemOutcome, NotFoundError, QuotaError, SandboxError, Spec

PROGRAM = os.environ.get("K7SANDBOX_GATEWAY")


@unittest.skipUnless(PROGRAM, "K7SANDBOX_GATEWAY is not set")
class Gateway(unittest.TestCase):
    def start(self, endpoint, *options):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        keys = os.path.join(folder.name, "keys.json")
        added = subprocess.run([PROGRAM, "key", "add", "python", "--keys", keys], check=True, stdout=subprocess.PIPE, text=True)
        self.key = added.stdout.split()[-1]
        server = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", "--endpoint", endpoint, "--keys", keys, *options], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        for line in server.stdout:
            if "listening on " in line:
                return line.split("listening on ")[1].split()[0]
        self.fail("the gateway did not start")

    def test_create_to_delete(self):
        with Client(self.start("memory:"), api_key=self.key) as client:
            self.assertEqual(client.transport, "rest")
            made = client.create(Spec("demo", "alpine:latest", limits={"memory": "64Mi"}, egress_whitelist=[]))
            self.assertEqual((made.name, made.ready, client.get("demo").ready), ("demo", None, True))
            with self.assertRaises(ConflictError) as caught:
                client.create(Spec("demo", "a"))
            self.assertEqual((caught.exception.reason, caught.exception.http_status), ("AlreadyExists", 400))
            with self.assertRaises(SandboxError):
                client.create(Spec("broken", "a", before_script="exit 4"))
            self.assertTrue(client.create_many([Spec(f"s{i}", "a") for i in range(9)]).all_done)
            self.assertEqual(client.delete_all().count_of(ItemOutcome.DONE), 10)
            with self.assertRaises(NotFoundError):
                client.get("demo")
            with Client(client.endpoint, api_key="k7_wrong") as stranger, self.assertRaises(AuthError) as caught:
                stranger.list()
            self.assertEqual((caught.exception.http_status, caught.exception.name), (401, "K7_ERR_UNAUTHENTICATED"))

    def test_asyncio(self):
        url = self.start("memory:")

        async def main():
            async with AsyncClient(url, api_key=self.key) as client:
                made = await asyncio.gather(*(client.create(Spec(f"s{i}", "a")) for i in range(8)))
                self.assertEqual([sandbox.name for sandbox in made], [f"s{i}" for i in range(8)])
                self.assertEqual(len(await client.list()), 8)
                self.assertTrue((await client.delete_all()).all_done)

        asyncio.run(main())

    def test_a_quota_of_what_is_behind(self):
        once = {"retry_attempts": 1}
        with Client(self.start("memory:?fail=create:429"), api_key=self.key, config=once) as client, self.assertRaises(QuotaError) as caught:
            client.create(Spec("demo", "a"))
        self.assertEqual((caught.exception.http_status, caught.exception.retry_after), (429, 5))


if __name__ == "__main__":
    unittest.main()
