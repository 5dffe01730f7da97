"""For runs that outlive what executes them: a signal hands them to the next start, and a stopped one is taken up again. Each
record is there once, as in a run that nothing was done to."""
import json
import re
import uuid

import pytest
from confluent_kafka.admin import NewTopic

from integration.test_kafka import read
from service.serving import OVER, discarding, filling
from service.test_runs import ENDLESS

CLOCK = {"start": "2026-01-01T00:00:00Z", "rate": "4000/s"}
LIVING = {"packs": {"sensors": {"sensors": 200}}, "outputs": [{"streams": "telemetry", "to": "file:out"}]}


def first_row(path):
    return int(re.match(r"aggregated_(\d+)-", path.name)[1])


def lines_of(folder):
    """Gives the lines of a run's objects, in the order of their rows."""
    paths = sorted((path for path in folder.rglob("*") if path.name.startswith("aggregated_")), key=first_row)
    return [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def whole(service, run, headwater, folder):
    """Gives the lines of an undisturbed run of the same scenario, up to where a run came, as fast as it goes."""
    scenario = json.loads(service.get(f"/v1/runs/{run}/scenario"))
    scenario = {**scenario, "clock": {"start": scenario["clock"]["start"], "until": service.get(f"/v1/runs/{run}/manifest")["reached"]},
                "outputs": [{"streams": one["streams"], "to": "file:out"} for one in scenario["outputs"]]}
    folder.mkdir()
    (folder / "scenario.yaml").write_text(json.dumps(scenario), encoding="utf-8")
    headwater("run", "scenario.yaml", "--quiet", cwd=folder)
    return lines_of(folder / "out")


def more(service, run, records):
    """Waits until a run has made so many records more."""
    known = service.get(f"/v1/runs/{run}")["records"]
    return service.wait_for(run, lambda body: body["state"] in OVER or body["records"] > known + records)


def stop(service, run):
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    return service.ended(run)


def resume(service, run):
    status, _, body = service.ask("POST", f"/v1/runs/{run}/resume")
    assert status == 202, body
    return body


def test_a_signal_hands_runs_to_the_next_start(serve, headwater, tmp_path):
    scenario = filling("handed", **CLOCK)
    service = serve()
    run = service.run(scenario)
    for _ in range(2):
        known = more(service, run, 3000)
        assert service.stop() == 0
        assert not lines_of(service.folder / "files" / "handed"), "nothing was ended"
        service = serve()
        body = service.get(f"/v1/runs/{run}")
        assert body["state"] not in OVER and body["records"] >= known["records"]
        service.wait_for(run, lambda body: body["state"] == "running" and "reason" not in body)
    ended = stop(service, run)
    assert ended["state"] == "stopped"
    lines = lines_of(service.folder / "files" / "handed")
    assert len(lines) == ended["records"] and lines == whole(service, run, headwater, tmp_path / "whole")


def test_a_signal_drains_runs_where_that_is_asked_for(serve):
    service = serve("--on-stop", "drain")
    run = service.run(filling("drained", **ENDLESS))
    more(service, run, 500)
    assert service.stop() == 0
    service = serve()
    body = service.get(f"/v1/runs/{run}")
    assert body["state"] == "stopped" and body["reason"] == "The service was shut down"
    assert len(lines_of(service.folder / "files" / "drained")) == body["records"]


@pytest.mark.parametrize("layout", ["grouped", "chunked", "single"])
def test_a_stopped_run_is_taken_up_again_without_a_gap_or_a_duplicate(service, headwater, tmp_path, layout):
    scenario = filling(f"again-{layout}", **{**CLOCK, "rate": "400/s" if layout == "single" else "4000/s"})
    scenario["outputs"][0] |= {"layout": layout, **({"max_chunk_size": "100 kB"} if layout == "chunked" else {})}
    run = service.run(scenario)
    for times in range(3):
        assert service.get(f"/v1/runs/{run}")["resumed"] == times
        more(service, run, 300)
        ended = stop(service, run)
        assert ended["state"] == "stopped"
        manifest = service.get(f"/v1/runs/{run}/manifest")
        assert manifest["streams"][0]["rows"] == ended["records"]
        assert resume(service, run)["state"] == "accepted"
        assert service.ask("GET", f"/v1/runs/{run}/manifest")[0] == 409, "it is not over any more"
    ended = stop(service, run)
    assert ended["resumed"] == 3
    folder = service.folder / "files" / f"again-{layout}"
    if layout == "single":
        lines = [path.read_text(encoding="utf-8").strip() for path in folder.rglob("*.json") if path.name != "manifest.json"]
    else:
        lines = lines_of(folder)
    wanted = whole(service, run, headwater, tmp_path / "whole")
    assert sorted(lines) == sorted(wanted) if layout == "single" else lines == wanted
    there = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert there["streams"][0]["rows"] == ended["records"] and there["reached"] >= manifest["reached"]


def test_a_copy_of_a_run_that_was_taken_up_again_is_clean(service):
    run = service.run(filling("verified", **CLOCK))
    more(service, run, 2000)
    stop(service, run)
    resume(service, run)
    more(service, run, 2000)
    ended = stop(service, run)
    status, headers, _ = service.ask("POST", f"/v1/runs/{run}/verify", {})
    assert status == 202
    report = service.wait_for_answer(headers["Location"], lambda body: body["state"] == "completed")
    assert report["clean"] and report["report"]["total"]["landed"] == ended["records"]


def test_what_a_stop_let_out_early_does_not_come_again(service):
    """Records that a fault holds back are delivered by the stop; behind it there are those that were not."""
    scenario = filling("held", **CLOCK)
    scenario["chaos"] = [{"fault": "delay", "streams": "transactions", "chance": "20%", "by": "1min..3h"}]
    run = service.run(scenario)
    for _ in range(3):
        more(service, run, 1500)
        ended = stop(service, run)
        resume(service, run)
    ended = stop(service, run)
    ids = [json.loads(line)["transaction_id"] for line in lines_of(service.folder / "files" / "held")]
    assert len(ids) == len(set(ids)) == ended["records"]
    manifest = service.get(f"/v1/runs/{run}/manifest")
    assert manifest["streams"][0]["generated"] == ended["records"], "there is no gap"


@pytest.mark.parametrize("pack", ["payments", "sensors"])
def test_kafka_gets_each_record_once_over_kills_signals_and_stops(serve, kafka, headwater, tmp_path, pack):
    topic = f"lives-{pack}-{uuid.uuid4()}"
    admin = kafka.admin()
    admin.create_topics([NewTopic(topic, 1, config={"retention.ms": "-1"})])[topic].result(60)
    stream = "transactions" if pack == "payments" else "telemetry"
    scenario = {"packs": {pack: {"sensors": 200} if pack == "sensors" else {}}, "clock": CLOCK,
                "outputs": [{"streams": stream, "to": f"kafka://{kafka.bootstrap}/{topic}"}]}
    service = serve()
    run = service.run(scenario)
    for end in ("kill", "signal", "stop", "stop and kill", "pause and signal", "signal"):
        more(service, run, 3000)
        if "pause" in end:
            service.ask("POST", f"/v1/runs/{run}/pause")
            paused = service.wait_for(run, lambda body: body["state"] == "paused")
        if "stop" in end:
            stop(service, run)
        if "kill" in end:
            service.kill()
        elif "signal" in end:
            assert service.stop() == 0
        if end != "stop":
            service = serve()
        if "pause" in end:
            assert service.wait_for(run, lambda body: body["state"] == "paused")["records"] == paused["records"]
        if "stop" in end or "pause" in end:
            resume(service, run)
    ended = stop(service, run)
    assert ended["resumed"] == 2
    values = [record.value.decode() for record in sorted(read(kafka, topic), key=lambda record: record.offset)]
    assert len(values) == ended["records"]
    wanted = whole(service, run, headwater, tmp_path / "whole")
    assert values == wanted if pack == "payments" else sorted(values) == sorted(wanted)


def test_a_live_run_makes_up_for_the_time_without_a_service(serve):
    service = serve()
    scenario = filling("live", history="1s", then="live")
    scenario["packs"]["payments"] = {"payments_rate": "200/s", "sleep": "0%", "weekends": "0%"}
    run = service.run(scenario)
    more(service, run, 200)
    assert service.stop() == 0
    service = serve()
    more(service, run, 200)
    stop(service, run)
    resume(service, run)
    more(service, run, 200)
    ended = stop(service, run)
    records = [json.loads(line) for line in lines_of(service.folder / "files" / "live")]
    assert len(records) == len({one["transaction_id"] for one in records}) == ended["records"]
    times = [one["timestamp"] for one in records]
    assert times == sorted(times)


def test_a_run_that_never_had_its_turn_is_taken_up_again(serve):
    service = serve("--max-running", "1")
    first, second = service.run(discarding(**ENDLESS)), service.run(discarding(until="2026-01-01T00:01:00Z"))
    assert stop(service, second)["records"] == 0
    resume(service, second)
    stop(service, first)
    assert service.ended(second)["state"] == "completed"


def test_a_run_that_failed_is_taken_up_again(service):
    """What was in its way may be gone: here a file where its folder belongs."""
    place = service.folder / "files" / "in the way"
    place.parent.mkdir(exist_ok=True)
    place.write_text("not a folder", encoding="utf-8")
    run = service.run(filling("in the way", until="2026-01-01T01:00:00Z"))
    assert service.ended(run)["state"] == "failed"
    place.unlink()
    resume(service, run)
    ended = service.ended(run)
    assert ended["state"] == "completed" and len(lines_of(place)) == ended["records"] > 0


def test_what_is_complete_or_was_removed_is_not_taken_up(service):
    done = service.run(discarding(until="2026-01-01T00:01:00Z"))
    assert service.ended(done)["state"] == "completed"
    status, _, problem = service.ask("POST", f"/v1/runs/{done}/resume")
    assert status == 409 and "completed" in problem["detail"]
    removed = service.run(filling("removed", **CLOCK))
    more(service, removed, 100)
    stop(service, removed)
    service.ask("POST", f"/v1/runs/{removed}/clean")
    service.wait_for(removed, lambda body: (body["cleaning"] or {}).get("state") == "done")
    status, _, problem = service.ask("POST", f"/v1/runs/{removed}/resume")
    assert status == 409 and "removed" in problem["detail"]
    assert service.ask("POST", "/v1/runs/none/resume")[0] == 404


def test_a_run_that_is_stopped_while_it_repeats_ends_where_it_was(serve, headwater, tmp_path):
    """Living entities are made again from a kept state on; what is asked of a run meanwhile holds behind that."""
    service = serve()
    scenario = {**LIVING, "clock": {**CLOCK, "rate": "40000/s"}}
    run = service.run(scenario)
    known = more(service, run, 60_000)
    service.kill()
    service = serve()
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    ended = service.ended(run)
    assert ended["state"] == "stopped" and ended["records"] > known["records"] / 2
    lines = lines_of(service.folder / "files" / "out")
    assert len(lines) == ended["records"] == service.get(f"/v1/runs/{run}/manifest")["streams"][0]["rows"]
    resume(service, run)
    assert service.ask("POST", f"/v1/runs/{run}/pause")[0] == 202
    paused = service.wait_for(run, lambda body: body["state"] == "paused")
    assert paused["records"] >= ended["records"]
    assert service.stop() == 0
    service = serve()
    again = service.wait_for(run, lambda body: body["state"] == "paused")
    assert again["records"] == paused["records"] and again["instant"] == paused["instant"]
    resume(service, run)
    more(service, run, 10_000)
    ended = stop(service, run)
    lines = lines_of(service.folder / "files" / "out")
    assert len(lines) == ended["records"]
    assert sorted(lines) == sorted(whole(service, run, headwater, tmp_path / "whole"))
