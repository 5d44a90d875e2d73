"""answering.py: a server that answers as the name says which is asked for: status-503, garbage, short, drop, silence, …"""
import http.server
import json
import ssl
import tempfile
import threading
import urllib.parse

import harness

SANDBOX = {"name": "unknown-members", "namespace": "default", "status": "Running", "ready": "True", "restarts": 3, "age": "1:02:03", "image": "a", "error_message": "",
           "node_ports": [30080], "colour": "red"}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        name = parts.path.rsplit("/", 1)[1]
        kind, _, status = name.partition("-")
        if kind == "status":
            self.answer(int(status), {"error": {"message": f"refused with {status}", "code": "Refused"}})
        elif name == "quota":
            self.answer(429, {"error": {"message": "no more for this tenant", "code": "QuotaExceeded"}}, {"Retry-After": "0"})
        elif name == "drop":
            self.close_connection = True
        elif name == "silence":
            self.server.ended.wait()
        elif name == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            self.close_connection = True
        elif name == "short":
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"data": ')
            self.close_connection = True
        else:
            self.answer(200, {"not-json": "no JSON", "wrong-object": {"data": [5]}}.get(name, {"data": SANDBOX}))

    def answer(self, status, body, headers=None):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls=False):
        super().__init__(("127.0.0.1", 0), Answer)
        self.ended = threading.Event()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server_port}"
        if tls:
            with tempfile.TemporaryDirectory() as folder:
                cert, key, _ = harness.tls_files(folder)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(cert, key)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_):
        pass

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.shutdown()
        self.server_close()
