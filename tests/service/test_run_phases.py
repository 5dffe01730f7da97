"""For runs of the service whose outputs take one phase each: each record once, in its phase, however often the service dies."""
import json

TICKS = {"packs": {"payments": {"payments_rate": "2000/s"}}, "clock": {"history": "60s", "then": "live"}}


def records_in(folder):
    return [json.loads(line) for path in folder.rglob("*.json") if path.name != "manifest.json"
            for line in path.read_text(encoding="utf-8").splitlines()]


def test_history_and_what_comes_live_are_the_run_though_the_service_dies(serve):
    scenario = {**TICKS, "outputs": [{"streams": "transactions", "to": "file:past", "phase": "history"},
                                     {"streams": "transactions", "to": "file:present?layout=chunked&max_chunk_size=100KiB", "phase": "live"}]}
    service = serve()
    run = service.run(scenario)
    for more in (20_000, 4_000, 4_000):
        known = service.get(f"/v1/runs/{run}")["records"]
        service.wait_for(run, lambda body: body["records"] > known + more)
        service.kill()
        service = serve()
    service.wait_for(run, lambda body: body["state"] == "running" and body["sinks"][1]["acknowledged"] > 0)
    assert (service.folder / "files/past/_SUCCESS").exists()
    assert service.ask("POST", f"/v1/runs/{run}/stop")[0] == 202
    body = service.ended(run)
    past, present = (records_in(service.folder / "files" / folder) for folder in ("past", "present"))
    seam = json.loads((service.folder / "files/past/manifest.json").read_text(encoding="utf-8"))["seam"]
    whole_ms = len("2026-01-01T00:00:00.000")  # timestamps have milliseconds, the seam may lie within one
    assert max(record["timestamp"][:whole_ms] for record in past) <= seam[:whole_ms] <= min(record["timestamp"][:whole_ms] for record in present)
    ids = {record["transaction_id"] for record in past + present}
    assert len(ids) == len(past) + len(present) == body["records"]
    assert [sink["records"] for sink in body["sinks"]] == [len(past), len(present)]
    status, _, begun = service.ask("POST", f"/v1/runs/{run}/verify", {})
    assert status == 202, begun
    verified = service.wait_for_answer(f"/v1/verifications/{begun['id']}", lambda body: body["state"] in {"completed", "failed"})
    assert verified["clean"] is True, verified


def test_a_phase_of_a_run_that_does_not_go_live_is_refused(serve):
    scenario = {"packs": {"payments": {}}, "clock": {"for": "1h"}, "outputs": [{"to": "discard:", "phase": "live"}]}
    status, _, problem = serve().ask("POST", "/v1/runs", scenario)
    assert status == 400
    assert "has one phase only: live" in json.dumps(problem)
