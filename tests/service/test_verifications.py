"""For verifications over REST: what a run sent against a landed copy, as the command line has it."""
import json
import shutil
import signal

import pytest

from service.serving import PATIENCE_S, discarding, filling
from service.test_runs import ENDLESS

HOURS = {"start": "2026-01-01T00:00:00Z", "until": "2026-01-01T02:00:00Z"}
LONG = {"start": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
BROKEN = [{"streams": "transactions", "chance": "1%", **fault} for fault in (
    {"fault": "truncate"}, {"fault": "rename_field", "field": "amount", "to": "total"}, {"fault": "duplicate"})]


def poured(service, folder, faults=(), clock=HOURS):
    """Gives a run that is over."""
    scenario = filling(folder, **clock)
    if faults:
        scenario["chaos"] = list(faults)
    run = service.ended(service.run(scenario))
    assert run["state"] == "completed", run
    return run["id"]


def asked(service, run, **wishes):
    """Asks for a verification and gives its id."""
    status, headers, body = service.ask("POST", f"/v1/runs/{run}/verify", wishes)
    assert status == 202, body
    assert headers["Location"] == f"/v1/verifications/{body['id']}" == body["links"]["self"]
    assert body["state"] in ("accepted", "running") and body["run"] == run and body["clean"] is None
    return body["id"]


def ended(service, verification):
    """Gives a verification as soon as it is over."""
    return service.wait_for_answer(f"/v1/verifications/{verification}", lambda body: body["state"] not in ("accepted", "running"))


def objects_of(service, folder):
    return [path for path in (service.folder / "files" / folder).rglob("*.json") if path.name.startswith("aggregated")]


@pytest.mark.parametrize("faults", [(), BROKEN])
def test_where_the_run_went_is_clean(service, faults):
    folder = "clean-broken" if faults else "clean"
    run = poured(service, folder, faults)
    body = ended(service, asked(service, run))
    assert (body["state"], body["clean"]) == ("completed", True), body
    report = body["report"]
    [stream] = service.get(f"/v1/runs/{run}/manifest")["streams"]
    assert report["run"] == run and report["total"]["sent"] == stream["rows"] > 10_000
    assert {one["ordered_by"]: one["strokes"] for one in report["streams"][0]["ordered"]} == {
        one["name"]: one["strokes"] for one in stream.get("faults", [])}


def test_mistakes_of_a_copy_are_found_as_the_command_line_finds_them(service, headwater, tmp_path):
    run = poured(service, "taken")
    copy = service.folder / "files" / "landed"
    shutil.copytree(service.folder / "files" / "taken", copy, ignore=shutil.ignore_patterns("manifest*"))
    [path] = [path for path in copy.rglob("*.json")]
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:7] + lines[8:20] + [lines[21], lines[20]] + lines[22:]))
    body = ended(service, asked(service, run, **{"from": "file:landed", "examples": 3, "streams": ["transactions"]}))
    assert (body["state"], body["clean"]) == ("completed", False)
    assert body["request"]["from"] == "file:landed" and body["report"]["from"] == "file:landed"
    total = body["report"]["total"]
    assert (total["lost"], total["reordered"]) == (1, 1)
    assert [one["row"] for one in body["report"]["differences"] if one["kind"] == "lost"] == [7]

    headwater("run", "payments", "--streams", "transactions", "--until", HOURS["until"], "--to", f"file:{tmp_path / 'again'}",
              "--run-id", run, "--quiet")
    done = headwater("verify", tmp_path / "again", "--from", f"file:{copy}", "--report", f"json={tmp_path / 'r.json'}",
                     "--examples", 3, "--streams", "transactions", check=False)
    assert done.returncode == 1
    theirs = json.loads((tmp_path / "r.json").read_text())
    assert {**theirs, "from": ""} == {**body["report"], "from": ""}

    status, headers, page = service.ask("GET", body["links"]["report"])
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "2 differences" in page and run in page
    [listed] = service.get(f"/v1/runs/{run}/verifications")["verifications"]
    assert listed["id"] == body["id"] and "report" not in listed


def test_a_run_that_was_stopped_is_compared_up_to_where_it_came(service):
    scenario = filling("cut-off", **ENDLESS)
    run = service.run(scenario)
    service.wait_for(run, lambda body: body["records"] > 2000)
    service.ask("POST", f"/v1/runs/{run}/stop")
    stopped = service.ended(run)
    body = ended(service, asked(service, run))
    assert body["clean"] is True, body
    assert body["report"]["total"]["sent"] == stopped["records"]


def test_wrong_requests_are_refused_and_nothing_is_kept(service):
    run = poured(service, "asked")
    for wishes, path in [({"form": "json"}, "form"), ({"format": "xml"}, "format"), ({"examples": 1001}, "examples"),
                         ({"examples": True}, "examples"), ({"from": ""}, "from"), ({"streams": "all"}, "streams"), ([], "")]:
        status, _, problem = service.ask("POST", f"/v1/runs/{run}/verify", wishes)
        assert status == 400 and [one["path"] for one in problem["errors"]] == [path], problem
    for wishes, said in [({"from": "file:../../etc"}, "not a folder below"), ({"from": "file:/etc"}, "not a folder below"),
                         ({"from": "stdout:"}, "no standard output"), ({"from": "ftp://x"}, "Target is none of"),
                         ({"from": "kafka://localhost:1/t?config=/etc/passwd"}, "not for clients"),
                         ({"dead_letters": "file:/etc"}, "not a folder below"), ({"streams": ["orders"]}, "no such stream: orders"),
                         ({"original": "footer"}, "none of value")]:
        status, _, problem = service.ask("POST", f"/v1/runs/{run}/verify", wishes)
        assert status == 400 and said in problem["detail"], problem
    assert service.get(f"/v1/runs/{run}/verifications")["verifications"] == []
    for path in ("/v1/verifications/none", "/v1/verifications/none/report.html", "/v1/runs/none/verifications"):
        assert service.ask("GET", path)[0] == 404
    assert service.ask("POST", "/v1/runs/none/verify", {})[0] == 404
    assert service.ask("POST", "/v1/verifications/none/stop")[0] == 404


def test_what_is_not_over_or_failed_cannot_be_compared(service):
    run = service.run(discarding(**ENDLESS))
    status, _, problem = service.ask("POST", f"/v1/runs/{run}/verify", {})
    assert status == 409 and "has not ended well" in problem["detail"]
    service.ask("POST", f"/v1/runs/{run}/stop")
    service.ended(run)
    status, _, problem = service.ask("POST", f"/v1/runs/{run}/verify", {})
    assert status == 400 and "Copy can be read from none but" in problem["detail"]


def test_a_copy_that_is_not_there_fails_with_a_reason(service):
    run = poured(service, "present")
    body = ended(service, asked(service, run, **{"from": "file:absent"}))
    assert (body["state"], body["clean"], body["report"]) == ("failed", None, None)
    assert "no such file or folder" in body["reason"]
    assert service.ask("GET", f"/v1/verifications/{body['id']}/report.html")[0] == 409


def test_a_verification_is_stopped_before_its_turn_and_under_way(service):
    run = poured(service, "long", clock=LONG)
    first, second, third = (asked(service, run) for _ in range(3))
    status, _, body = service.ask("POST", f"/v1/verifications/{third}/stop")
    assert status == 202 and body["state"] == "stopped" and body["reason"] == "It was stopped before its turn"
    status, _, body = service.ask("POST", f"/v1/verifications/{second}/stop")
    assert status == 202
    stopped = ended(service, second)
    assert stopped["state"] == "stopped" and stopped["report"] is None
    assert ended(service, first)["clean"] is True
    assert service.get(f"/v1/verifications/{third}")["state"] == "stopped"


def test_a_verification_is_begun_anew_after_a_kill_and_kept_over_restarts(serve):
    service = serve()
    run = poured(service, "long", clock=LONG)
    first = asked(service, run)
    service.process.send_signal(signal.SIGKILL)
    service.process.wait(PATIENCE_S)
    again = serve()
    body = ended(again, first)
    assert (body["state"], body["clean"]) == ("completed", True), body
    assert again.stop() == 0
    once_more = serve()
    assert once_more.get(f"/v1/verifications/{first}")["report"] == body["report"]


def test_an_end_of_the_service_does_not_wait_for_a_verification(serve):
    service = serve()
    run = poured(service, "long", clock=LONG)
    first = asked(service, run)
    assert service.stop() == 0
    again = serve()
    assert ended(again, first)["clean"] is True


def test_cleaning_a_run_forgets_its_verifications(service):
    run = poured(service, "to-be-cleaned")
    body = ended(service, asked(service, run))
    assert body["clean"] is True
    assert service.ask("POST", f"/v1/runs/{run}/clean")[0] == 202
    service.wait_for(run, lambda document: document["cleaning"]["state"] == "done")
    assert service.get(f"/v1/runs/{run}/verifications")["verifications"] == []
    assert service.ask("GET", f"/v1/verifications/{body['id']}")[0] == 404


def test_buckets_and_topics_are_read_with_the_credentials_of_the_service(serve, minio, kafka):
    service = serve(**minio.environment(), KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap)
    bucket, topic = "verified-over-rest", "verified-over-rest"
    where = f"endpoint={minio.endpoint}"
    scenario = filling("unused", **HOURS)
    scenario["outputs"] = [{"streams": "transactions", "to": f"s3://{bucket}/bronze?{where}&create_bucket=true"},
                           {"streams": "transactions", "to": f"kafka://{kafka.bootstrap}/{topic}?partitions=2&retention.ms=-1"}]
    scenario["chaos"] = BROKEN
    run = service.ended(service.run(scenario))
    assert run["state"] == "completed", run
    for wishes in ({}, {"from": f"s3://{bucket}/bronze?{where}"}, {"from": f"kafka://{kafka.bootstrap}/{topic}"}):
        body = ended(service, asked(service, run["id"], **wishes))
        assert body["clean"] is True, (wishes, body["reason"] if "reason" in body else body["report"]["total"])


def test_every_output_of_a_run_is_compared(service):
    scenario = filling("first-output", **HOURS)
    scenario["outputs"].append({"streams": "device_logs", "to": "file:second-output"})
    scenario["outputs"].append({"streams": "transactions", "to": "discard:"})
    run = service.ended(service.run(scenario))
    assert run["state"] == "completed", run
    body = ended(service, asked(service, run["id"]))
    assert body["clean"] is True and len(body["report"]["outputs"]) == 2
    assert body["report"]["total"]["sent"] == sum(one["total"]["sent"] for one in body["report"]["outputs"]) == run["records"]
    for path in objects_of(service, "second-output"):
        path.unlink()
    body = ended(service, asked(service, run["id"]))
    assert body["clean"] is False or body["state"] == "failed", body
    assert ended(service, asked(service, run["id"], streams=["transactions"]))["clean"] is True
    assert service.ask("POST", f"/v1/runs/{run['id']}/verify", {"streams": ["none"]})[0] == 400


def test_what_was_switched_on_while_a_run_went_on_is_expected_just_so(service):
    run = service.run(filling("switched-and-verified", **ENDLESS))
    service.wait_for(run, lambda body: body["records"] > 1000)
    for fault in ({"fault": "truncate", "name": "cut", "chance": "20%"},
                  {"fault": "rename_field", "name": "named", "field": "amount", "to": "total", "streams": "transactions", "chance": "20%"}):
        status, _, body = service.ask("POST", f"/v1/runs/{run}/faults", fault)
        assert status == 202, body
    service.wait_for(run, lambda body: {one["name"] for one in body["faults"] if one["strokes"] > 50} == {"cut", "named"})
    service.ask("POST", f"/v1/runs/{run}/stop")
    stopped = service.ended(run)
    body = ended(service, asked(service, run))
    assert body["clean"] is True, body
    assert {one["ordered_by"]: one["strokes"] for one in body["report"]["streams"][0]["ordered"]} == {
        one["name"]: one["strokes"] for one in stopped["faults"]}
