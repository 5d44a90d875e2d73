"""Starts a k7-gateway of its own for a test, speaks raw HTTP to it, and counts results. It knows nothing of what is tested."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import traceback

# Waiting for something that must happen; reached only when it does not.
PATIENCE_S = 60
# meson says where it built the program; by hand, the usual build folder is meant.
PROGRAM = os.environ.get("K7_GATEWAY", os.path.join(os.path.dirname(__file__), "../../build/examples/gateway/k7-gateway"))


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json["error"]["message"]

    def __repr__(self):
        return f"Reply({self.status}, {self.body[:300]!r})"


class Connection:
    """One connection, on which bytes are sent as given."""

    def __init__(self, gateway, receive_buffer=None):
        self.socket = socket.socket(gateway.family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(gateway.address)
        if gateway.tls:
            self.socket = gateway.tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def receive(self):
        """More bytes, or b"" at the end of the connection, however it comes."""
        try:
            return self.socket.recv(65536)
        except ConnectionError:
            return b""

    def until(self, mark):
        while mark not in self.pending:
            data = self.receive()
            if not data:
                raise EOFError(f"the connection ended after {self.pending[:300]!r}")
            self.pending += data
        head, self.pending = self.pending.split(mark, 1)
        return head

    def reply(self, method="GET"):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        length = 0 if method == "HEAD" or lines[0].split()[1] == "100" else int(headers.get("content-length", 0))
        while len(self.pending) < length:
            data = self.receive()
            if not data:
                raise EOFError("the connection ended within a body")
            self.pending += data
        body, self.pending = self.pending[:length], self.pending[length:]
        return Reply(int(lines[0].split()[1]), headers, body.decode())

    def ended(self):
        """Waits for the end of the connection."""
        while self.receive():
            pass

    def close(self):
        self.socket.close()


class Gateway:
    """A running k7-gateway with a key store of its own."""

    def __init__(self, *options, endpoint="memory:", listen="127.0.0.1:0", tls=None, reads_log=True, preload=None):
        self.program = PROGRAM
        self.folder = tempfile.TemporaryDirectory(prefix="k7-gateway-test-")
        self.keys = os.path.join(self.folder.name, "keys.json")
        self.family = socket.AF_INET6 if listen.startswith("[") else socket.AF_INET
        self.tls = tls
        self.key = self.add_key("test")
        command = [self.program, "--listen", listen, "--endpoint", endpoint, "--keys", self.keys, *options]
        surroundings = {**os.environ, "LD_PRELOAD": preload} if preload else None
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings)
        self.log = []
        self.log_changed = threading.Condition()
        self.log_reader = threading.Thread(target=self.read_log, daemon=True)
        if reads_log:
            self.log_reader.start()
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on "):
            raise AssertionError(f"the gateway did not start: {self.log}")
        self.url = line.split()[-1]
        self.address = (self.url.split("//")[1].rsplit(":", 1)[0].strip("[]"), int(self.url.rsplit(":", 1)[1]))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kind else signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        if self.log_reader.ident:
            self.log_reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()
        if kind is None and status not in (0, 128 + signal.SIGTERM):
            raise AssertionError(f"the gateway ended with {status}: {self.log[-20:]}")

    def key_tool(self, *arguments):
        return subprocess.run([self.program, "key", *arguments, "--keys", self.keys], capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def add_key(self, name, *options):
        done = self.key_tool("add", name, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def request_bytes(self, method, target, body=None, key=True, headers=()):
        lines = [f"{method} {target} HTTP/1.1", "Host: test"]
        if key:
            lines.append(f"X-API-Key: {self.key if key is True else key}")
        if body is not None:
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
            body = body if isinstance(body, bytes) else body.encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += headers
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")

    def connect(self, **options):
        return Connection(self, **options)

    def ask(self, method, target, body=None, key=True, headers=()):
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            return connection.send(self.request_bytes(method, target, body, key, headers)).reply(method)
        finally:
            connection.close()

    def create(self, name, **fields):
        return self.ask("POST", "/api/v1/sandboxes", {"name": name, "image": "alpine:latest", **fields})

    def names(self, namespace="default"):
        reply = self.ask("GET", f"/api/v1/sandboxes?namespace={namespace}")
        assert reply.status == 200, reply
        return sorted(sandbox["name"] for sandbox in reply.json["data"])

    def read_log(self):
        for line in self.process.stderr:
            with self.log_changed:
                self.log.append(json.loads(line))
                self.log_changed.notify()

    def log_line(self, matches, nth=1):
        """The first line of the log, or the nth, already read or yet to come, for which matches(line) is true."""
        def find():
            found = [line for line in self.log if matches(line)]
            return found[nth - 1] if len(found) >= nth else None
        with self.log_changed:
            assert self.log_changed.wait_for(find, PATIENCE_S), f"no such line in {self.log[-20:]}"
            return find()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)


def tls_files(folder):
    """A certificate for 127.0.0.1, its key, and a context that trusts it."""
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, capture_output=True, timeout=PATIENCE_S)
    return cert, key, ssl.create_default_context(cafile=cert)


def same(actual, expected):
    assert actual == expected, f"{actual!r} instead of {expected!r}"


def main(tests):
    """Runs every function whose name begins with test_, or those named on the command line."""
    wanted = sys.argv[1:] or [name for name in tests if name.startswith("test_")]
    failed = 0
    for name in wanted:
        try:
            tests[name]()
            print("ok", name, flush=True)
        except Exception:  # a test that breaks in any way has failed, and the others still count
            failed += 1
            print("FAILED", name, flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
