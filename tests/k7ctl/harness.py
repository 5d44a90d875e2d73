"""Runs k7ctl as a shell or a person at a terminal would, against memory:, the gateway, or a server that answers as told."""
import fcntl
import http.server
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

GIVE_UP = 60  # seconds: for what must have happened long before


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"status {self.status}\nstdout {self.out!r}\nstderr {self.err!r}"


class Program:
    """k7ctl in an environment of its own: nothing of the caller's configuration is seen."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder
        self.environment = {"HOME": folder, "PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def start(self, *arguments, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        environment = dict(self.environment, **options.pop("environment", {}))
        return subprocess.Popen([self.path, *arguments], env=environment, cwd=self.folder, **options)

    def run(self, *arguments, stdin=None, environment=None, stdout=subprocess.PIPE):
        process = self.start(*arguments, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                             environment=environment or {}, stdout=stdout)
        return finish(process, stdin)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def finish(process, stdin=None):
    try:
        out, err = process.communicate(stdin.encode() if stdin is not None else None, timeout=GIVE_UP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Result(process.returncode, (out or b"").decode(errors="surrogateescape"), (err or b"").decode(errors="surrogateescape"))


class Terminal:
    """k7ctl with a terminal for standard input and standard error; standard output is a pipe."""

    def __init__(self, program, *arguments, environment=None, columns=80):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        self.seen = ""
        self.process = program.start(*arguments, stdin=slave, stderr=slave, environment=environment or {}, start_new_session=True,
                                     preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def _read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return None
        try:
            return os.read(self.master, 4096).decode(errors="replace")
        except OSError:  # the other side is closed
            return ""

    def expect(self, text):
        until = time.monotonic() + GIVE_UP
        while text not in self.seen:
            more = self._read(max(0, until - time.monotonic()))
            if not more:
                self.process.kill()
                raise AssertionError(f"{text!r} does not come: {self.seen!r}")
            self.seen += more

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        result = []
        waiter = threading.Thread(target=lambda: result.append(finish(self.process)))
        waiter.start()
        while True:
            more = self._read(GIVE_UP)
            if not more:
                break
            self.seen += more
        waiter.join()
        os.close(self.master)
        result[0].err = self.seen
        return result[0]


class Server:
    """Answers requests by a function (method, path, body) -> (status, object or bytes[, headers]); keeps them in .requests."""

    def __init__(self, answer):
        server, self.requests, self.arrived = self, [], threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one write for head and body

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.requests.append((self.command, self.path, dict(self.headers.items()), body))
                server.arrived.set()
                status, content, *more = answer(self.command, self.path, body)
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                try:
                    self.wfile.flush()
                except OSError:  # k7ctl went away in the meantime
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = handle_any

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def body(self):
        """The body of the only POST."""
        posts = [json.loads(request[3]) for request in self.requests if request[0] == "POST"]
        assert len(posts) == 1, posts
        return posts[0]


def created(method, path, body):
    """A K7 server that creates whatever it is asked for."""
    if method != "POST":
        return 404, {"error": {"code": "NotFound", "message": "no such thing"}}
    asked = json.loads(body)
    return 201, {"data": {"name": asked["name"], "namespace": asked["namespace"], "image": asked["image"]}}


class Gateway:
    """The gateway over memory:, so that one run of k7ctl sees what another has made."""

    def __init__(self, path, folder, *options):
        self.path, self.keys, self.options = path, os.path.join(folder, "keys.json"), options
        added = subprocess.run([path, "key", "add", "test", "--keys", self.keys], check=True, stdout=subprocess.PIPE, text=True)
        self.key_file = os.path.join(folder, "key")
        with open(self.key_file, "w", encoding="utf-8") as file:
            file.write(added.stdout.split()[-1] + "\n")

    def __enter__(self):
        self.process = subprocess.Popen([self.path, "--listen", "127.0.0.1:0", "--endpoint", "memory:", "--keys", self.keys, *self.options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]  # "listening on URL"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(GIVE_UP)
        self.process.stdout.close()

    def arguments(self):
        return ["--endpoint", self.url, "--api-key-file", self.key_file]


def certificate(folder, name):
    """Paths of a certificate for 127.0.0.1 that is its own authority, and of its key."""
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True, timeout=GIVE_UP)
    return cert, key


def run_tests(tests, make):
    """Runs each function with a fresh program; make(folder) gives its arguments."""
    passed = failed = 0
    for name, test in tests:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(*make(folder))
                passed += 1
            except Exception as error:  # a failing test must not hide the others
                failed += 1
                print("FAILED", name, type(error).__name__, error, file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
