"""For what is kept of runs: lists by what is asked for, forgetting one, and forgetting what is old."""
import json
import sqlite3

import pytest

from service.serving import discarding, filling
from service.test_restarts import more, resume, stop
from service.test_runs import ENDLESS

SHORT = {"until": "2026-01-01T00:01:00Z"}


def named(name, **clock):
    return {"scenario": name, **discarding(**clock)}


def ids(page):
    return [one["id"] for one in page["runs"]]


def test_lists_hold_what_is_asked_for_and_their_pages_stay_right(serve):
    service = serve("--max-running", "3")
    over = [service.run(named(f"nightly-{one % 2}", **SHORT)) for one in range(6)]
    for run in over:
        service.ended(run)
    going = [service.run(named("live-feed", **ENDLESS)) for _ in range(4)]
    service.wait_for(going[2], lambda body: body["state"] == "running")
    service.ask("POST", f"/v1/runs/{going[1]}/pause")
    service.wait_for(going[1], lambda body: body["state"] == "paused")
    assert ids(service.get("/v1/runs?state=running")) == [going[2], going[0]]
    assert ids(service.get("/v1/runs?state=paused,accepted")) == [going[3], going[1]]
    assert ids(service.get("/v1/runs?state=completed&name=nightly-1")) == over[5::-2]
    assert ids(service.get("/v1/runs?name=nightly-*")) == over[::-1]
    assert ids(service.get("/v1/runs?name=nightly")) == ids(service.get("/v1/runs?kind=emulation")) == []
    assert ids(service.get("/v1/runs?kind=run&name=*e*&state=running,completed&limit=1000")) == [going[2], going[0]]
    for run in going:
        service.ask("POST", f"/v1/runs/{run}/stop")
        service.ended(run)
    pages, before = [], ""
    while before is not None:
        page = service.get("/v1/runs?state=completed&limit=2" + before)
        assert len(page["runs"]) <= 2
        pages += ids(page)
        service.ended(service.run(named("between", **SHORT)))
        before = page["next"] and f"&before={page['next']}"
    assert pages == over[::-1], "who comes meanwhile moves no page"
    for query in ("state=done", "state=", "state=running,", "kind=all", "name=", "states=running"):
        status, _, problem = service.ask("GET", "/v1/runs?" + query)
        assert status == 400 and problem["errors"][0]["allowed"], query


def test_a_run_that_is_over_is_forgotten_with_everything_that_is_kept_of_it(service):
    run = service.run(filling("kept", **ENDLESS), Idempotency_Key="forgotten")
    more(service, run, 500)
    assert service.ask("DELETE", f"/v1/runs/{run}")[0] == 409
    ended = stop(service, run)
    state = service.folder / "data" / "runs" / run
    assert (state / "journal-0").exists(), "it could go on"
    _, headers, _ = service.ask("POST", f"/v1/runs/{run}/verify", {})
    service.wait_for_answer(headers["Location"], lambda body: body["state"] == "completed")
    status, answered, body = service.ask("DELETE", f"/v1/runs/{run}")
    assert (status, body) == (204, "") and "Content-Length" not in answered
    for path in ("", "/manifest", "/scenario"):
        assert service.ask("GET", f"/v1/runs/{run}{path}")[0] == 404
    assert service.ask("GET", headers["Location"])[0] == 404
    assert service.ask("DELETE", f"/v1/runs/{run}")[0] == 404 and not state.exists()
    made = service.folder / "files" / "kept"
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in made.rglob("aggregated_*")) == ended["records"]
    assert service.run(filling("kept", **SHORT), Idempotency_Key="forgotten") != run, "the key is free again"


def test_a_run_whose_objects_are_to_be_removed_is_not_forgotten_before(service):
    status, _, body = service.ask("POST", "/v1/runs?ttl=100000", filling("later", **SHORT))
    assert status == 202
    service.ended(body["id"])
    status, _, problem = service.ask("DELETE", f"/v1/runs/{body['id']}")
    assert status == 409 and "clean it first" in problem["detail"]
    service.ask("POST", f"/v1/runs/{body['id']}/clean")
    service.wait_for(body["id"], lambda body: (body["cleaning"] or {}).get("state") == "done")
    assert service.ask("DELETE", f"/v1/runs/{body['id']}")[0] == 204


def test_the_oldest_runs_are_forgotten_where_there_are_too_many(serve):
    service = serve("--max-kept", "3")
    kept = service.run(discarding(**ENDLESS))
    runs = [service.run(discarding(**SHORT)) for _ in range(6)]
    for run in runs[3:]:
        service.ended(run)
    service.wait_for_answer("/v1/runs", lambda page: ids(page) == [*runs[:2:-1], kept])
    assert [path.name for path in (service.folder / "data" / "runs").iterdir()] == [kept]


def test_runs_are_forgotten_when_they_are_old(serve):
    service = serve()
    old, young = (service.run(discarding(**SHORT)) for _ in range(2))
    service.ended(old), service.ended(young)
    assert service.stop() == 0
    with sqlite3.connect(service.folder / "data" / "runs.db") as store:
        store.execute("UPDATE runs SET ended = ended - 3600000000 WHERE id = ?", (old,))
    store.close()
    service = serve("--retention", "30min")
    service.wait_for_answer("/v1/runs", lambda page: ids(page) == [young])


def test_settings_of_history_are_checked(headwater):
    for flags, word in ((("--retention", "soon"), "HEADWATER_RETENTION"), (("--max-kept", "0"), "HEADWATER_MAX_KEPT"),
                        (("--on-stop", "wait"), "HEADWATER_ON_STOP"), (("--emulation-seed", "x"), "EMULATION_SEED")):
        told = headwater("serve", *flags, "--print-config", check=False)
        assert told.returncode == 2 and word in told.stderr
