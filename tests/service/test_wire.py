"""For what reaches the service as bytes: malformed and doubtful requests, limits, slow clients, floods."""
import contextlib
import http.client
import re
import socket
import time

import pytest

GOOD = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
SECRET = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def statuses(answer):
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def post(fields, body=b"", path=b"/v1/lint"):
    return b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + fields + b"\r\n" + body


DOUBTFUL = {
    "both lengths": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SECRET),
    "two lengths": post(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}" + SECRET),
    "two different lengths": post(b"Content-Length: 2\r\nContent-Length: 45\r\n", b"{}" + SECRET),
    "length list": post(b"Content-Length: 2, 2\r\n", b"{}" + SECRET),
    "signed length": post(b"Content-Length: +2\r\n", b"{}" + SECRET),
    "negative length": post(b"Content-Length: -2\r\n", b"{}" + SECRET),
    "blank before colon": post(b"Content-Length : 2\r\n", b"{}" + SECRET),
    "tab before colon": post(b"Transfer-Encoding\t: chunked\r\n", b"0\r\n\r\n" + SECRET),
    "coding list": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n" + SECRET),
    "coding twice": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SECRET),
    "coding misspelt": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SECRET),
    "coding quoted": post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n" + SECRET),
    "folded coding": post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n" + SECRET),
    "bare line feeds": b"GET /livez HTTP/1.1\nHost: localhost\n\n" + SECRET,
    "bare line feed in the middle": b"GET /livez HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n" + SECRET,
    "bare carriage return": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n" + SECRET,
    "NUL in a value": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: \0\r\n\r\n" + SECRET,
    "underscore in a name": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent_Length: 45\r\n\r\n" + SECRET,
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n" + SECRET,
    "two Hosts": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n" + SECRET,
    "host in target differs": b"GET http://other/livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + SECRET,
    "signed chunk": post(b"Transfer-Encoding: chunked\r\n", b"+2\r\n{}\r\n0\r\n\r\n" + SECRET),
    "hexadecimal prefix of a chunk": post(b"Transfer-Encoding: chunked\r\n", b"0x2\r\n{}\r\n0\r\n\r\n" + SECRET),
    "chunk beyond 64 bits": post(b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff1\r\n{}\r\n0\r\n\r\n" + SECRET),
    "chunk without line end": post(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}0\r\n\r\n" + SECRET),
    "chunk with bare line feed": post(b"Transfer-Encoding: chunked\r\n", b"2\n{}\r\n0\r\n\r\n" + SECRET),
    "long chunk extension": post(b"Transfer-Encoding: chunked\r\n", b"2;" + b"x" * 300 + b"\r\n{}\r\n0\r\n\r\n" + SECRET),
    "field behind a body": post(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\nX: y\r\n\r\n" + SECRET),
    "length behind a body": post(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\nContent-Length: 45\r\n\r\n" + SECRET),
    "many fields behind a body": post(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 10_000 + b"\r\n" + SECRET),
    "chunked in HTTP/1.0": b"POST /v1/lint HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "blank line in front": b"\r\n" + GOOD,
    "escaped slash": b"GET /v1%2fruns HTTP/1.1\r\nHost: localhost\r\n\r\n" + SECRET,
    "climbing path": b"GET /v1/../livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + SECRET,
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_doubtful_request_gets_one_refusal_and_the_connection_ends(service, name):
    found = statuses(service.send(DOUBTFUL[name]))
    assert len(found) == 1 and found[0] in (400, 505), found
    assert statuses(service.send(GOOD)) == [200]


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_doubtful_request_behind_a_good_one_is_refused_too(service, name):
    found = statuses(service.send(GOOD + DOUBTFUL[name]))
    assert found[0] == 200 and len(found) == 2 and found[1] in (400, 505), found


def test_a_request_that_stops_at_any_byte_harms_nobody(service):
    whole = post(b"Content-Length: 2\r\n", b"{}")
    for size in range(len(whole)):
        assert statuses(service.send(whole[:size])) in ([], [400]), whole[:size]
    assert statuses(service.send(whole)) == [200]


def test_requests_may_come_in_pieces_and_in_rows(service):
    assert statuses(service.send(GOOD * 20)) == [200] * 20
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as client:
        for byte in post(b"Transfer-Encoding: chunked\r\n", b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n"):
            client.sendall(bytes([byte]))
        assert statuses(client.recv(65536)) == [200]


def test_sizes_have_limits(service):
    def status(request):
        return statuses(service.send(request))

    assert status(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") == [414]
    assert status(b"GET /" + b"a" * 100_000) == [414]
    assert status(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n") == [431]
    assert status(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 101 + b"\r\n") == [431]
    assert status(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 100_000) == [431]
    assert status(post(b"Content-Length: 1048577\r\n")) == [413]
    assert status(post(b"Transfer-Encoding: chunked\r\n", b"100001\r\n" + b" " * 0x100001 + b"\r\n0\r\n\r\n")) == [413]
    assert status(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx") == [413]


def test_a_body_is_asked_for_only_when_it_would_be_taken(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as client:
        client.sendall(post(b"Expect: 100-continue\r\nContent-Length: 2\r\n"))
        assert statuses(client.recv(65536)) == [100]
        client.sendall(b"{}")
        assert statuses(client.recv(65536)) == [200]
    refused = post(b"Expect: 100-continue\r\nContent-Length: 2000000\r\n")
    assert statuses(service.send(refused)) == [413]
    assert statuses(service.send(post(b"Expect: 200-maybe\r\nContent-Length: 2\r\n", b"{}"))) == [417]


def test_a_strange_host_or_origin_is_refused(service):
    for host in ("evil.example", "127.0.0.1.evil.example", "127.evil.example", "localhost.evil.example"):
        assert service.ask("GET", "/livez", Host=host)[0] == 421
    assert service.ask("GET", "/livez", Origin="http://evil.example")[0] == 403
    assert service.ask("GET", "/livez", Origin="null")[0] == 403
    assert service.ask("GET", "/livez", Host="localhost:1", Origin="http://localhost:1")[0] == 200


def test_a_target_may_be_absolute_and_a_host_end_with_a_dot(service):
    for line, host in ((b"GET http://localhost/livez", b"localhost"), (b"GET HTTP://LocalHost:80/livez", b"localhost"),
                       (b"GET http://localhost:8000/livez?x=1", b"localhost:8000"), (b"GET /livez", b"localhost."), (b"GET /livez", b"LOCALHOST.:1")):
        assert statuses(service.send(line + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")) == [200], (line, host)
    assert statuses(service.send(b"GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n")) == [200]
    assert statuses(service.send(b"GET http://evil.example/livez HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == [421]
    for target in (b"ftp://localhost/", b"http:///livez", b"http://localhost:1/livez"):
        assert statuses(service.send(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")) == [400], target


def test_a_field_that_may_stand_once_stands_once(service):
    for name in (b"Authorization: Bearer x", b"Content-Type: application/json", b"Origin: http://localhost", b"Idempotency-Key: k"):
        found = statuses(service.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + (name + b"\r\n") * 2 + b"\r\n"))
        assert found == [400], name


def test_paths_methods_and_types_have_their_refusals(service):
    assert service.ask("GET", "/none")[0] == 404
    status, headers, problem = service.ask("DELETE", "/v1/runs")
    assert (status, headers["Allow"]) == (405, "POST, GET, HEAD")
    assert problem["status"] == 405 and problem["detail"].endswith("DELETE")
    assert service.ask("POST", "/v1/lint", "{}", Content_Type="text/plain")[0] == 415
    status, headers, body = service.ask("HEAD", "/health")
    assert status == 200 and int(headers["Content-Length"]) > 0


@pytest.mark.long
def test_a_head_and_a_body_that_never_come_whole_are_given_up(service):
    whole_but_slow = post(b"Content-Length: 1000000\r\n", b" " * 100_000)  # its rate would let it take 100 s
    for text, least, most in ((b"GET /livez HTTP/1.1\r\nHost: lo", 9, 15), (post(b"Content-Length: 2\r\n", b"{"), 4, 10), (whole_but_slow, 29, 40)):
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as client:
            began = time.monotonic()
            client.sendall(text)
            assert statuses(client.recv(65536)) == [408]
            assert least < time.monotonic() - began < most


def test_one_connection_serves_many_requests(service):
    client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    with contextlib.closing(client):
        ids = set()
        for _ in range(100):
            client.request("GET", "/livez")
            answer = client.getresponse()
            answer.read()
            ids.add(answer.headers["X-Request-Id"])
        assert len(ids) == 100
