"""For faults and incidents that are switched while a run goes on: from an instant on, kept over a kill, repeated by the
command of the manifest."""
import json
import shlex

import pytest

from service.serving import discarding, filling
from service.test_runs import records_in

CLOCK = {"start": "2026-01-01T00:00:00Z", "until": "2026-01-03T00:00:00Z", "rate": "8000/s"}
SENSORS = {"packs": {"sensors": {"sensors": 200}}, "clock": {**CLOCK, "rate": "20000/s"},
           "outputs": [{"streams": "telemetry", "to": "file:down"}], "answer_key": {"to": "file:key"}}


def switch(service, run, what, body):
    status, _, document = service.ask("POST", f"/v1/runs/{run}/{what}", body)
    assert status == 202, document
    return document


def come_on(service, run, name):
    """Waits until something is on and some records were made under it."""
    body = service.wait_for(run, lambda body: any(one["name"] == name and one["from"] for one in body["switches"]))
    return service.wait_for(run, lambda now: now["records"] > body["records"] + 3000)


def repeat(service, headwater, run, folder):
    """Runs the command of a manifest on the scenario of the run, as fast as it goes."""
    scenario = json.loads(service.get(f"/v1/runs/{run}/scenario"))
    del scenario["clock"]["rate"]
    (folder / "scenario.yaml").write_text(json.dumps(scenario), encoding="utf-8")
    command = shlex.split(service.get(f"/v1/runs/{run}/manifest")["command"])
    assert command[:3] == ["headwater", "run", "scenario.yaml"]
    headwater(*command[1:], "--quiet", cwd=folder)
    return command


def test_a_fault_that_is_switched_on_and_off_is_repeated_by_the_command(service, headwater, tmp_path):
    run = service.run(filling("switched", **CLOCK))
    service.wait_for(run, lambda body: body["records"] > 5000)
    asked = switch(service, run, "faults", {"fault": "delay", "streams": "transactions", "name": "slow", "chance": "5%", "by": "1s..2s", "for": "1h"})
    assert (asked["kind"], asked["name"]) == ("fault", "slow")
    come_on(service, run, "slow")
    switch(service, run, "faults", {"fault": "drop", "name": "loss", "chance": "30%"})
    come_on(service, run, "loss")
    assert 'headwater_switches{kind="fault"} 0\n' not in service.get("/metrics")
    assert service.ask("DELETE", f"/v1/runs/{run}/faults/loss")[0] == 202
    service.wait_for(run, lambda body: body["switches"][1]["state"] == "off")
    switch(service, run, "faults", {"fault": "duplicate", "name": "twice", "chance": "50%"})
    come_on(service, run, "twice")
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    ended = service.ended(run)
    slow, loss, twice = ended["switches"]
    assert slow["from"] < slow["until"] and slow["from"] < loss["from"] < loss["until"] <= twice["from"]
    assert twice["until"] is None
    struck = {one["name"]: one["strokes"] for one in ended["faults"] if one["stream"] == "payments.transactions"}
    assert set(struck) == {"loss", "slow", "twice"} and all(struck.values())
    assert service.get(f"/v1/runs/{run}/faults")["switches"] == [slow, loss, twice]
    command = repeat(service, headwater, run, tmp_path)
    assert sum(word == "--chaos" for word in command) == 3
    theirs, ours = records_in(tmp_path / "switched"), records_in(service.folder / "files" / "switched")
    assert len(ours) == ended["records"] > 10_000 and theirs == ours
    [stream] = service.get(f"/v1/runs/{run}/manifest")["streams"]
    there = json.loads((tmp_path / "switched" / "manifest.json").read_text(encoding="utf-8"))
    assert [one["sha256"] for one in stream["objects"]] == [one["sha256"] for one in there["streams"][0]["objects"]]
    assert stream["faults"] == there["streams"][0]["faults"]


def test_a_fault_is_taken_as_a_scenario_takes_it(service):
    run = service.run(discarding(**CLOCK))
    for body in ({"fault": "drop"}, {"fault": "drop", "name": "all"}, {"fault": "drop", "chance": "200%"}, {"fault": "drop", "chance": "1%", "odd": 1}):
        status, _, problem = service.ask("POST", f"/v1/runs/{run}/faults", body)
        assert status == 400 and problem["errors"], body
        scenario = {**discarding(**CLOCK), "chaos": [body]}
        assert service.ask("POST", "/v1/runs", scenario)[0] == 400, body
    for body in ({"fault": "drop", "for": "10min", "name": "window"}, {"fault": "drop", "chance": "1%", "name": "share"}):
        assert service.ask("POST", f"/v1/runs/{run}/faults", body)[0] == 202, body
    for scenario in ({**discarding(**CLOCK), "incidents": [None]}, {**discarding(**CLOCK), "chaos": [None]}):
        assert service.ask("POST", "/v1/runs", scenario)[0] == 400
    service.ask("POST", f"/v1/runs/{run}/stop")


def test_a_run_that_is_switched_never_goes_back(service):
    run = service.run({**SENSORS, "outputs": [{"streams": "telemetry", "to": "file:forward"}], "answer_key": {"to": "file:forward-key"}})
    service.wait_for(run, lambda body: body["records"] > 60_000)
    switch(service, run, "faults", {"fault": "drop", "name": "loss", "chance": "1%"})
    seen = []
    service.wait_for(run, lambda body: seen.append((body["records"], body["instant"], body["streams"][0]["records"])) or body["records"] > 90_000)
    assert seen == sorted(seen)
    service.ask("POST", f"/v1/runs/{run}/stop")


def test_a_stream_is_listed_once_with_its_outputs(service):
    scenario = {**discarding(until="2026-01-01T01:00:00Z"), "outputs": [{"streams": "transactions", "to": "discard:"}, {"streams": "transactions", "to": "file:also"}]}
    body = service.ended(service.run(scenario))
    [stream] = body["streams"]
    assert stream["name"] == "payments.transactions" and stream["records"] == body["records"] > 0
    assert stream["outputs"][0] == "discard:" and stream["outputs"][1].endswith("/also") and len(stream["outputs"]) == 2


def test_an_incident_that_is_switched_on_and_off_is_repeated_by_the_command(service, headwater, tmp_path):
    run = service.run(SENSORS)
    service.wait_for(run, lambda body: body["records"] > 5000)
    switch(service, run, "incidents", {"run": "gateway_down", "for": "12h"})
    status, _, problem = service.ask("POST", f"/v1/runs/{run}/incidents", {"run": "gateway_down"})
    assert status == 409 and "gateway_down" in problem["detail"]
    body = come_on(service, run, "gateway_down")
    assert service.ask("DELETE", f"/v1/runs/{run}/incidents/gateway_down")[0] == 202
    service.wait_for(run, lambda body: body["switches"][0]["state"] == "off")
    switch(service, run, "incidents", {"run": "sensors.gateway_down"})
    come_on(service, run, "sensors.gateway_down")
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    ended = service.ended(run)
    first, second = ended["switches"]
    assert first["from"] < first["until"] <= second["from"] < second["until"]
    manifest = service.get(f"/v1/runs/{run}/manifest")
    noted = {(one["from"], one["until"]) for one in manifest["incidents"]}
    if first["until"] < second["from"]:
        assert noted == {(one["from"], one["until"]) for one in (first, second)}
    else:
        assert noted == {(first["from"], second["until"])}
    repeat(service, headwater, run, tmp_path)
    in_order = lambda records: sorted(records, key=lambda record: (record["at"], record["sensor_id"]))
    theirs, ours = records_in(tmp_path / "down"), records_in(service.folder / "files" / "down")
    assert len(ours) == ended["records"] > 10_000 and in_order(theirs) == in_order(ours)
    named = [entry for path in (service.folder / "files" / "key").rglob("*.json") for line in path.read_text("utf-8").splitlines()
             if (entry := json.loads(line)).get("name") == "gateway_down"]
    assert named, body


def test_a_killed_service_goes_on_with_what_was_switched(serve, headwater, tmp_path):
    service = serve()
    run = service.run(filling("killed", **CLOCK))
    service.wait_for(run, lambda body: body["records"] > 3000)
    switch(service, run, "faults", {"fault": "duplicate", "name": "twice", "chance": "20%"})
    come_on(service, run, "twice")
    service.kill()
    service = serve()
    [one] = service.get(f"/v1/runs/{run}")["switches"]
    assert (one["name"], one["state"]) == ("twice", "on")
    body = service.wait_for(run, lambda body: body["state"] == "running")
    service.wait_for(run, lambda now: now["records"] > body["records"] + 3000)
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    ended = service.ended(run)
    repeat(service, headwater, run, tmp_path)
    theirs, ours = records_in(tmp_path / "killed"), records_in(service.folder / "files" / "killed")
    assert len(ours) == ended["records"] and theirs == ours


def test_what_is_asked_of_a_paused_run_holds_when_it_goes_on(service):
    run = service.run(discarding(**CLOCK))
    service.wait_for(run, lambda body: body["records"] > 100)
    service.ask("POST", f"/v1/runs/{run}/pause")
    paused = service.wait_for(run, lambda body: body["state"] == "paused")
    switch(service, run, "faults", {"fault": "nullify", "streams": "transactions", "field": "merchant", "chance": "10%"})
    body = service.wait_for(run, lambda body: body["switches"][0]["state"] == "on" and body["state"] == "paused")
    assert body["records"] == paused["records"]
    service.ask("POST", f"/v1/runs/{run}/resume")
    service.wait_for(run, lambda body: any(one["strokes"] > 0 for one in body["faults"]))
    assert [one["change"] for one in service.get(f"/v1/runs/{run}")["changes"]] == ["pause", "resume"]
    service.ask("POST", f"/v1/runs/{run}/stop")


@pytest.mark.parametrize(("what", "body", "path"), [
    ("faults", {"fault": "dorp", "chance": "2%"}, "chaos.1.fault"),
    ("faults", {"fault": "drop", "chance": "2%", "at": "10h"}, "at"),
    ("faults", {"fault": "drop", "chance": "2%", "for": 10}, "for"),
    ("faults", {"fault": "drop", "chance": "2%", "name": "a b"}, "name"),
    ("faults", {"fault": "nullify", "field": "merchand", "chance": "2%"}, "chaos.1"),
    ("faults", {"chance": "2%"}, "fault"),
    ("faults", [], ""),
    ("incidents", {"run": "gateway_down"}, "incidents.1"),
    ("incidents", {"run": ""}, "run"),
    ("incidents", {"run": "x", "every": "1h"}, "every"),
])
def test_mistakes_are_named_and_nothing_is_switched(service, what, body, path):
    run = service.run(discarding(**CLOCK))
    status, _, problem = service.ask("POST", f"/v1/runs/{run}/{what}", body)
    assert status == 400 and path in {one["path"] for one in problem["errors"]}, problem
    assert service.get(f"/v1/runs/{run}/{what}")["switches"] == []
    service.ask("POST", f"/v1/runs/{run}/stop")


def test_what_must_be_settled_before_a_run_is_refused(service):
    scenario = filling("columns", **CLOCK)
    scenario["outputs"][0]["format"] = "parquet"
    run = service.run(scenario)
    for fault in ({"fault": "truncate", "streams": "transactions", "chance": "1%"},
                  {"fault": "nullify", "streams": "transactions", "field": "merchant", "chance": "1%"}):
        status, _, problem = service.ask("POST", f"/v1/runs/{run}/faults", fault)
        assert status == 400 and "parquet" in problem["detail"], problem
    switch(service, run, "faults", {"fault": "drop", "chance": "1%"})
    assert service.ask("POST", f"/v1/runs/{run}/faults", {"fault": "drop", "chance": "2%"})[0] == 409
    assert service.ask("DELETE", f"/v1/runs/{run}/faults/delay")[0] == 404
    service.ask("POST", f"/v1/runs/{run}/stop")
    service.ended(run)
    assert service.ask("POST", f"/v1/runs/{run}/faults", {"fault": "drop", "name": "late", "chance": "2%"})[0] == 409
    assert service.ask("DELETE", f"/v1/runs/{run}/faults/drop")[0] == 409
    assert service.ask("GET", "/v1/runs/none/faults")[0] == 404


def test_several_switches_at_once_strike_every_output_and_no_target_loses_records(service, headwater, tmp_path):
    scenario = filling("left", **CLOCK)
    scenario["outputs"] += [{"streams": ["transactions", "device_logs"], "to": "file:right"}]
    run = service.run(scenario)
    service.wait_for(run, lambda body: body["records"] > 5000)
    seen = []

    def counts(body):
        seen.append([body["instant"], *(one["records"] for one in body["sinks"]), *(one["strokes"] for one in body["faults"] if one["name"] == "loss")])
        return body

    switch(service, run, "faults", {"fault": "drop", "name": "loss", "chance": "20%"})
    switch(service, run, "faults", {"fault": "duplicate", "streams": "transactions", "name": "twice", "chance": "10%"})
    switch(service, run, "faults", {"fault": "drop", "streams": "device_logs", "name": "silence", "chance": "50%"})
    service.wait_for(run, lambda body: all(one["state"] == "on" for one in counts(body)["switches"]))
    service.ask("POST", f"/v1/runs/{run}/pause")
    service.wait_for(run, lambda body: counts(body)["state"] == "paused")
    assert service.ask("DELETE", f"/v1/runs/{run}/faults/twice")[0] == service.ask("DELETE", f"/v1/runs/{run}/faults/silence")[0] == 202
    service.wait_for(run, lambda body: [one["state"] for one in counts(body)["switches"]] == ["on", "off", "off"] and body["state"] == "paused")
    service.ask("POST", f"/v1/runs/{run}/resume")
    known = service.get(f"/v1/runs/{run}")["records"]
    service.wait_for(run, lambda body: counts(body)["records"] > known + 5000)
    service.ask("POST", f"/v1/runs/{run}/stop")
    ended = counts(service.ended(run))
    for place in range(1 + len(ended["sinks"])):
        column = [one[place] for one in seen if len(one) > place]
        assert column == sorted(column), place
    assert [one["name"] for one in ended["streams"]] == ["payments.transactions", "payments.device_logs"]
    assert [len(one["outputs"]) for one in ended["streams"]] == [2, 1] and len(ended["sinks"]) == 2
    repeat(service, headwater, run, tmp_path)
    files = service.folder / "files"
    for place in ("left", "right/transactions", "right/device_logs"):
        assert records_in(files / place) == records_in(tmp_path / place), place
    assert records_in(files / "left") == records_in(files / "right" / "transactions")
