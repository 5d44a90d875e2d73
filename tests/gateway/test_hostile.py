#!/usr/bin/python3
"""The gateway against clients that mean harm: targets with two meanings, files that are not theirs, bodies without end, many connections."""

import os
import select
import tempfile
import time

from harness import Gateway, PATIENCE_S, main, same, tls_files

API = "/api/v1/sandboxes"


def refused(reply, *statuses):
    assert reply.status in statuses, reply
    assert reply.message, reply
    return reply


def test_a_target_with_two_meanings_is_refused_and_deletes_nothing():
    targets = [
        API + "/", API + "//", API + "//a", "/" + API, "/api//v1/sandboxes", API + "/a/", API + "/.", API + "/..", API + "/a/..",
        "/api/v1/x/../sandboxes", API + "/%2e", API + "/%2E%2e", API + "/a%2f..", API + "%2f", API + "/%2F", API + "%00", API + "%00x",
        API + "/%00", API + "/a%00b", API + "/a%0d%0ab", API + "/a%5cb", API + "\\a", API + "/a%25", API + "/%", API + "/%2",
        API + "/%zz", API + "/%3f", API + "?namespace=default%00x", API + "?namespace=a&namespace=b",
        API + "?namespace=default&namespace=default", API + "?namespace=default&n%61mespace=x", API + "?namespace", API + "?namespace=",
        API + "?=default", API + "?namespace=default&&", API + "?namespace=a%26b", API + "?namespace=A", API + "?namespace=-",
        API + "?namespace=" + "x" * 64, API + "?namespace=a/b", API + "?Namespace=other", API + "?namespce=other",
        API + "?all_namespaces=true", API + "?force=true", API + ";x", API + "#a", API + "/a#", API + "/a\x80", API + "/a\x01",
        "api/v1/sandboxes", "*", "http://test" + API, "//test" + API,
    ]
    with Gateway() as gateway:
        for name in ("a", "b"):
            same(gateway.create(name).status, 201)
        for target in targets:
            refused(gateway.ask("DELETE", target), 400, 404)
            same((target, gateway.names()), (target, ["a", "b"]))
        for name in ("A", "metrics", "x_y", "x" * 64):
            gateway.ask("DELETE", f"{API}/{name}")
            same((name, gateway.names()), (name, ["a", "b"]))
        same(gateway.ask("DELETE", API + "/%61").status, 200)  # an equal way to write it (RFC 3986 section 2.3)
        same(gateway.names(), ["b"])


def test_a_nul_in_the_request_line_hides_nothing():
    with Gateway() as gateway:
        gateway.create("a")
        tail = f" HTTP/1.1\r\nHost: test\r\nX-API-Key: {gateway.key}\r\n\r\n".encode()
        for target in (b"\0", b"\0/a", b"/a\0b", b"/\0", b"\0HTTP/1.1\0", b"\0 HTTP/1.1", b"?namespace=default\0&namespace=other"):
            connection = gateway.connect()
            refused(connection.send(b"DELETE " + API.encode() + target + tail).reply(), 400, 404, 505)
            connection.close()
        same(gateway.names(), ["a"])


def test_a_request_line_that_is_none_is_refused():
    with Gateway() as gateway:
        gateway.create("a")
        rest = f"\r\nHost: test\r\nX-API-Key: {gateway.key}\r\n\r\n"
        for line in (f"DELETE {API}", f"DELETE {API} HTTP/0.9", f"DELETE {API} HTTP/2.0", f"DELETE {API} x HTTP/1.1", "DELETE", "\0",
                     f"{'D' * 100} {API} HTTP/1.1", f"delete {API} HTTP/1.1"):
            connection = gateway.connect()
            data = connection.send((line + rest).encode()).receive()
            assert not data or data.split()[1][:1] in (b"4", b"5"), data
            connection.close()
        same(gateway.names(), ["a"])


def test_the_length_of_a_body_must_be_clear():
    body = b'{"name":"a","image":"x"}'
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with Gateway() as gateway:
        for headers in (["Content-Length: 24", "Content-Length: 24"], ["Content-Length: 24", "Content-Length: 3"],
                        ["Content-Length: 3", "Transfer-Encoding: chunked"], ["Transfer-Encoding: gzip, chunked"],
                        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], ["Transfer-Encoding: identity"],
                        ["Content-Length : 24"], ["Content-Length: 24", "Transfer-Encoding : chunked"], ["Content-Length: -1"],
                        ["Content-Length: +24"], ["Content-Length: 0x18"], ["Content-Length: 24, 24"], ["Host: other"]):
            connection = gateway.connect()
            reply = connection.send(gateway.request_bytes("POST", API, headers=headers) + chunks).reply()
            same((headers, reply.status), (headers, 400))
            connection.ended()
            connection.close()
        same(gateway.names(), [])
        for method in ("GET", "DELETE"):
            refused(gateway.ask(method, API, "{}"), 400)


def test_the_key_is_checked_before_the_body():
    with Gateway() as gateway:
        for key, status in ((False, 401), ("wrong", 401), (True, None)):
            connection = gateway.connect()
            connection.send(gateway.request_bytes("POST", API, key=key, headers=["Content-Length: 1000", "Expect: 100-continue"]))
            same(connection.reply().status, status or 100)
            connection.close()
        for headers in (["Content-Length: 1000"], ["Transfer-Encoding: chunked"]):
            connection = gateway.connect()
            reply = connection.send(gateway.request_bytes("POST", API, key="wrong", headers=headers)).reply()
            same((reply.status, reply.headers["connection"], reply.headers["www-authenticate"]), (401, "close", "Bearer"))
            connection.ended()
            connection.close()
        for target, headers, status in (("/api/v1/none", [], 404), (API + "?x=1", [], 400), (API, ["Content-Type: text/html"], 415)):
            connection = gateway.connect()
            same(connection.send(gateway.request_bytes("POST", target, headers=["Content-Length: 1000", *headers])).reply().status,
                 status)
            connection.close()


def test_a_body_that_is_too_large_is_413():
    with Gateway() as gateway:
        connection = gateway.connect()
        reply = connection.send(gateway.request_bytes("POST", API, headers=["Content-Length: 1048577"])).reply()
        refused(reply, 413)
        connection.close()
        padded = b'{"name":"a","image":"x"' + b" " * 1048552 + b"}"
        same(len(padded), 1048576)
        same(gateway.ask("POST", API, padded).status, 201)


def endless_chunks(gateway):
    """Sends chunks until the gateway answers; returns the answer."""
    connection = gateway.connect()
    connection.send(gateway.request_bytes("POST", API, headers=["Transfer-Encoding: chunked"]))
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    sent = 0
    while not select.select([connection.socket], [], [], 0)[0]:
        connection.send(chunk)
        sent += 0x4000
        assert sent < 1 << 30, "a body of a gigabyte was taken"
    reply = connection.reply()
    connection.close()
    return reply


def test_a_chunked_body_without_end_is_413():
    with Gateway() as gateway:
        refused(endless_chunks(gateway), 413)
        same(gateway.names(), [])
    with tempfile.TemporaryDirectory() as folder:
        cert, key, context = tls_files(folder)
        with Gateway("--tls-cert", cert, "--tls-key", key, tls=context) as gateway:
            refused(endless_chunks(gateway), 413)


def dribble(connection, data):
    """Sends byte after byte, each well within the idle time, until the gateway ends the connection."""
    for i in range(len(data)):
        readable, _, _ = select.select([connection.socket], [], [], 0.1)
        if readable:
            connection.ended()
            return
        try:
            connection.send(data[i:i + 1])
        except OSError:
            return
    raise AssertionError("the connection was not ended")


def test_a_slow_body_has_a_total_time():
    with Gateway("--request-seconds", "1", "--idle-seconds", "5") as gateway:
        connection = gateway.connect()
        dribble(connection.send(gateway.request_bytes("POST", API, headers=["Content-Length: 5000"])), b" " * 600)
        line = gateway.log_line(lambda entry: entry.get("method") == "POST")
        same((line["status"], line["key"], line["note"]), (408, "test", "too slow"))


def test_a_slow_head_has_a_total_time():
    with Gateway("--request-seconds", "1", "--idle-seconds", "5") as gateway:
        dribble(gateway.connect().send(b"GET /health HTTP/1.1\r\nHost: test\r\n"), b"X: y\r\n" * 100)
        dribble(gateway.connect(), b"G" * 600)
        same(gateway.ask("GET", "/health").status, 200)


def test_an_answer_that_nobody_takes_has_a_total_time():
    with Gateway("--request-seconds", "1", "--idle-seconds", "3600") as gateway:
        for i in range(30):
            same(gateway.create(f"s{i}").status, 201)
        connection = gateway.connect(receive_buffer=4096)
        # answers of about 6 KB each, asked for at once and not read: more than both sides' buffers hold
        connection.socket.setblocking(False)
        request = gateway.request_bytes("GET", API)
        try:
            for _ in range(100000):
                connection.send(request)
        except OSError:
            pass
        line = gateway.log_line(lambda entry: entry.get("note") == "too slow")
        same(line["status"], 408)
        connection.close()


def test_500_idle_connections_keep_nobody_out():
    for options in ([], ["--max-connections", "50"], ["--max-connections-per-ip", "50"]):
        with Gateway(*options) as gateway:
            idle = []
            for i in range(500):
                idle.append(gateway.connect())
                if i % 2:
                    idle[-1].send(b"GET /api/v1/sandboxes HTTP/1.1\r\nHost: ")
            same(gateway.create("a").status, 201)
            same(gateway.names(), ["a"])
            same(gateway.ask("GET", "/health", key=False).status, 200)
            for connection in idle:
                connection.close()
            same(gateway.names(), ["a"])


def test_when_all_are_busy_the_next_is_refused_but_not_its_health_check():
    for option, status in (("--max-connections", 503), ("--max-connections-per-ip", 429)):
        with Gateway(option, "4", endpoint="memory:?fail=create:hang") as gateway:
            busy = []
            for i in range(4):
                # the answer to Expect shows that the head has been taken
                busy.append(gateway.connect())
                body = b'{"name":"a%d","image":"x"}' % i
                busy[-1].send(gateway.request_bytes("POST", API, headers=[f"Content-Length: {len(body)}", "Expect: 100-continue"]))
                same(busy[-1].reply().status, 100)
            reply = refused(gateway.ask("GET", API), status)
            same((reply.headers["retry-after"], reply.headers["connection"]), ("1", "close"))
            same(gateway.ask("GET", "/health").status, 200)
            same(gateway.ask("GET", "/").status, 200)
            busy.pop().close()
            gateway.log_line(lambda entry: entry.get("status") == 499)
            while gateway.ask("GET", API).status != 200:
                pass  # the place is free once the gateway has seen the end of that connection
            for connection in busy:
                connection.close()


def test_too_many_creates_at_once_are_429():
    with Gateway("--max-creates", "2", endpoint="memory:?fail=create:hang") as gateway:
        waiting = [gateway.connect().send(gateway.request_bytes("POST", API, {"name": f"s{i}", "image": "x"})) for i in range(5)]
        by_socket = {connection.socket: connection for connection in waiting}
        for _ in range(3):
            answered, _, _ = select.select(list(by_socket), [], [], PATIENCE_S)
            connection = by_socket.pop(answered[0])
            reply = refused(connection.reply(), 429)
            assert int(reply.headers["retry-after"]) >= 1, reply.headers
            connection.close()
        assert not select.select(list(by_socket), [], [], 0)[0], "the others are still being created"
        same(gateway.ask("GET", API).status, 200)
        same(gateway.ask("DELETE", API + "/x").status, 200)
        for connection in by_socket.values():
            connection.close()
        gateway.log_line(lambda entry: entry.get("status") == 499, 2)


def test_a_client_that_leaves_in_the_middle_of_a_create_leaves_nothing_behind():
    for tls in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            cert, key, context = tls_files(folder)
            options = ["--tls-cert", cert, "--tls-key", key] if tls else []
            with Gateway(*options, "--max-creates", "1", endpoint="memory:?start_ms=600000", tls=context if tls else None) as gateway:
                connection = gateway.connect().send(gateway.request_bytes("POST", API, {"name": "a", "image": "x"}))
                while gateway.names() != ["a"]:
                    pass  # until the create is under way
                connection.close()
                line = gateway.log_line(lambda entry: entry.get("method") == "POST")
                same((line["status"], line["note"]), (499, "the client left"))
                same(gateway.names(), [])
    with Gateway("--max-creates", "1", endpoint="memory:?fail=create:hang*2") as gateway:
        for nth in (1, 2):  # the second proves that the place of the first is free again
            gateway.connect().send(gateway.request_bytes("POST", API, {"name": "a", "image": "x"})).close()
            gateway.log_line(lambda entry: entry.get("status") == 499, nth)
        same(gateway.names(), [])


def test_env_file_needs_an_env_dir():
    with Gateway() as gateway:
        for path in ("/proc/self/environ", "x", ""):
            assert "--env-dir" in refused(gateway.create("a", env_file=path), 400).message
        same(gateway.create("a", env_file=None).status, 201)


def check_env_files(preload):
    with tempfile.TemporaryDirectory() as folder:
        def put(path, text):
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
            return path
        good = put("envs/default/good.env", "A=1\nB=two\n")
        put("envs/default/sub/deep.env", "A=1\n")
        put("envs/default/empty.env", "# nothing\n")
        put("envs/default/large.env", "A=" + "x" * 65535 + "\n")
        put("envs/other/theirs.env", "SECRET=1\n")
        put("outside.env", "SECRET=1\n")
        base = os.path.join(folder, "envs")
        os.symlink(good, os.path.join(base, "default/link"))
        os.symlink("good.env", os.path.join(base, "default/near"))
        os.symlink("sub", os.path.join(base, "default/inner"))
        os.symlink("../other", os.path.join(base, "default/folder"))
        os.symlink("other", os.path.join(base, "alias"))
        os.mkfifo(os.path.join(base, "default/fifo"))
        with Gateway("--env-dir", base, preload=preload) as gateway:
            for path in ("good.env", "sub/deep.env"):
                same(gateway.create("a", env_file=path, env={"B": "given"}).status, 201)
                gateway.ask("DELETE", API + "/a")
            texts = set()
            for path in ("missing", "/proc/self/environ", "../../../../../../proc/self/environ", "link", "near", "fifo",
                         "../other/theirs.env", "folder/theirs.env", "inner/deep.env", "../../outside.env", "large.env", "sub", ".", "..", "", good,
                         "sub/../good.env/", "good.env/x", "/dev/zero", "x" * 5000):
                reply = refused(gateway.create("a", env_file=path), 400)
                texts.add(reply.message)
            same(len(texts), 1)
            texts = {gateway.create("a", namespace=namespace, env_file="theirs.env").message
                     for namespace in ("alias", "missing", "default")} | texts
            same(len(texts), 1)
            assert "no variables" in refused(gateway.create("a", env_file="empty.env"), 400).message
            same(gateway.create("a", namespace="other", env_file="theirs.env").status, 201)
            same(gateway.names(), [])
            key = gateway.add_key("scoped", "--namespace", "default")
            body = {"name": "a", "image": "x", "namespace": "other", "env_file": "theirs.env"}
            refused(gateway.ask("POST", API, body, key=key), 403)


def test_env_file_stays_in_the_folder_of_its_namespace():
    check_env_files(None)


def test_env_file_stays_there_without_openat2():
    if "K7_NO_OPENAT2" in os.environ:  # the sanitizers do not bear preloading
        check_env_files(os.environ["K7_NO_OPENAT2"])


def test_a_log_that_nobody_reads_stops_nobody():
    with Gateway(reads_log=False) as gateway:
        connection = gateway.connect()
        request = gateway.request_bytes("GET", "/" + "x" * 500, key=False)
        for _ in range(60):  # more lines than the pipe and the gateway's buffer hold
            connection.send(request * 100)
            for _ in range(100):
                same(connection.reply().status, 404)
        connection.close()
        gateway.log_reader.start()
        while not any(entry.get("event") == "log" and entry["message"].endswith(" lines were dropped") for entry in gateway.log[:]):
            same(gateway.ask("GET", "/health").status, 200)  # how many it was is said with a later line


def test_the_log_holds_no_secret_and_no_raw_control_character():
    with Gateway() as gateway:
        secret = "s3cr3t-value"
        gateway.create("a", env={"PASSWORD": secret}, before_script=f"echo {secret}")
        gateway.ask("GET", API, key=secret)
        gateway.ask("GET", f"{API}?token={secret}")
        gateway.ask("GET", "/x\x01\x80\"y")
        gateway.ask("GET", "/x%0a%1b[31m")
        gateway.log_line(lambda entry: entry.get("path", "").startswith("/x%0a"))
        raw = str(gateway.log)
        assert secret not in raw and gateway.key not in raw, raw
        line = gateway.log_line(lambda entry: entry.get("method") == "POST")
        same(sorted(line), ["key", "method", "ms", "path", "peer", "status", "time"])
        same((line["path"], line["status"], line["key"], line["peer"]), (API, 201, "test", "127.0.0.1"))
        assert isinstance(line["ms"], int) and line["time"].startswith(time.strftime("%Y-", time.gmtime())), line


if __name__ == "__main__":
    main(globals())
