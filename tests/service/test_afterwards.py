"""For what follows a run's end: somebody is told, and what the run made is removed."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import queue
import socket
import threading
import time

import pytest
from confluent_kafka.admin import NewTopic
from confluent_kafka import Producer
from kafka import KafkaAdminClient, TopicPartition
from standardwebhooks import Webhook, WebhookVerificationError

from service.serving import PATIENCE_S, Service, discarding, filling
from service.test_runs import DAY, ENDLESS

SECRET = "a secret of sixteen or more"


class Listener:
    """A server that takes calls, and answers them with what it is told to; below /deaf it says nothing."""

    def __init__(self, *answers, port=0):
        self.calls, self.leaves, answers = queue.Queue(), threading.Event(), list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                if handler.path.startswith("/deaf"):
                    self.leaves.wait(PATIENCE_S)
                handler.send_response(answers.pop(0) if answers else 204)
                handler.send_header("Content-Length", "0")
                handler.send_header("Location", "http://127.0.0.1:1/")
                handler.end_headers()
                self.calls.put((handler.path, dict(handler.headers), body))

            def log_message(handler, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leaves.set()
        self.server.shutdown()
        self.server.server_close()


def run(service, scenario, **options):
    query = "&".join(f"{name}={value}" for name, value in options.items())
    status, _, body = service.ask("POST", "/v1/runs?" + query, scenario)
    assert status == 202, body
    return body["id"]


def is_signed(headers, body):
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{wanted}"


@pytest.fixture(scope="module")
def service(program, tmp_path_factory, minio):
    """Gives a service that may call, and knows MinIO."""
    one = Service(program, tmp_path_factory.mktemp("service"), HEADWATER_WEBHOOK_SECRET=SECRET, **minio.environment())
    yield one
    assert one.stop() == 0


def test_the_end_of_a_run_is_told_signed_and_again_until_it_is_taken(service):
    with Listener(503, 429) as listener:
        told = run(service, discarding(**DAY), on_complete=f"http://127.0.0.1:{listener.port}/done?x=1")
        calls = [listener.calls.get(timeout=PATIENCE_S) for _ in range(3)]
        document = service.wait_for(told, lambda body: body["on_complete"]["state"] == "delivered")
    assert (document["on_complete"]["attempts"], document["on_complete"]["status"]) == (3, 204)
    for path, headers, body in calls:
        assert path == "/done?x=1" and headers["webhook-id"] == told and is_signed(headers, body)
        summary = json.loads(body)
        assert summary["type"] == "run.ended" and summary["data"]["id"] == told
        assert summary["data"]["state"] == "completed" and summary["data"]["records"] == document["records"]


def test_an_answer_that_is_final_is_not_asked_for_again(service):
    with Listener(302) as listener:
        told = run(service, discarding(**DAY), on_complete=f"http://127.0.0.1:{listener.port}/")
        hook = service.wait_for(told, lambda body: body["on_complete"]["state"] == "given up")["on_complete"]
        assert hook["attempts"] == 1 and "302" in hook["reason"] and listener.calls.qsize() == 1


def test_a_killed_service_tells_after_its_restart(serve):
    with Listener() as gone:
        port = gone.port
    service = serve(HEADWATER_WEBHOOK_SECRET=SECRET)
    told = run(service, discarding(**DAY), on_complete=f"http://127.0.0.1:{port}/")
    service.wait_for(told, lambda body: body["on_complete"]["attempts"] > 0)
    service.kill()
    service = serve(HEADWATER_WEBHOOK_SECRET=SECRET)
    with Listener(port=port) as listener:
        _, headers, body = listener.calls.get(timeout=PATIENCE_S)
        assert is_signed(headers, body)
        service.wait_for(told, lambda body: body["on_complete"]["state"] == "delivered")
    assert SECRET not in service.log.read_text()


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "ftp://x/", "http://a:b@c/", "http://[::ffff:169.254.0.1]/", "http://", "x"])
def test_calls_go_nowhere_that_they_should_not(service, url):
    status, _, problem = service.ask("POST", "/v1/runs?on_complete=" + url, discarding(**DAY))
    assert status == 400 and problem["errors"][0]["path"] == "on_complete"


def test_hosts_are_those_of_the_settings_and_nothing_is_told_without_a_secret(serve):
    service = serve("--webhook-hosts", "hooks.example", HEADWATER_WEBHOOK_SECRET=SECRET)
    status, _, problem = service.ask("POST", "/v1/runs?on_complete=http://127.0.0.1:1/", discarding(**DAY))
    assert status == 400 and "HEADWATER_WEBHOOK_HOSTS" in problem["detail"]
    bare = serve(folder="bare")
    status, _, problem = bare.ask("POST", "/v1/runs?on_complete=http://127.0.0.1:1/", discarding(**DAY))
    assert status == 400 and "HEADWATER_WEBHOOK_SECRET" in problem["detail"]
    assert bare.ask("POST", "/v1/runs?ttl=-1", discarding(**DAY))[0] == 400
    assert bare.ask("POST", "/v1/runs?other=1", discarding(**DAY))[0] == 400


def test_a_name_that_leads_to_a_private_network_is_refused(serve):
    service = serve("--webhook-private", "false", HEADWATER_WEBHOOK_SECRET=SECRET)
    with Listener() as listener:
        status, _, problem = service.ask("POST", f"/v1/runs?on_complete=http://localhost:{listener.port}/", discarding(**DAY))
        assert status == 400 and "leads to an address" in problem["detail"] and listener.calls.empty()


def test_the_library_of_the_standard_verifies_what_is_told(serve):
    secret = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
    service = serve(HEADWATER_WEBHOOK_SECRET=secret)
    with Listener() as listener:
        told = run(service, discarding(**DAY), on_complete=f"http://127.0.0.1:{listener.port}/")
        _, headers, body = listener.calls.get(timeout=PATIENCE_S)
    assert Webhook(secret).verify(body, headers)["data"]["id"] == told
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    assert secret not in service.log.read_text(encoding="utf-8")


def test_a_secret_of_the_standard_that_is_none_is_refused(headwater, tmp_path):
    found = headwater("serve", check=False, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HEADWATER_WEBHOOK_SECRET": "whsec_this is no base64"})
    assert found.returncode == 2 and "HEADWATER_WEBHOOK_SECRET begins with whsec_" in found.stderr and "this is no" not in found.stderr


def cleaned(service, which):
    assert service.ask("POST", f"/v1/runs/{which}/clean")[0] == 202
    return service.wait_for(which, lambda body: body["cleaning"]["state"] != "asked")["cleaning"]


def test_files_are_removed_with_the_folder_that_was_made_for_them(service):
    folder = service.folder / "files" / "cleaned"
    which = service.run(filling("cleaned", **DAY))
    service.ended(which)
    assert (folder / "manifest.json").exists()
    report = cleaned(service, which)
    assert report["state"] == "done" and report["objects"] == 2 and report["removed"] == [f"folder {folder}"]
    assert not folder.exists()
    assert cleaned(service, which)["state"] == "done"


def test_what_was_there_before_and_what_others_made_stays(service):
    folder = service.folder / "files" / "shared"
    (folder / "transactions").mkdir(parents=True)
    (folder / "transactions" / "mine.json").write_text("{}")
    first, second = service.run(filling("shared", **DAY)), service.run(filling("shared", **DAY))
    service.ended(first)
    service.ended(second)
    known = json.loads((folder / "manifest.json").read_text())["run"]
    other = {first: second, second: first}[known]
    report = cleaned(service, other)
    assert report["removed"] == [] and "another run" in report["kept"][0]
    assert [path.name for path in folder.rglob("*.json") if other in path.name] == []
    assert [path for path in folder.rglob("*.json") if known in path.name] and (folder / "manifest.json").exists()
    cleaned(service, known)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["mine.json"]


def test_a_bucket_is_removed_unless_others_use_it(service, minio):
    def lake(bucket):
        return {"packs": {"payments": {}}, "clock": DAY, "answer_key": {"to": f"s3://{bucket}/key?endpoint={minio.endpoint}"},
                "outputs": [{"streams": "transactions", "to": f"s3://{bucket}/data?endpoint={minio.endpoint}&create_bucket=true"}]}

    client = minio.client()
    first = service.run(lake("lone-lake"))
    assert service.ended(first)["state"] == "completed"
    report = cleaned(service, first)
    assert report["removed"] == ["bucket lone-lake"] and report["kept"] == []
    assert "lone-lake" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    second = service.run(lake("busy-lake"))
    service.ended(second)
    client.put_object(Bucket="busy-lake", Key="mine", Body=b"x")
    report = cleaned(service, second)
    assert report["state"] == "done" and report["removed"] == [] and "busy-lake" in report["kept"][0]
    assert [item["Key"] for item in client.list_objects_v2(Bucket="busy-lake")["Contents"]] == ["mine"]


def test_a_topic_is_removed_unless_it_was_there_or_holds_more(program, tmp_path, kafka):
    def topic(name):
        return {"packs": {"payments": {}}, "clock": DAY, "outputs": [{"streams": "transactions", "to": f"kafka://{kafka.bootstrap}/{name}?topics=accept"}]}

    admin = kafka.admin()
    admin.create_topics([NewTopic("clean.there", 1)])["clean.there"].result()
    service = Service(program, tmp_path / "service")
    runs = {name: service.run(topic(name)) for name in ("clean.there", "clean.own", "clean.busy")}
    for one in runs.values():
        assert service.ended(one)["state"] == "completed"
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce("clean.busy", b"mine")
    producer.flush()
    reports = {name: cleaned(service, one) for name, one in runs.items()}
    assert reports["clean.own"]["removed"] == ["topic clean.own"]
    assert reports["clean.there"]["removed"] == [] and reports["clean.there"]["kept"] == []
    assert reports["clean.busy"]["removed"] == [] and "clean.busy" in reports["clean.busy"]["kept"][0]
    topics = admin.list_topics(timeout=PATIENCE_S).topics
    assert "clean.own" not in topics and {"clean.there", "clean.busy"} <= set(topics)
    assert service.stop() == 0


def test_a_topic_of_a_run_with_several_outputs_is_kept_when_others_use_it(program, tmp_path, kafka):
    """What went to another output does not hide records of others."""
    scenario = {"packs": {"payments": {}}, "clock": DAY, "outputs": [
        {"streams": "transactions", "to": f"kafka://{kafka.bootstrap}/lane.one"}, {"streams": "device_logs", "to": f"kafka://{kafka.bootstrap}/lane.two"}]}
    service = Service(program, tmp_path / "service")
    run = service.run(scenario)
    assert service.ended(run)["state"] == "completed"
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce("lane.one", b"mine")
    producer.flush()
    report = cleaned(service, run)
    assert report["removed"] == ["topic lane.two"] and "lane.one" in report["kept"][0]
    assert service.stop() == 0


def test_a_topic_whose_oldest_records_are_gone_is_kept_when_others_use_it(program, tmp_path, kafka):
    """What retention took does not make room for records of others."""
    service = Service(program, tmp_path / "service")
    run = service.run({"packs": {"payments": {}}, "clock": DAY, "outputs": [
        {"streams": "transactions", "to": f"kafka://{kafka.bootstrap}/taken?partitions=1&retention.ms=-1"}]})
    body = service.ended(run)
    assert body["state"] == "completed" and body["records"] > 100
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce("taken", b"mine")
    assert producer.flush(PATIENCE_S) == 0
    KafkaAdminClient(bootstrap_servers=kafka.bootstrap).delete_records({TopicPartition("taken", 0): body["records"] - 10})
    report = cleaned(service, run)
    assert report["removed"] == [] and "taken" in report["kept"][0]
    assert service.stop() == 0


def test_what_lives_for_a_while_is_removed_by_itself(serve):
    service = serve()
    folder = service.folder / "files" / "brief"
    which = run(service, filling("brief", **DAY), ttl=1)
    assert service.ended(which)["ttl_s"] == 1
    service.wait_for(which, lambda body: body["cleaning"] and body["cleaning"]["state"] == "done")
    assert not folder.exists()
    later = run(service, filling("later", **DAY), ttl=2)
    service.ended(later)
    service.kill()
    service = serve()
    service.wait_for(later, lambda body: body["cleaning"] and body["cleaning"]["state"] == "done")
    assert not (service.folder / "files" / "later").exists()


def test_a_run_that_goes_on_is_not_removed(service):
    which = service.run(discarding(**ENDLESS))
    assert service.ask("POST", f"/v1/runs/{which}/clean")[0] == 409
    assert service.ask("POST", "/v1/runs/none/clean")[0] == 404
    service.ask("POST", f"/v1/runs/{which}/stop")
    service.ended(which)


def test_the_answer_key_is_read_back_and_a_preview_shows_its_labels(service):
    scenario = {**filling("graded", **DAY), "answer_key": {"to": "file:graded-key"}}
    which = service.run(scenario)
    service.ended(which)
    key = service.get(f"/v1/runs/{which}/answer-key")
    rows = 0
    for one in key["objects"]:
        text = service.get(f"/v1/runs/{which}/answer-key?object={one['name']}")
        rows += sum(1 for _ in map(json.loads, text.splitlines()))
    assert rows == sum(one["rows"] for one in key["objects"]) > 0
    assert service.ask("GET", f"/v1/runs/{which}/answer-key?object=../../etc/passwd")[0] == 404
    bare = service.run(filling("ungraded", **DAY))
    service.ended(bare)
    assert service.ask("GET", f"/v1/runs/{bare}/answer-key")[0] == 409

    status, _, shown = service.ask("POST", "/v1/preview?records=1000", scenario)
    assert status == 200
    [stream] = shown["streams"]
    assert stream["name"] == "payments.transactions" and len(stream["records"]) == 1000
    [first] = (service.folder / "files" / "graded" / "transactions").glob("*.json")
    with contextlib.closing(first.open()) as file:
        assert [one["record"] for one in stream["records"]] == [json.loads(next(file)) for _ in range(1000)]
    assert any(one["labels"] for one in stream["records"])
    assert service.ask("POST", "/v1/preview?records=0", scenario)[0] == 400
    status, _, problem = service.ask("POST", "/v1/preview", "packs:\n  paymens: {}\n", Content_Type="application/yaml")
    assert status == 400 and problem["errors"][0]["line"] == 2


@pytest.mark.parametrize("target", ["kafka://127.0.0.1:{port}/orders", "s3://lake?endpoint=http://127.0.0.1:{port}"])
def test_a_service_whose_targets_say_nothing_ends_in_seconds(serve, target):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        service = serve(MINIO_ACCESS_KEY="x", MINIO_SECRET_KEY="y")
        scenario = discarding(**DAY)
        scenario["outputs"][0]["to"] = target.format(port=deaf.getsockname()[1])
        which = service.run(scenario)
        service.wait_for(which, lambda body: body["state"] == "provisioning")
        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < 3
        service = serve(MINIO_ACCESS_KEY="x", MINIO_SECRET_KEY="y")
        assert service.get(f"/v1/runs/{which}")["state"] in {"interrupted", "provisioning"}
