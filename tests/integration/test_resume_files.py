"""For the promise that a run killed at any instant goes on without a gap or a duplicate: files.

The checker shares no code with the program: it reads what landed, record by record, by the identity column.
"""
import json
import os
import random
import re
import subprocess
import time

import pytest

from killing import METERS, POINTS, Killer
from poured import PACKS, ROWS, files_in, manifest, sha256
from waiting import wait_until

LONG = os.environ.get("HEADWATER_LONG") == "1"
SEEDS = 33 if LONG else 1  # of each command

# What is poured, by name: long enough for some checkpoints, cut in different ways.
COMMANDS = {
    "chunked json": ["run", "payments", "--streams", "transactions", "--count", "1M", "--identity", "column",
                     "--to", "file:out/data?layout=chunked&max_chunk_size=4MiB", "--answer-key", "file:out/key"],
    "grouped csv, zstd": ["run", "payments", "--streams", "transactions", "--count", "1M", "--identity", "column",
                          "--to", "file:out/data?format=csv&compression=zstd", "--answer-key", "file:out/key?format=csv"],
    "hive parquet and json": ["run", "payments", "--streams", "transactions,device_logs", "--count", "600k", "--identity", "column",
                              "--to", "file:out/data?format=parquet&layout=hive&target_size=2MiB",
                              "--to", "file:out/json?layout=hive", "--answer-key", "file:out/key?format=parquet"],
    "single": ["run", "payments", "--streams", "transactions", "--count", "5k", "--rate", "4k/s", "--identity", "column",
               "--to", "file:out/data?layout=single"],
    "broken": ["run", "payments", "--streams", "transactions", "--count", "400k", "--identity", "column",
               "--chaos", "fault: delay, chance: 5%, by: 1s..10min", "--chaos", "fault: duplicate, chance: 2%, after: 0s..1min",
               "--chaos", "fault: drop, chance: 2%", "--chaos", "fault: reorder, chance: 2%, within: 100",
               "--to", "file:out/data?layout=chunked&max_chunk_size=2MiB", "--to", "file:out/columns?format=parquet&layout=hive&target_size=1MiB",
               "--answer-key", "file:out/key"],
    "meters": ["run", METERS, "--for", "1h", "--to", "file:out/data?layout=chunked&max_chunk_size=128KiB"],
    "late": ["run", str(PACKS / "weather" / "weather.yaml"), "--for", "1h", "--set", "second=20min", "--identity", "column",
             "--to", "file:out/data?format=csv&layout=chunked&max_chunk_size=1MiB", "--to", "file:out/columns?format=parquet&layout=hive&target_size=1MiB",
             "--answer-key", "file:out/key"],
    "living": ["run", "sensors", "--for", "6h", "--set", "sensors=500", "--identity", "column",
               "--to", "file:out/data?layout=chunked&max_chunk_size=1MiB", "--answer-key", "file:out/key"],
    "rows of tables": ["run", str(ROWS), "--for", "10d", "--identity", "column",
                       "--to", "file:out/data?layout=chunked&max_chunk_size=1MiB", "--to", "file:out/columns?format=parquet"],
}


@pytest.fixture(scope="module", params=COMMANDS, ids=lambda name: name)
def whole(request, program, tmp_path_factory):
    """Gives a command, what it leaves when nothing disturbs it, and how long that takes."""
    folder = tmp_path_factory.mktemp("whole")
    began = time.monotonic()
    subprocess.run([program, *COMMANDS[request.param]], cwd=folder, check=True, capture_output=True, timeout=600)
    took = time.monotonic() - began
    return COMMANDS[request.param][1:], digests(folder / "out"), took


def digests(folder):
    return {name: sha256(folder / name) for name in files_in(folder)}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_random_instants_leaves_what_an_undisturbed_run_leaves(seed, whole, program, tmp_path):
    arguments, expected, took = whole
    killer = Killer(program, tmp_path, arguments)
    killer.kill_at_random(seed, times=5, longest=took)
    assert digests(tmp_path / "out") == expected


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_named_points_leaves_what_an_undisturbed_run_leaves(point, whole, program, tmp_path):
    arguments, expected, _ = whole
    killer = Killer(program, tmp_path, arguments)
    for count in (1, 1, 2):
        if not killer.kill_at(point, count):
            break
    killer.finish()
    assert digests(tmp_path / "out") == expected
    if point in ("window.made", "lanes.closed", "manifest.written", "journal.ended"):
        assert killer.kills > 0


@pytest.mark.parametrize("whole", ["meters"], indirect=True)
def test_killed_behind_its_states_a_living_run_leaves_what_an_undisturbed_run_leaves(whole, program, tmp_path):
    arguments, expected, _ = whole
    killer = Killer(program, tmp_path, arguments)
    while killer.kills < 3 and killer.kill_at("state.kept"):
        pass
    assert killer.kills > 1
    killer.finish()
    assert digests(tmp_path / "out") == expected


def test_an_independent_checker_finds_each_record_once_and_in_order(program, tmp_path):
    arguments = COMMANDS["chunked json"][1:]
    Killer(program, tmp_path, arguments).kill_at_random(seed=7, times=8, longest=1.0)
    rows = []
    for name in sorted(files_in(tmp_path / "out" / "data"), key=lambda name: [int(digits) for digits in re.findall(r"_(\d+)-", name)]):
        if name.endswith(".json") and "manifest" not in name:
            rows += [int(row) for row in re.findall(rb'"_headwater":"[^"]*/(\d+)"', (tmp_path / "out" / "data" / name).read_bytes())]
    assert rows == list(range(1_000_000))


def test_a_paced_run_of_living_things_has_each_record_once(program, tmp_path):
    """The order of records hangs on windows that real time cut, so that files differ from those of another run."""
    arguments = ["sensors", "--for", "4s", "--rate", "20k/s", "--set", "sensors=2000", "--identity", "column",
                 "--to", "file:out?layout=chunked&max_chunk_size=256KiB"]
    killer = Killer(program, tmp_path, arguments)
    for seconds in (1.4, 1.3, 0.2):
        assert killer.kill_after(seconds)
    killer.finish()
    seen, ordinals = set(), {}
    for stream in manifest(tmp_path / "out")["streams"]:
        for entry in stream["objects"]:
            content = (tmp_path / "out" / entry["name"]).read_bytes()
            assert (entry["sha256"], entry["rows"]) == (sha256(content), content.count(b"\n"))
            for line in content.splitlines():
                identity = json.loads(line)["_headwater"]
                assert identity not in seen
                seen.add(identity)
                _, of, number = identity.split("/")
                kind = "repair" if of == "sensors.repairs" else "sensor"  # both streams of a sensor share its ordinals
                entity, ordinal = number.split("-")
                ordinals.setdefault((kind, entity), []).append(int(ordinal))
    named = {entry["name"] for stream in manifest(tmp_path / "out")["streams"] for entry in stream["objects"]}
    assert set(files_in(tmp_path / "out")) == named | {"manifest.json", "_SUCCESS"}
    assert len(seen) > 40_000
    for found in ordinals.values():
        assert sorted(found) == list(range(len(found)))


def test_a_stop_drains_in_seconds_and_is_an_end(program, tmp_path):
    killer = Killer(program, tmp_path, ["payments", "--streams", "transactions", "--rate", "50k/s", "--to", "file:out"])
    process = killer.start()
    wait_until(lambda: list(tmp_path.glob("out/transactions/.*")), process)
    began = time.monotonic()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0 and time.monotonic() - began < 5
    assert manifest(tmp_path / "out")["state"] == "stopped"
    state, = tmp_path.glob(".headwater/runs/*")
    assert {path.name for path in state.iterdir()} == {"run.json", "made.json", "manifest.json", "lock"}


@pytest.fixture
def cut_off(program, tmp_path):
    """Gives a run that was killed after a checkpoint, and its state folder."""
    killer = Killer(program, tmp_path, [*COMMANDS["chunked json"][1:], "--rate", "600k/s"])
    assert killer.kill_at("checkpoint.kept")
    state, = tmp_path.glob(".headwater/runs/*")
    return killer, state


def test_mistakes_in_going_on_are_told(cut_off, headwater, tmp_path):
    _, state = cut_off

    def told(*arguments, cwd=tmp_path):
        ended = headwater("run", *arguments, cwd=cwd, check=False)
        assert ended.returncode == 2
        return ended.stderr

    assert "(.headwater/runs/nosuch): nosuch" in told("--resume", "nosuch")
    assert "excludes" in told("payments", "--resume", state.name)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert f"go there first: {tmp_path}" in told("--resume", state, cwd=elsewhere)
    start = json.loads((state / "run.json").read_text())
    (state / "run.json").write_text(json.dumps({**start, "version": "0.0.1"}))
    assert "Run was started by headwater 0.0.1" in told("--resume", state.name)
    (state / "run.json").write_text(json.dumps({**start, "plan": "0"}))
    assert "Pack or scenario has changed" in told("--resume", state.name)
    (state / "run.json").write_text("{")
    assert "no readable run.json" in told("--resume", state.name)


def test_a_run_that_goes_on_is_not_taken_by_a_second_process(program, headwater, tmp_path):
    killer = Killer(program, tmp_path, ["payments", "--streams", "transactions", "--rate", "10k/s", "--to", "file:out"])
    process = killer.start()
    wait_until(lambda: killer.command()[1] == "--resume", process)
    ended = headwater(*killer.command(), cwd=tmp_path, check=False)
    process.kill()
    process.communicate()
    assert ended.returncode == 2 and "Run is still going on" in ended.stderr


def test_damaged_journals_cost_progress_but_no_record(cut_off, program, whole_chunked):
    killer, state = cut_off
    chance = random.Random(5)
    for name in ("journal-0", "journal-1"):
        content = bytearray((state / name).read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (state / name).write_bytes(content[: chance.randrange(len(content) // 2, len(content))])
    killer.finish()
    assert digests(killer.folder / "out") == whole_chunked


@pytest.fixture(scope="module")
def whole_chunked(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole_chunked")
    subprocess.run([program, *COMMANDS["chunked json"]], cwd=folder, check=True, capture_output=True, timeout=600)
    return digests(folder / "out")
