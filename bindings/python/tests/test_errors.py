"""Every class of exceptions, as a call raises it: what its attributes are, that it can be pickled, what catches it."""
import gc
import os
import pickle
import resource
import unittest

import test_client
from k7sandbox import (AuthError, CallCancelledError, CallTimeoutError, Cancel, Client, ConflictError, InvalidError, K7Error, NetworkError, NotFoundError, Outcome,
                       ProtocolError, QuotaError, ResourceError, SandboxError, ServerError, Spec, UnsupportedError)
from k7sandbox._errors import CLASSES

ONCE = {"retry_attempts": 1}
TYPES = {"code": int, "name": str, "error_class": str, "message": str, "outcome": Outcome, "http_status": (int, type(None)), "retryable": bool,
         "retry_after": (float, type(None)), "reason": (str, type(None)), "operation": (str, type(None)), "step": (str, type(None)),
         "server_text": (str, type(None)), "leftovers": tuple}
SPEC = ("demo", "alpine:latest")


def answer(reason):
    return b'{"error":{"code":"Code","message":"said","reason":"%s"}}' % reason.encode()


class Errors(unittest.TestCase):
    setUp = test_client.Rest.setUp

    def raised(self, kind, call):
        with self.assertRaises(kind) as caught:
            call()
        error = caught.exception
        self.assertIs(type(error), kind)
        for name, types in TYPES.items():
            self.assertIsInstance(getattr(error, name), types, f"{kind.__name__}.{name}")
        self.assertEqual((str(error), "\n" in str(error), error.code != 0, error.name[:7]), (error.message, False, True, "K7_ERR_"))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), again.args, vars(again)), (kind, error.args, vars(error)))
        return error

    def told(self, kind, status, headers, body):
        self.server.answer = (status, headers, body)
        with Client(self.url, config=ONCE) as client:
            return self.raised(kind, lambda: client.get("demo", timeout=30))

    def test_each_class(self):
        seen = {}
        for kind, status, headers, body, reason, after in (
                (AuthError, 401, {}, answer("Expired"), "Expired", None), (NotFoundError, 404, {}, answer("NotFound"), None, None),
                (ConflictError, 409, {}, answer("AlreadyExists"), "AlreadyExists", None), (QuotaError, 429, {"Retry-After": "7"}, answer("TooMany"), "TooMany", 7.0),
                (ServerError, 500, {}, answer("Broken"), "Broken", None), (ProtocolError, 200, {}, b"no JSON", None, None)):
            error = seen[kind] = self.told(kind, status, headers, body)
            self.assertEqual((error.http_status, error.reason, error.retry_after, error.operation), (status, reason, after, "get"), kind.__name__)
        self.assertEqual((seen[AuthError].outcome, seen[QuotaError].retryable), (Outcome.REJECTED, True))
        self.assertIn("said", seen[ServerError].server_text)
        cancel = Cancel()
        cancel.trigger()
        with Client("memory:") as memory, Client("http://127.0.0.1:9", config=ONCE) as nowhere, Client("memory:?start_ms=500000&fail=delete:hang") as slow:
            for kind, outcome, call in (
                    (InvalidError, Outcome.NOT_SENT, lambda: memory.get("A_")), (UnsupportedError, Outcome.NOT_SENT, lambda: memory.list(dry_run=print)),
                    (NetworkError, Outcome.NOT_SENT, lambda: nowhere.get("demo")), (CallCancelledError, Outcome.NOT_SENT, lambda: memory.list(cancel=cancel)),
                    (SandboxError, Outcome.NOT_SENT, lambda: memory.create(Spec(*SPEC, before_script="exit 3"))),
                    (CallTimeoutError, Outcome.UNKNOWN, lambda: slow.create(Spec(*SPEC), timeout=0.05, cleanup_timeout=0.05))):
                seen[kind] = self.raised(kind, call)
                self.assertEqual((seen[kind].outcome, seen[kind].http_status, seen[kind].retry_after), (outcome, None, None), kind.__name__)
            self.assertEqual(len(seen[CallTimeoutError].leftovers), 1)
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            gc.collect()  # what other tests left is not to be closed meanwhile
            lowest = os.dup(0)
            os.close(lowest)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
            try:
                seen[ResourceError] = self.raised(ResourceError, Client("memory:").list)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        self.assertEqual(set(seen), set(CLASSES.values()))

    def test_what_catches_what(self):
        kinds = set(CLASSES.values())
        self.assertEqual(kinds, set(K7Error.__subclasses__()))
        for kind in kinds:
            self.assertEqual([other for other in kinds if issubclass(kind, other)], [kind])
            self.assertEqual(issubclass(kind, TimeoutError), kind is CallTimeoutError)
            self.assertFalse(issubclass(kind, ValueError))


if __name__ == "__main__":
    unittest.main()
