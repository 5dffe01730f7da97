"""For what no single request may take from the others: memory, the disk, the thread that reads all connections."""
import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

from service.serving import PATIENCE_S, Service, discarding, filling, resident_kib
from service.test_afterwards import Listener
from service.test_runs import DAY, ENDLESS, records_in


def sensors(count):
    return {"packs": {"sensors": {"sensors": count}}, "clock": DAY, "outputs": [{"streams": "telemetry", "to": "discard:"}]}


def outputs(count):
    return {"packs": {"payments": {}}, "clock": DAY, "outputs": [{"streams": "transactions", "to": f"file:out/{one}"} for one in range(count)]}


@pytest.mark.parametrize("scenario", [sensors("8M"), sensors("2M"), outputs(400)])
def test_what_needs_too_much_memory_is_refused_before_it_is_made(serve, scenario):
    service = serve("--run-memory", "1GiB")
    before = resident_kib(service.process.pid)
    for path in ("/v1/runs", *(["/v1/preview"] if scenario["packs"].get("sensors") else [])):
        status, _, problem = service.ask("POST", path, scenario)
        assert status == 400 and "MiB of memory" in problem["detail"] and "1024 MiB" in problem["detail"], problem
    assert resident_kib(service.process.pid) - before < 200 << 10
    assert service.ended(service.run(discarding(**DAY)))["state"] == "completed"


def test_the_estimate_is_near_what_a_run_takes(serve):
    """A run of a million entities that is accepted stays within what it was estimated to need."""
    service = serve("--run-memory", "1GiB")
    before = resident_kib(service.process.pid)
    run = service.run({**sensors("600k"), "clock": {"start": DAY["start"], "rate": "1000/s"}})
    service.wait_for(run, lambda body: body["records"] > 0)
    took = resident_kib(service.process.pid) - before
    assert (100 << 10) < took < (1 << 20)
    service.ask("POST", f"/v1/runs/{run}/stop")
    service.ended(run)
    until = time.monotonic() + PATIENCE_S
    while resident_kib(service.process.pid) - before > took // 3:
        assert time.monotonic() < until, "the memory of a run that has ended is not given back"


def test_runs_wait_for_memory_as_for_a_place(serve):
    service = serve("--run-memory", "200MiB")
    scenario = {**outputs(30), "clock": ENDLESS}
    runs = [service.run(json.loads(json.dumps(scenario).replace("out/", f"{one}/"))) for one in range(6)]
    service.wait_for(runs[3], lambda body: body["state"] == "running")
    assert service.get(f"/v1/runs/{runs[5]}")["state"] == "accepted"
    for run in runs[:4]:
        service.ask("POST", f"/v1/runs/{run}/stop")
    service.wait_for(runs[5], lambda body: body["state"] == "running")


@contextlib.contextmanager
def small_disk(folder, size="6m"):
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """Takes the last byte of a disk."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 65536)
    with (folder / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x")


@pytest.mark.parametrize("ends", [True, False])
def test_a_full_data_disk_is_waited_for_and_repeats_nothing(program, tmp_path, ends):
    with small_disk(tmp_path / "service" / "data") as disk:
        service = Service(program, tmp_path / "service")
        try:
            clock = {**DAY, "until": "2026-01-01T03:00:00Z", "rate": "8000/s"}
            run = service.run(filling("poured", **clock))
            service.wait_for(run, lambda body: body["records"] > 2000)
            fill(disk)
            body = service.wait_for(run, lambda body: body["waiting_for"] == "disk")
            assert body["state"] in {"running", "replaying", "draining", "provisioning"} and re.search("space|disk is full", json.dumps(body["errors"]))
            assert service.ask("GET", "/readyz")[0] == 503
            if ends:
                service.kill()
                os.unlink(disk / "filler")
                fill(disk)
                service = Service(program, tmp_path / "service")
            os.unlink(disk / "filler")
            ended = service.ended(run)
            assert ended["state"] == "completed" and ended["waiting_for"] is None
            records = records_in(service.folder / "files" / "poured")
            assert len(records) == ended["records"] == len({one["transaction_id"] for one in records})
        finally:
            service.kill()


def test_what_a_full_data_disk_does_not_take_is_kept_when_there_is_space(program, tmp_path):
    """A call that was made is not made again, what was found is not lost, and what cannot be kept is not accepted."""
    with small_disk(tmp_path / "service" / "data", "64m") as disk, Listener(503) as listener:
        service = Service(program, tmp_path / "service", HEADWATER_WEBHOOK_SECRET="a secret of sixteen or more")
        try:
            large = service.run(filling("large", start=DAY["start"], until="2026-01-01T12:00:00Z"))
            service.ended(large)
            status, _, told = service.ask("POST", f"/v1/runs?on_complete=http://127.0.0.1:{listener.port}/", discarding(until="2026-01-01T00:01:00Z"))
            assert status == 202
            listener.calls.get(timeout=PATIENCE_S)
            _, headers, _ = service.ask("POST", f"/v1/runs/{large}/verify", {})
            service.wait_for_answer(headers["Location"], lambda body: body["state"] != "accepted")
            fill(disk)
            listener.calls.get(timeout=PATIENCE_S)
            for method, path, body in (("POST", "/v1/packs", {"pack": "x", "streams": {"a": {"rate": "1/s", "fields": {"b": 1}}}}), ("DELETE", f"/v1/runs/{large}", None),
                                       ("POST", "/v1/runs", discarding(until="2026-01-01T00:01:00Z"))):
                status, _, problem = service.ask(method, path, body)
                assert status == 503 and problem["detail"], path
            os.unlink(disk / "filler")
            service.wait_for(told["id"], lambda body: body["on_complete"]["state"] == "delivered" and body["on_complete"]["attempts"] == 2)
            assert service.wait_for_answer(headers["Location"], lambda body: body["state"] == "completed")["clean"]
            assert [one["name"] for one in service.get("/v1/packs")["packs"] if one["origin"] == "kept"] == []
            assert service.ask("DELETE", f"/v1/runs/{large}")[0] == 204 and listener.calls.empty()
        finally:
            service.kill()


def test_health_is_told_while_many_do_not_take_their_answers(serve):
    service = serve()
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE_S))
            client.sendall(ask * 20)
        took = []
        for _ in range(200):
            began = time.monotonic()
            assert service.ask("GET", "/health")[0] == 200
            took.append(time.monotonic() - began)
    assert sorted(took)[int(len(took) * 0.9)] < 0.5


def test_a_list_of_many_runs_holds_up_nobody(serve):
    service = serve()
    runs = [service.run(discarding(until="2026-01-01T00:00:10Z")) for _ in range(60)]
    service.ended(runs[-1])
    assert len(service.get("/v1/runs?limit=1000")["runs"]) == 60
    is_over = threading.Event()

    def list_on():
        while not is_over.is_set():
            service.get("/v1/runs?limit=1000")

    threads = [threading.Thread(target=list_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    slowest = []
    for _ in range(50):
        began = time.monotonic()
        service.get("/health")
        slowest.append(time.monotonic() - began)
    is_over.set()
    for thread in threads:
        thread.join()
    assert sorted(slowest)[25] < 0.25
