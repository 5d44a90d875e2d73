"""Client over memory: and over HTTP: every operation, every keyword, what callbacks raise, threads, lifetimes."""
import gc
import http.server
import json
import math
import pickle
import threading
import unittest

from k7sandbox import (AsyncClient, AuthError, CallCancelledError, CallTimeoutError, Cancel, Client, ConflictError, InvalidError, ItemOutcome, K7Error,
                       NetworkError, NotFoundError, Outcome, QuotaError, SandboxError, ServerError, Spec, Transport, UnsupportedError, log_trace)
from k7sandbox import _native, k7compat

NEVER_READY = "memory:?start_ms=500000"


class Boom(Exception):
    pass


class Operations(unittest.TestCase):
    def test_create_to_delete(self):
        with Client("memory:", namespace="team") as client:
            self.assertEqual((client.endpoint, client.transport, client.namespace, client.warning), ("memory:", "memory", "team", None))
            self.assertTrue(client.supports("create"))
            with self.assertRaises(InvalidError):
                client.supports("explode")
            made = client.create(Spec("demo", "alpine:latest"))
            for sandbox in (made, client.get("demo"), client.list()[0], client.list(all_namespaces=True)[0], client.list(namespace="team")[0]):
                self.assertEqual((sandbox.name, sandbox.namespace, sandbox.image, sandbox.status, sandbox.ready, sandbox.restarts),
                                 ("demo", "team", "alpine:latest", "Running", True, 0))
                self.assertEqual((sandbox.error_message, sandbox.reason, sandbox.node, sandbox.node_ports, sandbox.endpoints), ("", None, "memory", (), ()))
                self.assertEqual(json.loads(sandbox.to_json())["name"], "demo")
            self.assertEqual((made.uid, made.created), (client.get("demo").uid, client.get("demo").created))
            self.assertEqual(client.list(namespace="other"), [])
            with self.assertRaises(ConflictError):
                client.create(Spec("demo", "a"))
            with self.assertRaises(ConflictError):
                client.delete("demo", uid="another")
            client.delete("demo", uid=made.uid, wait=False)
            client.delete("demo")
            with self.assertRaises(NotFoundError):
                client.delete("demo", missing_ok=False)

    def test_a_sandbox_cannot_be_changed_or_made(self):
        sandbox = Client("memory:").create(Spec("demo", "a"))
        gc.collect()
        self.assertEqual(sandbox.name, "demo")  # its client is gone
        with self.assertRaises(AttributeError):
            sandbox.name = "x"
        with self.assertRaises(AttributeError):
            del sandbox._pointer
        with self.assertRaises(TypeError):
            type(sandbox)()
        with Client("memory:") as client:
            client.create(Spec("demo", "a"))
            proxy = k7compat.SandboxProxy("a", "b", k7compat.Client("memory:", "key"))
            for thing, name in ((sandbox, "Sandbox"), (client, "Client"), (AsyncClient("memory:"), "AsyncClient"), (Cancel(), "Cancel"), (Spec("a", "b"), "Spec"),
                                (Transport("own"), "Transport"), (client.get_many(["demo"]), "Sandbox"), (proxy, "Client")):
                with self.assertRaisesRegex(TypeError, f"^a {name} of k7sandbox cannot be pickled"):
                    pickle.dumps(thing)
            self.assertIsInstance(pickle.loads(pickle.dumps(client.get_many(["none"])))[0].error, NotFoundError)

    def test_many(self):
        with Client("memory:") as client:
            told = []
            made = client.create_many([Spec(f"s{i}", "a") for i in range(20)] + [Spec("s3", "a")], at_once=4, starts_per_second=1000, progress=told.append)
            self.assertEqual((len(made), made.count_of(ItemOutcome.DONE), made.all_done), (21, 20, False))
            self.assertEqual([result.name for result in made[:3]], ["s0", "s1", "s2"])
            self.assertEqual(made[0].sandbox.name, "s0")
            self.assertIsInstance(made[20].error or made[3].error, ConflictError)
            self.assertTrue(told)
            found = client.get_many(["s1", ("default", "s2"), Spec("s3", "a"), "none"])
            self.assertEqual([result.sandbox and result.sandbox.name for result in found], ["s1", "s2", "s3", None])
            self.assertIsInstance(found[3].error, NotFoundError)
            self.assertEqual(client.delete_many(["s1", "s2", "none"], missing_ok=False).count_of(ItemOutcome.DONE), 2)
            rest = client.delete_all()
            self.assertTrue(rest.all_done)
            self.assertEqual((len(rest), client.list()), (18, []))
            with self.assertRaises(InvalidError):
                client.create_many(["name"])
            with self.assertRaises(TypeError):
                client.get_many("s1")

    def test_a_call_over_many_that_a_callback_ends_tells_of_each(self):
        def progress(step):
            if step.done == 1:
                raise Boom()

        with Client("memory:") as client, self.assertRaises(Boom) as caught:
            client.create_many([Spec(f"s{i}", "a") for i in range(3)], at_once=1, progress=progress)
        self.assertEqual([result.name for result in caught.exception.results], ["s0", "s1", "s2"])
        self.assertIn("what became of each", caught.exception.__notes__[0])

    def test_delete_all_tells_of_each(self):
        with Client("memory:?fail=delete:403") as client:
            client.create(Spec("demo", "a"))
            [result] = client.delete_all()
            self.assertEqual((result.name, result.outcome), ("demo", ItemOutcome.FAILED))
            self.assertIsInstance(result.error, AuthError)

    def test_closed_clients(self):
        client = Client("memory:")
        client.close()
        client.close()
        self.assertTrue(client.closed)
        self.assertIn("closed", repr(client))
        for use in (client.list, client.__enter__, lambda: client.endpoint, lambda: client.supports("create"), lambda: client.create(Spec("a", "b"))):
            with self.assertRaisesRegex(ValueError, "closed"):
                use()

    def test_wrong_arguments(self):
        with Client("memory:") as client:
            for wrong in (lambda: client.create("demo"), lambda: client.get(1), lambda: client.list(tmeout=1), lambda: client.list(timeout="1"),
                          lambda: client.list(progress=1), lambda: client.list(cancel=1)):
                with self.assertRaises(TypeError):
                    wrong()
            for wrong in (lambda: client.list(timeout=-1), lambda: client.list(timeout=math.nan), lambda: client.get("a\0")):
                with self.assertRaises(ValueError):
                    wrong()
            for wrong in (lambda: client.list(timeout=0), lambda: client.list(traceparent="x"), lambda: client.list(namespace="a", all_namespaces=True),
                          lambda: Client("nothing:"), lambda: Client("memory:", config={"no.key": 1}), lambda: Client("memory:", config={"retry_attempts": "x"})):
                with self.assertRaises(InvalidError):
                    wrong()


class Calls(unittest.TestCase):
    def test_failures_of_a_call(self):
        for endpoint, error, outcome in (("memory:?fail=create:500", ServerError, Outcome.UNKNOWN), ("memory:?fail=create:429", QuotaError, Outcome.REJECTED),
                                         ("memory:?fail=create:unreachable", NetworkError, Outcome.NOT_SENT)):
            with Client(endpoint) as client, self.assertRaises(error) as caught:
                client.create(Spec("demo", "a"))
            self.assertEqual((caught.exception.operation, caught.exception.outcome), ("create", outcome), endpoint)
            again = pickle.loads(pickle.dumps(caught.exception))
            self.assertEqual((type(again), str(again), vars(again)), (error, caught.exception.message, vars(caught.exception)))
        with Client("memory:") as client, self.assertRaises(SandboxError):
            client.create(Spec("demo", "a", before_script="exit 3"))

    def test_deadline(self):
        with Client(NEVER_READY) as client:
            with self.assertRaises(CallTimeoutError) as caught:
                client.create(Spec("demo", "a"), timeout=0.05)
            self.assertIsInstance(caught.exception, TimeoutError)
            self.assertEqual((caught.exception.outcome, client.list()), (Outcome.NOT_SENT, []))
            with self.assertRaises(CallTimeoutError) as caught:
                client.create(Spec("demo", "a"), timeout=0.05, cleanup_timeout=0)
            self.assertEqual((caught.exception.outcome, len(caught.exception.leftovers), len(client.list())), (Outcome.UNKNOWN, 1, 1))
        with Client("memory:?fail=list:hang", timeout=0.05) as client, self.assertRaises(CallTimeoutError):
            client.list()

    def test_cancel_from_another_thread(self):
        with Client(NEVER_READY) as client:
            cancel, other = Cancel(), Cancel()
            waits = lambda progress: progress.step == "ready" and threading.Thread(target=cancel.trigger).start()
            with self.assertRaises(CallCancelledError):
                client.create(Spec("demo", "a"), cancel=cancel, progress=waits, timeout=math.inf)
            self.assertEqual((client.list(), cancel.count, other.count), ([], 1, 0))
            with self.assertRaises(CallCancelledError):
                client.list(cancel=cancel)
            with self.assertRaises(CallCancelledError):
                client.list(cancel=cancel, progress=print)
            self.assertEqual(client.list(cancel=other), [])

    def test_what_a_callback_raises_is_raised_and_cancels_that_call_only(self):
        with Client(NEVER_READY) as client:
            shared = Cancel()

            def progress(step):
                if step.step == "ready":
                    raise Boom(step.operation)

            with self.assertRaisesRegex(Boom, "create") as caught:
                client.create(Spec("demo", "a"), progress=progress, cancel=shared)
            self.assertIsInstance(caught.exception.__cause__, CallCancelledError)
            self.assertEqual(caught.exception.__cause__.outcome, Outcome.NOT_SENT)
            self.assertEqual((shared.count, client.list()), (0, []))

    def test_what_was_created_before_the_callback_raised_is_deleted(self):
        with Client("memory:") as client:
            for at in ("store", "ready"):
                def progress(step):
                    if step.step == at:
                        raise Boom()

                with self.assertRaises(Boom):
                    client.create(Spec("demo", "a"), progress=progress)
                self.assertEqual(client.list(), [], at)

    def test_threads_share_a_client(self):
        failures = []
        with Client("memory:?latency_ms=1") as client:
            def work(thread):
                try:
                    for i in range(10):
                        client.create(Spec(f"s{thread}-{i}", "a"))
                        client.delete(f"s{thread}-{i}", missing_ok=False)
                except BaseException as error:
                    failures.append(error)

            threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((failures, client.list()), ([], []))

    def test_a_call_lets_others_run_and_outlives_close(self):
        client, cancel, begun, ended = Client("memory:?fail=get:hang"), Cancel(), threading.Event(), []

        def wait():
            try:
                client.get("demo", cancel=cancel, timeout=math.inf, progress=lambda _: begun.set())
            except K7Error as error:
                ended.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        self.assertTrue(begun.wait(30))
        client.close()
        cancel.trigger()
        thread.join(30)
        self.assertEqual([type(error) for error in ended], [CallCancelledError])

    def test_nothing_is_kept(self):
        with Client("memory:") as client:
            for i in range(100):
                client.create(Spec("demo", "a"), progress=lambda _: None, trace=lambda _: None)
                client.delete("demo")
        del client
        gc.collect()
        self.assertEqual(_native._alive, {})

    def test_a_manual_clock(self):
        with Client("memory:?clock=manual&start_ms=1000") as client:
            ready = lambda step: step.step == "ready" and threading.Thread(target=client.advance, args=(2,)).start()
            self.assertTrue(client.create(Spec("demo", "a"), progress=ready).ready)


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Authorization"), self.headers.get("traceparent")))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Rest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        self.server.seen, self.server.answer = [], (200, {}, b'{"data":[]}')
        thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_an_error_has_what_the_server_said(self):
        self.server.answer = (429, {"Retry-After": "7"}, b'{"error":{"code":"TooMany","message":"slow down"}}')
        with Client(self.url) as client, self.assertRaises(QuotaError) as caught:
            client.list(timeout=5)
        error = caught.exception
        self.assertEqual((error.name, error.http_status, error.reason, error.retry_after, error.error_class), ("K7_ERR_RATE_LIMITED", 429, "TooMany", 7.0, "quota"))
        self.assertIn("slow down", error.server_text)

    def test_tokens(self):
        tokens = iter(["first", ("second", 4000000000)])
        with Client(self.url, token_provider=lambda: next(tokens)) as client:
            client.list()
            client.list()
            client.list()
        self.assertEqual([seen[1] for seen in self.server.seen if seen[1]][:3:2], ["Bearer first", "Bearer second"])

    def test_a_token_provider_that_raises(self):
        def broken():
            raise Boom("no token today")

        with Client(self.url, token_provider=broken) as client, self.assertRaisesRegex(AuthError, "no token today") as caught:
            client.list()
        self.assertIsInstance(caught.exception.__cause__, Boom)

        answers = iter([Boom("old"), ("", -1), Boom("a\nb" + "x" * 5000), Boom("in C\u00e4sars words")])

        def changing():
            answer = next(answers)
            if isinstance(answer, Boom):
                raise answer
            return answer

        with Client(self.url, token_provider=changing) as client:
            [result] = client.get_many(["a"])
            self.assertEqual(str(result.error.__cause__), "old")
            with self.assertRaises(AuthError) as caught:
                client.get("a")
            self.assertIsNone(caught.exception.__cause__)
            for words in ("a\nb", "in C\u00e4sars words"):
                with self.assertRaises(AuthError) as caught:
                    client.get("a")
                self.assertTrue(str(caught.exception.__cause__).startswith(words), caught.exception)
            self.assertEqual((client._provider.raised, client._provider.calls), ([], []))

        def unspeakable():
            raise Boom("no \udcff today")

        with Client(self.url, token_provider=unspeakable) as client, self.assertRaisesRegex(AuthError, r"Boom: no \? today"):
            client.list()

        def stopped():
            raise KeyboardInterrupt

        with Client(self.url, token_provider=stopped) as client, self.assertRaises(KeyboardInterrupt):
            client.list()
        self.assertEqual(self.server.seen, [])

    def test_trace_and_dry_run(self):
        parent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
        traces, requests = [], []
        with Client(self.url, api_key="secret") as client:
            client.list(trace=traces.append, traceparent=parent)
            self.assertEqual(self.server.seen[-1][2], parent)
            self.assertEqual((traces[-1].method, traces[-1].http_status, traces[-1].attempt, traces[-1].operation), ("GET", 200, 1, "list"))
            self.assertTrue(traces[-1].url.startswith(self.url))
            del self.server.seen[:]
            self.assertIsNone(client.create(Spec("demo", "alpine", env_file="x"), dry_run=requests.append))
            self.assertEqual(client.list(dry_run=requests.append), [])
            self.assertEqual(self.server.seen, [])
            create = [request for request in requests if request.method == "POST"][0]
            self.assertEqual(json.loads(create.body)["name"], "demo")
            self.assertNotIn("secret", repr(requests) + repr(traces))
            with self.assertLogs("k7", "INFO") as logs:
                import logging
                client.list(trace=log_trace(logging.getLogger("k7"), logging.INFO))
            self.assertIn("GET " + self.url, logs.output[-1])
        with Client("memory:") as client, self.assertRaises(UnsupportedError):
            client.list(dry_run=requests.append)

    def test_a_trace_that_raises(self):
        def trace(_):
            raise Boom()

        with Client(self.url) as client, self.assertRaises(Boom):
            client.list(trace=trace)


if __name__ == "__main__":
    unittest.main()
