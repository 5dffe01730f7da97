"""For where the service goes on behalf of its clients: never to itself, never to the metadata of clouds, whatever they write."""
import contextlib
import http.server
import pathlib
import socket
import subprocess
import threading

import pytest

from service.serving import PATIENCE_S, Service, discarding, filling
from service.test_afterwards import Listener, run
from service.test_credentials import HttpPlace, pouring
from service.test_runs import DAY

SECRET = "a secret of sixteen or more"
METADATA = ["169.254.169.254", "[fd00:ec2::254]", "[fd20:ce::254]", "100.100.100.200", "168.63.129.16", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
            "metadata.google.internal", "METADATA.google.internal."]
HIDDEN = ["127.1", "0x7f000001", "0177.0.0.1", "2130706433", "0xA9FEA9FE", "2852039166", "0251.0376.0251.0376", "169.254.43518"]
OWN = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "127.2.3.4", "[::ffff:7f00:1]"]


class Names:
    """Names that lead where a test says, for a service that is started with `variables`."""

    def __init__(self, folder):
        self.file = folder / "names"
        shim = folder / "names.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", shim, pathlib.Path(__file__).with_name("names.c"), "-ldl"], check=True)
        self.variables = {"LD_PRELOAD": str(shim), "NAMES_FILE": str(self.file)}
        self.lead()

    def lead(self, **to):
        self.file.write_text("".join(f"{name.replace('_', '.')} {address}\n" for name, address in to.items()), encoding="utf-8")


class Gossip(HttpPlace):
    """A server that is none of S3, and has something to tell."""

    def __init__(self):
        self.asked = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def tell(handler):
                self.asked.set()
                body = b"<Error><Code>TheSecretOfTheHouse</Code><Message>the-word-is-swordfish</Message><Region>eu-swordfish-1</Region></Error>"
                handler.send_response(400)
                handler.send_header("Content-Length", str(len(body)))
                handler.send_header("x-amz-bucket-region", "eu-swordfish-2")
                handler.end_headers()
                handler.wfile.write(body)

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = tell

            def log_message(handler, *_):
                pass

        super().__init__(Handler)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    return Names(tmp_path_factory.mktemp("names"))


@pytest.fixture(scope="module")
def service(program, tmp_path_factory, names):
    one = Service(program, tmp_path_factory.mktemp("service"), HEADWATER_WEBHOOK_SECRET=SECRET, MINIO_ACCESS_KEY="key", MINIO_SECRET_KEY="secret", **names.variables)
    yield one
    assert one.stop() == 0


def refusals_of(service, host, port):
    """Gives what the service says to a host in every place in which clients can name one."""
    place = f"{host}:{port}"
    for path, body in ((f"/v1/runs?on_complete=http://{place}/x", discarding(**DAY)), ("/v1/runs", pouring(f"s3://lake/x?endpoint=http://{place}")),
                       ("/v1/runs", pouring(f"kafka://{place}/t")), ("/v1/runs", pouring(f"kafka:///t?bootstrap.servers=127.0.0.1:1,{place}"))):
        status, _, problem = service.ask("POST", path, body)
        yield status, problem, path, body


@pytest.mark.parametrize("host", [*METADATA, *HIDDEN])
def test_metadata_and_hidden_addresses_are_refused_at_once_wherever_they_are_named(service, host):
    for status, problem, *what in refusals_of(service, host, 80):
        assert status == 400 and ("may be sent to" in problem["detail"] or "form that hides it" in problem["detail"]), (what, problem)


@pytest.mark.parametrize("host", OWN)
def test_the_own_port_is_refused_at_once_wherever_it_is_named(service, host):
    for status, problem, *what in refusals_of(service, host, service.port):
        assert status == 400 and "may be sent to" in problem["detail"], (what, problem)


def test_a_name_is_looked_up_before_it_is_accepted(service, names):
    names.lead(inner_example="169.254.169.254", six_example="fd00:ec2::254", self_example="::ffff:127.0.0.1")
    for name, port in (("inner.example", 80), ("six.example", 9000), ("self.example", service.port)):
        for status, problem, *what in refusals_of(service, name, port):
            assert status == 400 and "leads to an address" in problem["detail"], (what, problem)


def test_a_name_that_leads_elsewhere_once_it_was_accepted_is_not_connected_to(service, names):
    """A call is given up at once, not tried for a day."""
    with Listener() as listener:
        names.lead(turning_example="127.0.0.1")
        told = run(service, discarding(**DAY), on_complete=f"http://turning.example:{listener.port}/")
        assert listener.calls.get(timeout=PATIENCE_S)
        service.wait_for(told, lambda body: body["on_complete"]["state"] == "delivered")
        going = run(service, discarding(start="2026-01-01T00:00:00Z", rate="1/s"), on_complete="http://other.example:80/")
    names.lead(turning_example="169.254.169.254", other_example="169.254.169.254")
    service.ask("POST", f"/v1/runs/{going}/stop")
    hook = service.wait_for(going, lambda body: body["on_complete"]["state"] == "given up")["on_complete"]
    assert hook["attempts"] == 1 and "may be sent to" in hook["reason"]


@pytest.mark.parametrize("to, verified", [("s3://lake/x?endpoint=http://{place}", False), ("kafka://{place}/t", False),
                                          ("s3://lake/x?endpoint=http://{place}", True), ("kafka://{place}/t", True)])
def test_a_target_that_leads_elsewhere_once_it_was_accepted_is_not_connected_to(serve, names, to, verified):
    names.lead()  # the name leads nowhere when it is accepted
    service = serve(MINIO_ACCESS_KEY="key", MINIO_SECRET_KEY="secret", **names.variables)
    going = service.run(filling("poured", **DAY))
    service.ended(going)
    where = to.format(place="later.example:9")
    if verified:
        status, _, body = service.ask("POST", f"/v1/runs/{going}/verify", {"from": where})
        path = f"/v1/verifications/{body.get('id')}"
    else:
        status, _, body = service.ask("POST", "/v1/runs", pouring(where))
        path = f"/v1/runs/{body.get('id')}"
    assert status == 202, body
    names.lead(later_example="169.254.169.254")
    ended = service.wait_for_answer(path, lambda body: body["state"] in {"failed", "completed"})
    assert ended["state"] == "failed" and "may be sent to" in ended["reason"], ended


def test_servers_of_the_settings_may_be_anywhere(serve):
    with Gossip() as ours:
        service = serve("--target-private", "false", "--target-hosts", "lake.example", MINIO_ENDPOINT=ours.place, MINIO_ACCESS_KEY="key", MINIO_SECRET_KEY="secret",
                        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
        ended = service.ended(service.run(pouring(f"s3://lake/x?endpoint=http://{ours.place}")))
        assert ours.asked.is_set() and "the-word-is-swordfish" in ended["reason"], "whose words are told, as they are ours"
        assert service.ask("POST", "/v1/runs", pouring("kafka://127.0.0.1:1/t"))[0] == 202
        for to in ("s3://lake/x?endpoint=http://127.0.0.1:2", "kafka://127.0.0.1:2/t", "kafka://127.0.0.1:1,127.0.0.1:2/t"):
            status, _, problem = service.ask("POST", "/v1/runs", pouring(to))
            assert status == 400 and "may be sent to" in problem["detail"], problem
        for to in ("s3://lake/x?endpoint=https://other.example", "kafka://other.example/t"):
            status, _, problem = service.ask("POST", "/v1/runs", pouring(to))
            assert status == 400 and "HEADWATER_TARGET_HOSTS" in problem["detail"], problem
        assert service.ask("POST", "/v1/runs", pouring("kafka://Lake.Example:9092/t"))[0] == 202


@pytest.mark.parametrize("verified", [False, True])
def test_what_a_foreign_server_says_is_not_passed_on(service, verified):
    with Gossip() as theirs:
        to = f"s3://lake/x?endpoint=http://{theirs.place}"
        plain = service.ended(service.run(filling("poured", **DAY)))["id"]
        status, _, body = service.ask("POST", f"/v1/runs/{plain}/verify", {"from": to}) if verified else service.ask("POST", "/v1/runs", pouring(to))
        assert status == 202, body
        ended = service.wait_for_answer(f"/v1/{'verifications' if verified else 'runs'}/{body['id']}", lambda body: body["state"] in {"failed", "completed"})
        assert theirs.asked.is_set() and ended["state"] == "failed" and "status 400" in ended["reason"], ended
        assert "swordfish" not in str(ended) and "TheSecret" not in str(ended)
    assert "swordfish" not in service.log.read_text(encoding="utf-8")


def test_receivers_that_do_not_answer_hold_up_nobody(service):
    """Twenty of them, five of which share a host and a port with the good one."""
    with contextlib.ExitStack() as stack:
        deaf = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(15)]
        listener = stack.enter_context(Listener())
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}/" for one in deaf] + [f"http://127.0.0.1:{listener.port}/deaf/{one}" for one in range(5)]
        waiting = [run(service, discarding(**DAY), on_complete=url) for url in urls]
        for one in waiting:
            service.ended(one)
        good = run(service, discarding(**DAY), on_complete=f"http://127.0.0.1:{listener.port}/good")
        service.wait_for(good, lambda body: body["on_complete"]["state"] == "delivered")
        hooks = [service.get(f"/v1/runs/{one}")["on_complete"] for one in waiting]
        assert all(hook["state"] == "waiting" and hook["attempts"] <= 1 for hook in hooks), "the good one was told while all others were waited for"
