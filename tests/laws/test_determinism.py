"""For the first law: the same plan, seed and start make the same bytes, however the work is cut, paced or ended."""
import collections
import json
import pathlib
import signal
import subprocess

import pytest

from poured import ORDERS, PAYMENTS, ROWS, SHAPES, files_in, manifest, paths, sha256, stream_of
from waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 60_000

# What each law is held to: a pack and one of its streams. FLAT are those whose rows are functions of their number.
FLAT = [pytest.param(("payments", stream), id=stream) for stream in PAYMENTS]
FLAT += [pytest.param((ORDERS, "orders"), id="orders"), pytest.param((SHAPES, "everything"), id="everything")]
SUBJECTS = [*FLAT, pytest.param((ORDERS, "shipments"), id="shipments")]
TABLES = [pytest.param((ROWS, "customers"), id="customers"), pytest.param((ROWS, "orders"), id="rows of orders")]
OTHER_BUILDS = ["portable", "clang", "dev"]


@pytest.fixture(scope="module")
def made(headwater):
    """Gives a function that returns what a run writes to standard output."""

    def make(subject, *arguments, **options):
        pack, stream = subject
        return headwater("run", pack, "--streams", stream, "--quiet", *arguments, text=False, **options).stdout

    return make


@pytest.fixture(scope="module")
def whole(made):
    """Gives a function that returns the bytes of a subject, made once."""
    known = {}

    def get(subject):
        if subject not in known:
            known[subject] = made(subject, "--count", COUNT, "--threads", 1)
            assert known[subject].count(b"\n") == (9000 if subject[1] == "user_profiles" else COUNT)
        return known[subject]

    return get


def by_sensor(lines):
    """Gives the lines of sensors' streams by sensor, each in its order."""
    found = collections.defaultdict(list)
    for line in lines:
        row = json.loads(line)
        found[row["sensor_id"]].append(line)
    return found


def is_cut_of(part, whole):
    """Tells whether bytes are some of the first lines of others, and not all."""
    return 0 < len(part) < len(whole) and part.endswith(b"\n") and whole.startswith(part)


@pytest.mark.parametrize("subject", [*SUBJECTS, *TABLES])
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_no_byte(subject, threads, made, whole):
    assert made(subject, "--count", COUNT, "--threads", threads) == whole(subject)


@pytest.mark.parametrize("subject", FLAT)
@pytest.mark.parametrize("parts", [2, 3, 7])
def test_parts_one_after_the_other_are_the_whole(subject, parts, made, whole):
    pieces = [made(subject, "--count", COUNT, "--parts", parts, "--part", part) for part in range(parts)]
    assert b"".join(pieces) == whole(subject)
    assert all(pieces)


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_parts_of_a_follower_hold_the_rows_of_the_whole_each_once(parts, made):
    follower = (ORDERS, "shipments")
    whole = made(follower, "--for", "20min").splitlines()
    pieces = [made(follower, "--for", "20min", "--parts", parts, "--part", part).splitlines() for part in range(parts)]
    assert all(pieces)
    assert sorted(line for piece in pieces for line in piece) == sorted(whole)
    places = {line: place for place, line in enumerate(whole)}
    assert len(places) == len(whole)
    for piece in pieces:
        order = [places[line] for line in piece]
        assert order == sorted(order)


# Entities that live: the order holds inside a shard of them; how shards take turns depends on the windows.
@pytest.mark.parametrize("parts", [2, 5])
def test_parts_of_tables_hold_the_changes_of_each_row_in_order(parts, headwater):
    def changes(*arguments):
        lines = headwater("run", ROWS, "--for", "5d", "--quiet", *arguments).stdout.splitlines()
        found = collections.defaultdict(list)
        for line in lines:
            change = json.loads(line)
            found[(change["after"] or change["before"])["id"]].append(line)
        return found
    whole, pieces = changes(), [changes("--parts", parts, "--part", part) for part in range(parts)]
    assert all(pieces) and sum(map(len, pieces)) == len(whole) > 2000
    assert {key: lines for piece in pieces for key, lines in piece.items()} == whole


SENSORS = ["--set", "sensors=200", "--set", "silence=30min"]
LIVING = [pytest.param(("telemetry", "2h", "3h"), id="telemetry"), pytest.param(("repairs", "30h", "2d"), id="repairs")]


@pytest.fixture(scope="module")
def lives(headwater):
    """Gives a function that returns the lines of a stream of sensors that fall silent often."""

    def live(stream, *arguments):
        return headwater("run", "sensors", "--streams", stream, *SENSORS, *arguments, "--quiet", text=False).stdout.splitlines()

    return live


@pytest.mark.parametrize("subject", LIVING)
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_no_life(subject, threads, lives):
    stream, _, length = subject
    whole = lives(stream, "--for", length, "--threads", 1)
    assert len(whole) > 50 and lives(stream, "--for", length, "--threads", threads) == whole


@pytest.mark.parametrize("subject", LIVING)
@pytest.mark.parametrize("parts", [2, 3, 7])
def test_parts_hold_the_lives_of_the_whole_each_once(subject, parts, lives):
    stream, _, length = subject
    whole = lives(stream, "--for", length)
    pieces = [lives(stream, "--for", length, "--parts", parts, "--part", part) for part in range(parts)]
    assert collections.Counter(line for piece in pieces for line in piece) == collections.Counter(whole)
    shared = set.intersection(*(set(by_sensor(piece)) for piece in pieces))
    assert shared == set()
    assert by_sensor(line for piece in pieces for line in piece) == by_sensor(whole)


@pytest.mark.parametrize("subject", LIVING)
def test_a_shorter_history_holds_the_beginning_of_every_life(subject, lives):
    stream, shorter, longer = subject
    short, long = by_sensor(lives(stream, "--for", shorter)), by_sensor(lives(stream, "--for", longer))
    assert short and all(long[sensor][:len(lines)] == lines for sensor, lines in short.items())
    end = {"2h": "2026-01-01T02", "30h": "2026-01-02T06"}[shorter]
    assert all(json.loads(line)["at"] >= end for sensor, lines in long.items() for line in lines[len(short.get(sensor, [])):])


def test_a_paced_run_holds_the_beginning_of_every_life(lives):
    paced, whole = by_sensor(lives("telemetry", "--rate", "4k/s", "--for", "1500ms")), by_sensor(lives("telemetry", "--for", "1h"))
    assert paced and all(whole[sensor][:len(lines)] == lines for sensor, lines in paced.items())


def test_another_seed_makes_other_lives(lives):
    assert not set(lives("telemetry", "--for", "10min")) & set(lives("telemetry", "--for", "10min", "--seed", 7))


def test_parts_of_a_follower_need_an_end_in_time(headwater):
    refused = headwater("run", ORDERS, "--streams", "shipments", "--count", 100, "--parts", 2, "--part", 0, check=False)
    assert refused.returncode == 2 and "Parts need a bounded run" in refused.stderr


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_smaller_count_is_a_prefix(subject, made, whole):
    assert is_cut_of(made(subject, "--count", 5_000), whole(subject))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_earlier_end_is_a_prefix(subject, made):
    assert is_cut_of(made(subject, "--for", "30s"), made(subject, "--for", "80s"))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_another_seed_makes_other_records(subject, made, whole):
    other = made(subject, "--count", COUNT, "--seed", 43).splitlines()
    assert len(set(other) & set(whole(subject).splitlines())) == 0


@pytest.mark.parametrize("subject", SUBJECTS)
def test_another_start_makes_other_instants(subject, made, whole):
    assert made(subject, "--count", COUNT, "--start", "2026-03-01T00:00:00Z") != whole(subject)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_stream_does_not_depend_on_the_others(subject, headwater, whole, tmp_path):
    pack, stream = subject
    headwater("run", pack, "--count", COUNT, "--to", f"file:{tmp_path}")
    together = b"".join(path.read_bytes() for path in paths(tmp_path, stream))
    if stream == "shipments":  # beside orders, there are those of the orders that were made
        orders = {json.loads(line)["order_id"] for path in paths(tmp_path, "orders") for line in path.read_text().splitlines()}
        assert together == b"".join(line + b"\n" for line in whole(subject).splitlines() if json.loads(line)["order_id"] in orders)
        return
    assert together == whole(subject)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_paced_run_makes_a_prefix_of_the_same_bytes(subject, made, whole):
    assert is_cut_of(made(subject, "--rate", "4k/s", "--for", "1500ms"), whole(subject))


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
@pytest.mark.parametrize("pack", ["payments", ORDERS, SHAPES], ids=["payments", "orders", "shapes"])
def test_the_same_run_makes_the_same_files_and_the_same_manifest(pack, form, headwater, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    for threads in (1, 3):
        headwater("run", pack, "--count", "20k", "--format", form, "--to", "file:out", "--answer-key", "file:key",
                  "--threads", threads, "--state", "none")
        seen.append({name: sha256(tmp_path / name) for name in files_in(tmp_path)})
        assert len(seen[-1]) >= 2
        for name in seen[-1]:
            (tmp_path / name).unlink()
    assert seen[0] == seen[1]


def test_the_command_of_the_manifest_makes_the_same_again(headwater, tmp_path):
    headwater("run", "payments", "--for", "20min", "--seed", 5, "--set", "payments_rate=50/s", "--to", f"file:{tmp_path}/out")
    first = manifest(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "before")
    again = first["command"].split()
    assert again[0] == "headwater"
    headwater(*again[1:])
    assert manifest(tmp_path / "out") == first


@pytest.mark.parametrize("stream", PAYMENTS)
def test_parts_in_files_hold_the_rows_of_the_whole(stream, headwater, tmp_path, whole):
    rows, bytes_found = 0, b""
    for part in range(3):
        headwater("run", "payments", "--streams", stream, "--count", COUNT, "--to", f"file:{tmp_path}", "--parts", 3, "--part", part)
        found = stream_of(tmp_path, stream, f"manifest-{part}-of-3.json")
        assert found["first_row"] == rows
        rows = found["last_row"] + 1
        bytes_found += b"".join((tmp_path / entry["name"]).read_bytes() for entry in found["objects"])
    assert bytes_found == whole(("payments", stream))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_the_run(number, program, whole, headwater, tmp_path):
    run = subprocess.Popen([program, "run", "payments", "--rate", "2k/s", "--to", f"file:{tmp_path}/out", "--quiet"])
    wait_until(lambda: all(list((tmp_path / "out").glob(f"{stream}/.*")) for stream in PAYMENTS), run)
    run.send_signal(number)
    assert run.wait(30) == 0
    found = manifest(tmp_path / "out")
    assert found["state"] == "stopped"
    for stream in PAYMENTS:
        poured = b"".join(path.read_bytes() for path in paths(tmp_path / "out", stream))
        assert is_cut_of(poured, whole(("payments", stream)))
        assert poured.count(b"\n") == stream_of(tmp_path / "out", stream)["rows"]
    # The manifest says how to make exactly these records again.
    (tmp_path / "out").rename(tmp_path / "stopped")
    headwater(*found["command"].split()[1:])
    for stream in PAYMENTS:
        again = b"".join(path.read_bytes() for path in paths(tmp_path / "out", stream))
        assert again == b"".join(path.read_bytes() for path in paths(tmp_path / "stopped", stream))


@pytest.mark.long
@pytest.mark.parametrize("build", OTHER_BUILDS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_build_makes_the_same_bytes(subject, build, whole):
    other = ROOT / "build" / build / "headwater"
    if not other.exists():
        pytest.skip(f"build/{build}/headwater is not built")
    pack, stream = subject
    made = subprocess.run([other, "run", pack, "--streams", stream, "--quiet", "--count", str(COUNT)], capture_output=True, check=True)
    assert made.stdout == whole(subject)
