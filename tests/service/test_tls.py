"""For TLS: who may listen without it, what is spoken, and that nothing else is heard."""
import contextlib
import http.client
import json
import socket
import ssl
import subprocess

import pytest

from servers.certificates import certificates_in
from service.serving import PATIENCE_S, Service, discarding

TOKEN = "token-0123456789-abcdef"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Gives the files of a certificate of loopback."""
    return certificates_in(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def sealed(program, tmp_path_factory, shown):
    """Gives a service that listens on every address, with TLS and a token."""
    one = Service(program, tmp_path_factory.mktemp("sealed"), "--host", "0.0.0.0", "--tls-cert", shown.certificate, "--tls-key", shown.key,
                  HEADWATER_TOKEN=TOKEN)
    yield one
    assert one.stop() == 0


def trusting(shown, **changes):
    context = ssl.create_default_context(cafile=shown.authority)
    for name, value in changes.items():
        setattr(context, name, value)
    return context


@contextlib.contextmanager
def client_of(sealed, shown, **changes):
    client = http.client.HTTPSConnection("localhost", sealed.port, timeout=PATIENCE_S, context=trusting(shown, **changes))
    with contextlib.closing(client):
        yield client


def ask(client, method, path, body=None, **fields):
    client.request(method, path, body, {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **fields})
    answer = client.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_requests_of_any_size_are_answered_on_one_connection(sealed, shown, version):
    with client_of(sealed, shown, minimum_version=version, maximum_version=version) as client:
        for size in (2, 4096, 16_384, 20_000, 200_000):
            text = json.dumps({**discarding(until="2026-01-02T00:00:00Z"), "scenario": "x" * size})
            status, text = ask(client, "POST", "/v1/lint", text)
            assert status == 200 and json.loads(text)["is_valid"]
            assert ask(client, "GET", "/openapi.json")[0] == 200
        assert client.sock.version() == version.name.replace("_", ".")
    assert "Serving https://0.0.0.0:" in sealed.log.read_text()


def test_curl_agrees(sealed, shown):
    told = subprocess.run(["curl", "-sS", "--cacert", shown.authority, f"https://localhost:{sealed.port}/health"],
                          capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert json.loads(told.stdout)["status"] == "healthy"


def test_old_versions_are_not_spoken(sealed, shown):
    context = trusting(shown)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", sealed.port), PATIENCE_S) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize("text", [b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 70_000, b"\0" * 1000])
def test_what_is_no_tls_gets_no_answer_and_harms_nobody(sealed, shown, text):
    answer = sealed.send(text)
    assert b"HTTP" not in answer and len(answer) < 100
    with client_of(sealed, shown) as client:
        assert ask(client, "GET", "/livez")[0] == 200


def test_a_refused_request_gets_its_answer_before_the_end(sealed, shown):
    with socket.create_connection(("127.0.0.1", sealed.port), PATIENCE_S) as plain, trusting(shown).wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(b"POST /v1/lint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                       + TOKEN.encode() + b"\r\nContent-Length: 2000000\r\n\r\n" + b" " * 300_000)
        parts = []
        while part := client.recv(65536):
            parts.append(part)
        assert b"".join(parts).startswith(b"HTTP/1.1 413") and b"Connection: close" in b"".join(parts)


def test_handshakes_that_do_not_come_keep_nobody_out(sealed, shown):
    with contextlib.ExitStack() as flood:
        for i in range(300):
            client = socket.create_connection(("127.0.0.1", sealed.port), 5, (f"127.0.0.{2 + i % 16}", 0))
            flood.callback(client.close)
            client.sendall(b"\x16\x03\x01")
        with client_of(sealed, shown) as client:
            assert ask(client, "GET", "/livez")[0] == 200


def test_beyond_loopback_a_token_is_needed(sealed, shown):
    with client_of(sealed, shown) as client:
        assert ask(client, "GET", "/v1/runs", Authorization="Bearer other-token-0123456")[0] == 401
        assert ask(client, "GET", "/v1/runs")[0] == 200


@pytest.mark.parametrize("flags, variables, told", [
    (["--host", "0.0.0.0"], {}, "HEADWATER_TOKEN must be set"),
    (["--host", "0.0.0.0"], {"HEADWATER_TOKEN": TOKEN}, "TLS is needed"),
    (["--host", "0.0.0.0", "--allow-plaintext"], {}, "HEADWATER_TOKEN must be set"),
    (["--tls-cert", "CERTIFICATE"], {}, "without HEADWATER_TLS_KEY"),
    (["--tls-key", "KEY"], {}, "without HEADWATER_TLS_CERT"),
    (["--tls-cert", "none.pem", "--tls-key", "KEY"], {}, "none.pem"),
    (["--tls-cert", "CERTIFICATE", "--tls-key", "none.pem"], {}, "none.pem"),
    (["--tls-cert", "CERTIFICATE", "--tls-key", "CERTIFICATE"], {}, "Key cannot be read"),
    (["--tls-cert", "AUTHORITY", "--tls-key", "KEY"], {}, "does not fit")])
def test_a_service_that_would_be_open_does_not_begin(headwater, tmp_path, shown, flags, variables, told):
    files = {"CERTIFICATE": shown.certificate, "KEY": shown.key, "AUTHORITY": shown.authority}
    found = headwater("serve", "--port", "0", *[files.get(flag, flag) for flag in flags], check=False, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **variables})
    assert found.returncode == 2 and told in found.stderr, found.stderr
