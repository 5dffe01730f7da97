"""For what is done to runs that go on: pauses, rates, and the events by which they are followed."""
import contextlib
import json
import socket
import time

from service.serving import PATIENCE_S, discarding, filling
from service.test_runs import ENDLESS, records_in

FINITE = {"start": "2026-01-01T00:00:00Z", "rate": "2000/s", "until": "2026-01-01T00:20:00Z"}


def steer(service, run, what, body=None):
    status, _, document = service.ask("POST", f"/v1/runs/{run}/{what}", body)
    assert status == 202, document
    return document


class Follower:
    """A client of server-sent events."""

    def __init__(self, service, path):
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE_S)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = self.file.readline().split()[1]
        self.head = dict(line.decode().strip().lower().split(": ", 1) for line in iter(self.file.readline, b"\r\n"))

    def events(self):
        name = None
        for line in self.file:
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            elif line.startswith(b"data: "):
                yield name, json.loads(line[6:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_a_paused_run_makes_nothing_more_and_goes_on_where_it_was(service):
    run = service.run(filling("paused", **FINITE))
    service.wait_for(run, lambda body: body["records"] > 500)
    steer(service, run, "pause")
    paused = service.wait_for(run, lambda body: body["state"] == "paused")
    assert all(sink["acknowledged"] <= sink["records"] == paused["records"] for sink in paused["sinks"])
    assert 'headwater_runs{state="paused"} 1\n' in service.get("/metrics")
    with Follower(service, f"/v1/runs/{run}/events") as follower:
        seen = [body for _, (_, body) in zip(range(3), follower.events())]
    assert [body["records"] for body in seen] == [paused["records"]] * 3
    assert steer(service, run, "pause")["state"] == "paused"
    steer(service, run, "resume")
    ended = service.ended(run)
    assert ended["state"] == "completed"
    assert [one["change"] for one in ended["changes"]] == ["pause", "resume"]
    whole = service.ended(service.run(filling("unpaused", **{**FINITE, "rate": "1M/s"})))
    files = service.folder / "files"
    assert records_in(files / "paused") == records_in(files / "unpaused") and ended["records"] == whole["records"]


def test_a_rate_is_changed_on_the_way_and_listed_by_the_manifest_as_a_scenario_takes_it(service):
    run = service.run(filling("steered", **ENDLESS))
    service.wait_for(run, lambda body: body["records"] > 100)
    began = steer(service, run, "rate", {"rate": 20_000})
    body = service.wait_for(run, lambda body: body["rate"] == 20_000 and body["records"] > began["records"] + 20_000)
    assert body["limited_by"] == "rate"
    lags = [line for line in service.get("/metrics").splitlines() if line.startswith("headwater_lag_seconds ")]
    assert len(lags) == 1 and float(lags[0].split()[1]) >= 0
    steer(service, run, "rate", {"rate": 0})
    service.wait_for(run, lambda body: body["rate"] is None)
    steer(service, run, "stop")
    ended = service.ended(run)
    changes = service.get(f"/v1/runs/{run}/manifest")["changes"]
    assert [one["rate"] for one in changes] == ["20000/s", "0/s"]
    again = filling("again", **{**ENDLESS, "changes": changes, "until": changes[-1]["at"]})
    repeated = service.ended(service.run(again))
    assert [one["rate"] for one in repeated["changes"]] == [20_000]
    steered = records_in(service.folder / "files" / "steered")
    assert records_in(service.folder / "files" / "again") == steered[:repeated["records"]] and len(steered) == ended["records"]


def test_a_killed_service_remembers_pauses_and_rates(serve):
    service = serve()
    paused, slowed = service.run(filling("paused", **FINITE)), service.run(filling("slowed", **ENDLESS))
    service.wait_for(paused, lambda body: body["records"] > 500)
    steer(service, paused, "pause")
    known = service.wait_for(paused, lambda body: body["state"] == "paused")
    steer(service, slowed, "rate", {"rate": 5})
    service.wait_for(slowed, lambda body: body["rate"] == 5 and body["records"] > 0)
    service.kill()
    service = serve()
    assert service.wait_for(paused, lambda body: body["state"] == "paused")["records"] == known["records"]
    service.wait_for(slowed, lambda body: body["state"] == "running" and body["rate"] == 5)
    steer(service, paused, "resume")
    ended = service.ended(paused)
    assert ended["state"] == "completed"
    whole = service.ended(service.run(filling("whole", **{**FINITE, "rate": "1M/s"})))
    files = service.folder / "files"
    assert records_in(files / "paused") == records_in(files / "whole") and ended["records"] == whole["records"]


def test_what_waits_can_be_paused_before_it_begins(serve):
    service = serve("--max-running", "1")
    first, second = service.run(discarding(**ENDLESS)), service.run(discarding(**FINITE))
    assert steer(service, second, "pause")["state"] == "accepted"
    steer(service, first, "stop")
    assert service.wait_for(second, lambda body: body["state"] == "paused")["records"] == 0
    steer(service, second, "stop")
    assert service.ended(second)["state"] == "stopped"


def test_wrong_wishes_are_refused(service):
    run = service.run(discarding(**ENDLESS))
    for body in ({}, [], 1, {"rate": -1}, {"rate": "fast"}, {"rate": 1e12}, {"rate": None}, {"rate": 5, "speed": 1}):
        status, _, problem = service.ask("POST", f"/v1/runs/{run}/rate", body)
        assert status == 400 and problem["detail"] and problem["errors"], body
    steer(service, run, "stop")
    service.ended(run)
    for what, body in (("pause", None), ("rate", {"rate": 5})):
        assert service.ask("POST", f"/v1/runs/{run}/{what}", body)[0] == 409
    for what, body in (("pause", None), ("resume", None), ("rate", {"rate": 5})):
        assert service.ask("POST", f"/v1/runs/none/{what}", body)[0] == 404
    assert service.ask("GET", "/v1/runs/none/events")[0] == 404


def test_a_run_is_followed_to_its_end(service):
    run = service.run(filling("followed", start="2026-01-01T00:00:00Z", rate="2000/s", until="2026-01-01T00:40:00Z"))
    with Follower(service, f"/v1/runs/{run}/events") as follower:
        assert follower.status == b"200" and follower.head["content-type"] == "text/event-stream"
        events = list(follower.events())
    assert [name for name, _ in events][-2:] == ["run", "end"] and events[-1][1] == {"state": "completed"}
    running = [body for name, body in events if name == "run" and body["state"] == "running"]
    assert len(running) > 2
    assert max(body["events_per_second"] for body in running) > 1000
    assert max(body["sinks"][0]["events_per_second"] for body in running) > 1000
    last = events[-2][1]
    assert last["records"] == last["sinks"][0]["acknowledged"] == last["streams"][0]["records"] > 0
    with Follower(service, f"/v1/runs/{run}/events") as late:
        assert [name for name, _ in late.events()] == ["run", "end"]


def test_many_follow_one_sampling(service):
    runs = [service.run(discarding(**ENDLESS)) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        followers = [stack.enter_context(Follower(service, "/v1/events")) for _ in range(40)]
        seen = [[body for _, (_, body) in zip(range(4), one.events())] for one in followers]
        assert "headwater_event_streams 40\n" in service.get("/metrics")
    assert len({json.dumps(bodies[-1]) for bodies in seen}) == 1
    assert {one["id"] for one in seen[0][-1]["runs"]} >= set(runs)
    assert seen[0][-1]["events_per_second"] > 1000
    for run in runs:
        steer(service, run, "stop")


def test_a_client_that_takes_nothing_is_let_go(service):
    runs = [service.run(discarding(**ENDLESS)) for _ in range(10)]
    deaf = socket.socket()
    with deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", service.port))
        deaf.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until = time.monotonic() + PATIENCE_S
        with Follower(service, "/v1/events") as follower:  # one event a second: a clock without a sleep
            for _ in follower.events():
                if "headwater_event_streams 1\n" in service.get("/metrics") or time.monotonic() > until:
                    break
        assert time.monotonic() < until
    for run in runs:
        steer(service, run, "stop")
