"""For runs over REST: what is accepted, what is refused, how they go on, end, and come back after a restart."""
import json
import signal
import threading

import pytest

from service.serving import OVER, PATIENCE_S, Service, discarding, filling

DAY = {"start": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
ENDLESS = {"start": "2026-01-01T00:00:00Z", "rate": "1000/s"}


def records_in(folder):
    """Gives every record of the objects below a folder."""
    return [json.loads(line) for path in sorted(folder.rglob("*.json")) if path.name.startswith("aggregated")
            for line in path.read_text().splitlines()]


def test_a_run_does_what_the_command_line_does(service, headwater, tmp_path):
    run = service.run(filling("same", **DAY))
    body = service.ended(run)
    assert (body["state"], body["progress"], body["kind"]) == ("completed", 1, "run")
    headwater("run", "payments", "--streams", "transactions", "--until", DAY["until"], "--to", f"file:{tmp_path}", "--run-id", run)
    [theirs], [ours] = (list((folder / "transactions").glob("*.json")) for folder in (service.folder / "files" / "same", tmp_path))
    assert theirs.name == ours.name and theirs.read_bytes() == ours.read_bytes()
    rows = theirs.read_bytes().count(b"\n")
    [stream] = body["streams"]
    assert body["records"] == rows and (stream["name"], stream["records"]) == ("payments.transactions", rows)
    manifest = service.get(f"/v1/runs/{run}/manifest")
    there = json.loads((service.folder / "files" / "same" / "manifest.json").read_text())
    assert manifest["streams"] == there["streams"]


def test_faults_strike_and_are_counted(service):
    scenario = filling("faulty", **DAY)
    scenario["chaos"] = [{"fault": "drop", "chance": "2%"}, {"fault": "nullify", "streams": "transactions", "field": "merchant", "chance": "1%", "name": "no merchant"}]
    body = service.ended(service.run(scenario))
    counted = {fault["name"]: fault["strokes"] for fault in body["faults"] if fault["stream"] == "payments.transactions"}
    assert set(counted) == {"drop", "no merchant"}
    [stream] = service.get(f"/v1/runs/{body['id']}/manifest")["streams"]
    assert counted == {fault["name"]: fault["strokes"] for fault in stream["faults"]} and all(counted.values())
    records = records_in(service.folder / "files" / "faulty")
    assert len(records) == stream["rows"] == stream["generated"] - counted["drop"]
    assert sum(record["merchant"] is None for record in records) == counted["no merchant"]
    status, _, problem = service.ask("POST", "/v1/runs", {**scenario, "chaos": [{"fault": "dorp", "chance": "2%"}]})
    assert status == 400 and problem["errors"][0]["path"] == "chaos.1.fault"


def test_two_outputs_to_one_place_are_refused(service):
    for first, second in (("twice", "./twice"), ("twice", "twice/$(stream)?format=csv")):
        scenario = filling(first, **DAY)
        scenario["outputs"].append({"streams": "transactions", "to": f"file:{second}"})
        status, _, problem = service.ask("POST", "/v1/runs", scenario)
        assert status == 400 and "Two outputs write payments.transactions to one place" in json.dumps(problem)
    scenario["outputs"].pop()
    status, _, problem = service.ask("POST", "/v1/runs", {**scenario, "answer_key": {"to": "file:twice"}})
    assert status == 400 and "Answer key and an output" in json.dumps(problem)
    assert not (service.folder / "files" / "twice").exists()


def test_what_another_run_left_is_removed_when_an_output_says_so(service):
    folder = service.folder / "files" / "again"
    left = []
    for seed, overwrites in ((1, False), (2, False), (3, True)):
        scenario = {**filling("again", start="2026-01-01T00:00:00Z", until="2026-01-01T01:00:00Z"), "seed": seed}
        scenario["outputs"][0]["overwrite"] = overwrites
        assert service.ended(service.run(scenario))["state"] == "completed"
        left.append({path.name for path in (folder / "transactions").iterdir()})
    assert [len(names) for names in left] == [1, 2, 2] and left[0] < left[1] and left[0] < left[2]
    assert not (folder / ".headwater-writing").exists()
    status, _, _ = service.ask("POST", "/v1/runs", {**scenario, "outputs": [{"to": "discard:", "overwrite": True}]})
    assert status == 400


def test_yaml_and_json_say_the_same(service):
    text = "packs: {payments: {}}\nclock: {until: 2026-01-01T01:00:00Z}\noutputs:\n  - {streams: transactions, to: 'discard:'}\n"
    as_yaml = service.ended(service.run(text, Content_Type="application/yaml; charset=utf-8"))
    as_json = service.ended(service.run(discarding(until="2026-01-01T01:00:00Z")))
    assert as_yaml["records"] == as_json["records"] > 0
    assert service.get(f"/v1/runs/{as_yaml['id']}/scenario") == text


@pytest.mark.parametrize("seed", [2**53 + 1, 2**63 + 1, 2**64 - 1])
def test_a_seed_keeps_every_bit(service, headwater, tmp_path, seed):
    run = service.run({**filling(f"seed-{seed}", **DAY), "seed": seed})
    assert service.ended(run)["seed"] == seed and service.get(f"/v1/runs/{run}/manifest")["seed"] == seed
    headwater("run", "payments", "--streams", "transactions", "--until", DAY["until"], "--seed", seed, "--to", f"file:{tmp_path}", "--run-id", run)
    [theirs], [ours] = (list((folder / "transactions").glob("*.json")) for folder in (service.folder / "files" / f"seed-{seed}", tmp_path))
    assert theirs.read_bytes() == ours.read_bytes()
    status, _, problem = service.ask("POST", "/v1/runs", {**discarding(**DAY), "seed": 2**64})
    assert status == 400 and "18446744073709551616" in problem["detail"]


@pytest.mark.parametrize("part", [{"incidents": [None]}, {"chaos": [None]}, {"outputs": [None]}, {"packs": None}, {"incidents": [{"run": None}]},
                                  {"outputs": [{"streams": [None], "to": "discard:"}]}, {"outputs": [{"to": None}]}, {"packs": {"payments": [None]}}])
def test_nothing_where_something_is_needed_is_named_with_its_place(service, part):
    status, _, problem = service.ask("POST", "/v1/runs", {**discarding(**DAY), **part})
    assert status == 400 and problem["errors"][0]["line"] == 1 and problem["errors"][0]["path"].startswith(next(iter(part))), problem


def test_links_lead_nobody_out_of_the_folder_of_files(serve, tmp_path):
    """Not the target itself, nor a folder in it that was put there later, neither for writing nor for reading."""
    service = serve()
    outside, files = tmp_path / "outside", service.folder / "files"
    (outside / "deep").mkdir(parents=True)
    files.mkdir()
    (files / "link").symlink_to(outside)
    (files / "gone").symlink_to(tmp_path / "nothing")
    plain = service.ended(service.run(filling("plain", **DAY)))
    assert plain["state"] == "completed"
    for folder in ("link", "link/deep", "link/new", "plain/../link", "a\nb", "a\tb", "a\x7fb"):
        status, _, problem = service.ask("POST", "/v1/runs", filling(folder, **DAY))
        assert status == 400 and any(words in problem["detail"] for words in ("Links lead out", "control character", "not a folder below")), problem
        status, _, problem = service.ask("POST", f"/v1/runs/{plain['id']}/verify", {"from": f"file:{folder}"})
        assert status == 400, problem
    assert service.ended(service.run(filling("gone", **DAY)))["state"] == "failed"
    (files / "turned").mkdir()
    (files / "turned" / "transactions").symlink_to(outside)
    turned = service.ended(service.run(filling("turned", **DAY)))
    assert turned["state"] == "failed" and "Links lead out" in turned["reason"]
    assert list(outside.rglob("*")) == [outside / "deep"] and not (tmp_path / "nothing").exists()
    (outside / "secret.json").write_text('{"transaction_id": "swordfish"}\n', encoding="utf-8")
    (files / "plain" / "transactions" / "secret.json").symlink_to(outside / "secret.json")
    status, _, body = service.ask("POST", f"/v1/runs/{plain['id']}/verify", {"from": "file:plain"})
    assert status == 202
    found = service.wait_for_answer(f"/v1/verifications/{body['id']}", lambda body: body["state"] in {"completed", "failed"})
    assert found["clean"] is True and "swordfish" not in json.dumps(found)


def test_every_mistake_is_named_with_its_line_and_nothing_is_made(service):
    before = service.get("/v1/runs")["runs"]
    text = "packs:\n  paymens: {}\nclock:\n  untill: 2026-01-02\noutputs:\n  - {to: 'file:$(env.HOME)'}\n"
    status, _, problem = service.ask("POST", "/v1/runs", text, Content_Type="application/yaml")
    assert status == 400 and problem["detail"]
    assert [(one["path"], one["line"]) for one in problem["errors"]] == [("packs", 2), ("clock", 4), ("outputs.1.to", 6)]
    assert "payments" in problem["errors"][0]["hint"]
    assert service.get("/v1/runs")["runs"] == before


def test_a_client_reaches_nothing_of_the_machine(service):
    before = len(service.get("/v1/runs")["runs"])
    for target in ("stdout:", "file:/tmp/x", "file:../x", "file:a/../../x", "file:///etc", "s3://b?ca_file=/etc/passwd", "s3://b?profile=x"):
        scenario = discarding(until="2026-01-02T00:00:00Z")
        scenario["outputs"][0]["to"] = target
        assert service.ask("POST", "/v1/runs", scenario)[0] == 400, target
    for pack in ("../payments", "/etc/passwd", "./payments.yaml", "payments.yaml"):
        assert service.ask("POST", "/v1/runs", {"packs": {pack: {}}})[0] == 400, pack
    escaped = '{"packs": {"payments": {}}, "outputs": [{"to": "file:\\u0024(env.HOME)"}]}'
    status, _, problem = service.ask("POST", "/v1/runs", escaped)
    assert status == 400 and "Variables" in problem["detail"]
    assert service.ask("POST", "/v1/runs", "pack: mine\nversion: 1\nlists: {a: /etc/passwd}\n", Content_Type="application/yaml")[0] == 400
    assert len(service.get("/v1/runs")["runs"]) == before


def test_no_files_are_written_where_none_are_allowed(program, tmp_path):
    service = Service(program, tmp_path / "closed", writes_files=False)
    status, _, problem = service.ask("POST", "/v1/runs", filling("x", **DAY))
    assert status == 400 and "--files" in problem["detail"]
    assert service.stop() == 0


def test_a_run_is_stopped_with_what_it_made(service):
    run = service.run(filling("stopped", **ENDLESS))
    service.wait_for(run, lambda body: body["records"] > 4000)
    assert service.ask("GET", f"/v1/runs/{run}/manifest")[0] == 409
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    body = service.ended(run)
    assert body["state"] == "stopped" and body["limited_by"] == "rate"
    made = records_in(service.folder / "files" / "stopped")
    assert len(made) == body["records"] == service.get(f"/v1/runs/{run}/manifest")["streams"][0]["rows"]
    assert service.ask("POST", f"/v1/runs/{run}/stop")[2]["state"] == "stopped"


def test_unknown_runs_are_not_found(service):
    for method, path in (("GET", ""), ("GET", "/manifest"), ("GET", "/scenario"), ("POST", "/stop")):
        status, _, problem = service.ask(method, "/v1/runs/none" + path)
        assert status == 404 and problem["detail"] == "Run does not exist: none"


def test_lists_come_in_pages(service):
    runs = [service.run(discarding(until="2026-01-01T00:01:00Z")) for _ in range(5)]
    first = service.get("/v1/runs?limit=3")
    second = service.get(f"/v1/runs?limit=2&before={first['next']}")
    assert [one["id"] for one in first["runs"] + second["runs"]] == runs[::-1]
    for query in ("limit=0", "limit=1001", "limit=x", "before=-1", "before=", "other=1"):
        assert service.ask("GET", "/v1/runs?" + query)[0] == 400, query


def test_a_key_gives_the_same_run_again(service):
    scenario = discarding(until="2026-01-01T00:01:00Z")
    one = service.run(scenario, Idempotency_Key="abc")
    assert service.run(scenario, Idempotency_Key="abc") == one
    assert service.run(scenario, Idempotency_Key="abd") != one
    assert service.ask("POST", "/v1/runs", discarding(until="2026-01-01T00:02:00Z"), Idempotency_Key="abc")[0] == 409


def test_a_key_used_by_many_at_once_gives_one_run(service):
    found = []
    scenario = discarding(until="2026-01-01T00:01:00Z")
    threads = [threading.Thread(target=lambda: found.append(service.run(scenario, Idempotency_Key="many"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


def test_some_run_some_wait_and_the_rest_come_again(serve):
    service = serve("--max-running", "2", "--max-waiting", "3")
    runs = [service.run(discarding(**ENDLESS)) for _ in range(5)]
    status, headers, problem = service.ask("POST", "/v1/runs", discarding(**ENDLESS))
    assert status == 429 and int(headers["Retry-After"]) > 0 and problem["detail"]
    for told in ({"packs": {"nothing": {}}}, {"packs": {"sensors": {"sensors": "8M"}}}):
        assert service.ask("POST", "/v1/runs", told)[0] == 429, "it is not read while there is no place for it"
    states = [service.wait_for(run, lambda body: body["state"] == "running")["state"] for run in runs[:2]]
    assert states == ["running"] * 2
    assert [service.get(f"/v1/runs/{run}")["state"] for run in runs[2:]] == ["accepted"] * 3
    assert service.ask("POST", f"/v1/runs/{runs[3]}/stop")[2]["state"] == "stopped"
    service.ask("POST", f"/v1/runs/{runs[0]}/stop")
    service.wait_for(runs[2], lambda body: body["state"] == "running")
    assert service.get(f"/v1/runs/{runs[4]}")["state"] == "accepted"
    page = service.get("/metrics")
    assert 'headwater_runs{state="accepted"} 1\n' in page and 'headwater_runs{state="running"} 2\n' in page


def test_a_signal_keeps_what_waits(serve):
    service = serve("--max-running", "1")
    running, waiting = service.run(discarding(**ENDLESS)), service.run(discarding(until="2026-01-01T00:01:00Z"))
    service.wait_for(running, lambda body: body["records"] > 100)
    assert service.stop() == 0
    service = serve()
    assert service.ended(waiting)["state"] == "completed"
    assert service.get(f"/v1/runs/{running}")["state"] not in OVER


def test_a_second_signal_ends_the_service_at_once(serve):
    service = serve()
    service.run(discarding(**ENDLESS))
    service.process.send_signal(signal.SIGTERM)
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE_S) in (0, 130)


def test_killed_runs_go_on_without_a_gap_or_a_duplicate(serve):
    scenario = filling("killed", **DAY, rate="150000/s")
    scenario["outputs"][0]["layout"] = "chunked"
    service = serve()
    run = service.run(scenario)
    for _ in range(3):
        known = service.wait_for(run, lambda body: body["records"] > 0)["records"]
        service.wait_for(run, lambda body: body["state"] in OVER or body["records"] > known + 150_000)
        service.kill()
        service = serve()
    body = service.ended(run)
    assert body["state"] == "completed" and "reason" not in body
    again = serve(folder="whole")
    whole = again.ended(again.run(filling("whole", **DAY)))
    ids = [one["transaction_id"] for one in records_in(service.folder / "files" / "killed")]
    wanted = [one["transaction_id"] for one in records_in(again.folder / "files" / "whole")]
    assert sorted(ids) == sorted(wanted) and len(ids) == whole["records"] == body["records"]


def test_two_services_never_share_a_folder(serve, program):
    service = serve()
    try:
        Service(program, service.folder)
    except AssertionError as ended:
        assert "Another process has the store of runs" in str(ended)
    else:
        raise AssertionError("a second service began")
    service.get("/health")
