"""For clients that take more than their share: connections, requests, and bytes that hardly come. Others must not feel them."""
import contextlib
import http.client
import re
import select
import selectors
import socket
import statistics
import time

import pytest

from service.serving import PATIENCE_S

HEAD = b"POST /v1/lint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@contextlib.contextmanager
def flood(service, count, text, addresses=16):
    """Opens so many connections from several addresses of loopback, says the text on each, and keeps them."""
    with contextlib.ExitStack() as stack:
        opened = []
        for i in range(count):
            with contextlib.suppress(OSError):
                client = socket.create_connection(("127.0.0.1", service.port), 5, (f"127.0.0.{2 + i % addresses}", 0))
                stack.callback(client.close)
                client.sendall(text)
                opened.append(client)
        yield opened


def answer_from(service, address, path="/livez"):
    """Gives status and fields of one answer to a client of that address."""
    client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S, source_address=(address, 0))
    with contextlib.closing(client):
        client.request("GET", path)
        answer = client.getresponse()
        answer.read()
        return answer.status, answer.headers


def p99_of_others(service, count=200, between=lambda: None):
    """Gives the time that a well-behaved client waits, at the 99th percentile, in seconds."""
    times = []
    for _ in range(count):
        began = time.monotonic()
        assert service.ask("GET", "/health")[0] == 200
        times.append(time.monotonic() - began)
        between()
    return statistics.quantiles(times, n=100)[98]


@pytest.mark.parametrize("text", [b"", b"G", b"GET /livez HTTP/1.1\r\nHost: lo", HEAD + b"{", HEAD[:-2] + b"Expect: 100-continue\r\n\r\n"],
                         ids=["idle", "one byte", "half a head", "half a body", "a body that was asked for"])
def test_a_flood_does_not_keep_others_out(serve, text):
    service = serve()
    with flood(service, 1200, text):
        assert p99_of_others(service) < 1


def test_an_address_has_its_share_of_connections_and_no_more(serve):
    service = serve("--address-connections", "8")
    with flood(service, 8, HEAD + b"{", addresses=1) as held, flood(service, 200, b"G", addresses=1):
        assert answer_from(service, "127.0.0.2")[0] == 200, "one that waits gave way"
        assert answer_from(service, "127.0.0.1")[0] == 200
        held[0].settimeout(PATIENCE_S)
        assert held[0].recv(1000) == b"", "those that wait longest were closed"


@contextlib.contextmanager
def answered_in_vain(service):
    """Opens a connection that asks for much and reads nothing of it, so that the service is held up by its answers."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.bind(("127.0.0.2", 0))
        client.connect(("127.0.0.1", service.port))
        client.setblocking(False)
        while select.select([], [client], [], 0.5)[1]:
            with contextlib.suppress(BlockingIOError):
                client.send(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
        yield


def test_an_address_that_leaves_no_room_is_told_so(serve):
    service = serve("--address-connections", "2")
    with answered_in_vain(service), answered_in_vain(service):
        status, headers = answer_from(service, "127.0.0.2")
        assert (status, headers["Retry-After"]) == (429, "1")
        assert answer_from(service, "127.0.0.1")[0] == 200


def test_an_address_that_asks_too_often_is_told_to_come_again(serve):
    service = serve("--address-rate", "10")
    answers = [answer_from(service, "127.0.0.2") for _ in range(60)]
    refused = [headers for status, headers in answers if status == 429]
    assert {status for status, _ in answers} == {200, 429} and len(refused) > 20
    assert {headers["Retry-After"] for headers in refused} == {"1"}
    assert answer_from(service, "127.0.0.1")[0] == 200
    assert 'route="none",status="429"' not in service.get("/metrics"), "they count for their route"


def test_a_connection_lives_on_behind_a_request_that_came_too_soon(serve):
    service = serve("--address-rate", "1")
    ask = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert re.findall(rb"HTTP/1.1 (\d+)", service.send(ask * 5)) == [b"200", b"200", b"429", b"429", b"429"]


class Drips:
    """Many bodies of which a byte comes now and then, and how they end."""

    def __init__(self, clients):
        self.selector = selectors.DefaultSelector()
        self.left = set(clients)
        self.answers = []
        self.next = time.monotonic()
        for client in clients:
            client.setblocking(False)
            self.selector.register(client, selectors.EVENT_READ)

    def drip(self, patience_s=0.0):
        for key, _ in self.selector.select(patience_s):
            self.selector.unregister(key.fileobj)
            self.left.discard(key.fileobj)
            with contextlib.suppress(OSError):
                self.answers.append(key.fileobj.recv(1000)[:12])
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 0.2
        for client in self.left:
            with contextlib.suppress(OSError):
                client.send(b" ")


def test_bodies_that_hardly_come_are_given_up_and_others_do_not_wait(serve):
    service = serve()
    with flood(service, 900, HEAD) as clients:
        began = time.monotonic()
        drips = Drips(clients)
        assert p99_of_others(service, between=drips.drip) < 1
        while drips.left and time.monotonic() < began + PATIENCE_S:
            drips.drip(0.05)
        assert not drips.left and time.monotonic() - began < 20
    assert drips.answers.count(b"HTTP/1.1 408") > 800


def test_a_body_that_comes_slowly_but_steadily_is_taken(service):
    """Slower than the grace, faster than the least rate."""
    body = b" " * 20_000 + b"{}"
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE_S) as client:
        client.sendall(HEAD.replace(b"100000", str(len(body)).encode()))
        began = time.monotonic()
        for start in range(0, len(body), 2000):
            client.sendall(body[start:start + 2000])
            client.settimeout(0.7)
            with contextlib.suppress(TimeoutError):
                client.recv(1, socket.MSG_PEEK)
        client.settimeout(PATIENCE_S)
        assert client.recv(1000).startswith(b"HTTP/1.1 200") and time.monotonic() - began > 6
