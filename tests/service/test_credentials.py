"""For whom the service shows its credentials: the servers of its settings, and nobody whom a client names."""
import contextlib
import http.server
import socketserver
import struct
import threading

import pytest

from service.serving import discarding, filling
from service.test_runs import DAY
from service.test_verifications import ended as verified

PASSWORD = "a-password-of-kafka"
SASL = "sasl.mechanism=PLAIN"


class HttpPlace:
    """A server of HTTP at `place`, whose answers are those of a handler, until the block ends."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.place = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Broker:
    """Looks like a broker long enough to be shown a password; keeps every byte that it gets."""

    def __init__(self):
        self.got = b""

        class Handler(socketserver.StreamRequestHandler):
            def handle(handler):
                with contextlib.suppress(OSError, struct.error):
                    while size := handler.rfile.read(4):
                        frame = handler.rfile.read(struct.unpack(">i", size)[0])
                        self.got += frame
                        api, version, correlation = struct.unpack(">hhi", frame[:8])
                        body = self.answer_to(api, version)
                        handler.wfile.write(struct.pack(">ii", 4 + len(body), correlation) + body)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.place = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def answer_to(api, version):
        if api == 18:
            ranges = b"".join(struct.pack(">hhh", one, 0, 12) for one in range(40))
            return struct.pack(">hi", 35 if version > 0 else 0, 40) + ranges
        return struct.pack(">hih", 0, 1, 5) + b"PLAIN" if api == 17 else struct.pack(">h", 58)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Bucket(HttpPlace):
    """Takes requests of S3, keeps their heads, and refuses them."""

    def __init__(self):
        self.heads = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def refuse(handler):
                self.heads.append(str(handler.headers))
                handler.send_response(403)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            do_GET = do_PUT = do_HEAD = do_POST = refuse

            def log_message(handler, *_):
                pass

        super().__init__(Handler)


def pouring(to, **options):
    return {"packs": {"payments": {}}, "clock": DAY, "outputs": [{"streams": "transactions", "to": to, **options}]}


SERVICE = {"KAFKA_USERNAME": "me", "KAFKA_PASSWORD": PASSWORD, "AWS_ACCESS_KEY_ID": "AKIDOFTHESERVICE",
           "AWS_SECRET_ACCESS_KEY": "secret-of-the-service", "AWS_SESSION_TOKEN": "token-of-the-service"}


def test_the_password_goes_to_the_servers_of_the_settings(serve):
    """The others are worth something only because this fake is shown it."""
    with Broker() as ours:
        service = serve(KAFKA_BOOTSTRAP_SERVERS=ours.place.replace("127.0.0.1", "LocalHost"), **SERVICE)
        where = ours.place.replace("127.0.0.1", "localhost")
        run = service.run(pouring(f"kafka://{where}/t?security.protocol=SASL_PLAINTEXT&{SASL}"))
        body = service.ended(run)
        assert body["state"] == "failed" and PASSWORD.encode() in ours.got


@pytest.mark.parametrize("to", [
    "kafka://{place}/t?security.protocol=SASL_PLAINTEXT&" + SASL, "kafka://{place}/t?security.protocol=sasl_plaintext&" + SASL,
    "kafka://{place}/t?security.protocol=Sasl_Ssl&" + SASL, "kafka:///t?bootstrap.servers={place}&security.protocol=sasl_plaintext&" + SASL,
    "kafka:///t?metadata.broker.list={place}&security.protocol=sasl_plaintext&" + SASL,
    "kafka://localhost:9092,{place}/t?security.protocol=sasl_plaintext&" + SASL, "kafka://{place},localhost:9092/t?security.protocol=sasl_plaintext&" + SASL,
    "kafka://{place}/t?security.protocol=sasl_plaintext&sasl.username=you&" + SASL])
def test_no_server_that_a_client_names_is_shown_the_password(serve, to):
    with Broker() as theirs:
        service = serve(KAFKA_BOOTSTRAP_SERVERS="localhost:9092", **SERVICE)
        to = to.format(place=theirs.place)
        plain = service.ended(service.run(filling("poured", **DAY)))
        for path, body in (("/v1/runs", pouring(to)), (f"/v1/runs/{plain['id']}/verify", {"from": to}),
                           (f"/v1/runs/{plain['id']}/verify", {"dead_letters": to})):
            status, _, problem = service.ask("POST", path, body)
            assert status == 400 and "settings only" in problem["detail"], (path, problem)
        to, options = to.split("?", 1)
        asked = dict(option.split("=", 1) for option in options.split("&"))
        assert service.ask("POST", "/v1/runs", pouring(to, **asked))[0] == 400
        assert theirs.got == b""


def test_a_server_that_a_client_names_is_spoken_to_without_a_password(serve):
    with Broker() as theirs:
        service = serve(KAFKA_BOOTSTRAP_SERVERS="localhost:9092", **SERVICE)
        run = service.run(pouring(f"kafka://{theirs.place}/t"))
        service.ended(run)
        assert theirs.got and PASSWORD.encode() not in theirs.got and b"PLAIN" not in theirs.got


@pytest.mark.parametrize("theirs", ["http://{place}", "HTTP://{place}/", "{place}"])
def test_no_endpoint_that_a_client_names_is_shown_keys(serve, theirs):
    with Bucket() as ours, Bucket() as other:
        service = serve(MINIO_ENDPOINT=ours.place, **SERVICE)
        def to(bucket, form="http://{place}"):
            return f"s3://lake/x?endpoint={form.format(place=bucket.place)}"

        known = service.ended(service.run(pouring(to(ours))))
        assert known["state"] == "failed" and "AKIDOFTHESERVICE" in "".join(ours.heads)
        assert "AKIDOFTHESERVICE" in "".join(ours.heads) and "token-of-the-service" in "".join(ours.heads)
        plain = service.ended(service.run(filling("poured", **DAY)))
        status, _, run = service.ask("POST", "/v1/runs", pouring(to(other, theirs)))
        reason = service.ended(run["id"])["reason"] if status == 202 else "settings only"
        assert "settings only" in reason or theirs == "{place}", reason  # which is asked by TLS, and does not speak it
        status, _, body = service.ask("POST", f"/v1/runs/{plain['id']}/verify", {"from": to(other, theirs)})
        reason = verified(service, body["id"])["reason"] if status == 202 else "settings only"
        assert "settings only" in reason or theirs == "{place}", reason
        shown = "".join(other.heads).lower()
        assert "authorization" not in shown and "akid" not in shown and "token-of" not in shown
        if theirs == "http://{place}":
            assert other.heads, "nobody was asked"


def test_the_settings_name_their_endpoint_without_a_scheme_and_in_any_case(serve):
    with Bucket() as ours:
        service = serve(MINIO_ENDPOINT=ours.place.replace("127.0.0.1", "LOCALHOST"), **SERVICE)
        endpoint = ours.place.replace("127.0.0.1", "localhost")
        service.ended(service.run(pouring(f"s3://lake/x?endpoint=http://{endpoint}")))
        assert "AKIDOFTHESERVICE" in "".join(ours.heads)
        assert service.ask("POST", "/v1/runs", discarding(**DAY))[0] == 202
