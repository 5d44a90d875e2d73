#!/usr/bin/python3
"""How the gateway ends: what is under way is finished, up to a maximum; a second signal ends at once."""

import signal
import socket

from harness import Gateway, PATIENCE_S, main, same

API = "/api/v1/sandboxes"


def begin_create(gateway, name="a"):
    """A create whose head the gateway has accepted: from then on it is under way."""
    body = b'{"name":"%s","image":"x"}' % name.encode()
    connection = gateway.connect()
    connection.send(gateway.request_bytes("POST", API, headers=[f"Content-Length: {len(body)}", "Expect: 100-continue"]))
    same(connection.reply().status, 100)
    return connection.send(body)


def test_sigterm_finishes_what_is_under_way():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Gateway(endpoint="memory:?latency_ms=1000") as gateway:
            idle = gateway.connect().send(gateway.request_bytes("GET", "/health"))
            same(idle.reply().status, 200)
            create = begin_create(gateway)
            gateway.stop(number)
            idle.ended()
            try:
                gateway.connect()
                raise AssertionError("a new connection was accepted")
            except OSError:
                pass
            reply = create.reply()
            same((reply.status, reply.headers["connection"]), (201, "close"))
            create.ended()
            same(gateway.process.wait(PATIENCE_S), 0)


def test_what_takes_too_long_is_cancelled_and_taken_back():
    with Gateway("--drain-seconds", "0", endpoint="memory:?fail=create:hang") as gateway:
        create = begin_create(gateway)
        gateway.stop()
        reply = create.reply()
        same((reply.status, reply.message), (503, "the gateway is shutting down"))
        same(gateway.process.wait(PATIENCE_S), 0)


def test_a_request_whose_body_never_comes_does_not_hold_up_the_end():
    with Gateway("--drain-seconds", "3600", "--request-seconds", "1") as gateway:
        connection = gateway.connect()
        connection.send(gateway.request_bytes("POST", API, headers=["Content-Length: 10", "Expect: 100-continue"]))
        same(connection.reply().status, 100)
        gateway.stop()
        same(gateway.process.wait(PATIENCE_S), 0)


def test_a_second_signal_ends_at_once():
    with Gateway("--drain-seconds", "3600", endpoint="memory:?fail=create:hang") as gateway:
        create = begin_create(gateway)
        gateway.stop()
        gateway.log_line(lambda entry: entry.get("event") == "stop")
        gateway.stop()
        same(gateway.process.wait(PATIENCE_S), 128 + signal.SIGTERM)
        create.ended()


def test_the_port_can_be_taken_again_at_once():
    with Gateway() as first:
        port = first.address[1]
        same(first.ask("GET", "/health").status, 200)
        first.stop()
        same(first.process.wait(PATIENCE_S), 0)
        with Gateway(listen=f"127.0.0.1:{port}") as second:
            same(second.ask("GET", "/health").status, 200)


def test_ipv6():
    if not socket.has_ipv6:
        return
    with Gateway(listen="[::1]:0") as gateway:
        assert gateway.url.startswith("http://[::1]:"), gateway.url
        same(gateway.ask("GET", "/health").status, 200)
        gateway.log_line(lambda entry: entry.get("peer") == "::1")


if __name__ == "__main__":
    main(globals())
