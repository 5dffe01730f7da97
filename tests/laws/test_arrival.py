"""For the promises about records that arrive late and clocks that are wrong: within the bound, as often as said, and no byte else."""
import datetime
import json
import math
import statistics

import duckdb
import pyarrow.parquet
import pytest

from poured import PACKS, json_rows, manifest, paths, sha256, stream_of, uncompressed

WEATHER = PACKS / "weather" / "weather.yaml"
LENGTH = ("--until", "2026-01-01T00:05:00Z")
STREAMS = ("readings", "echoes", "levels")
BOUNDS = {"readings": 60, "echoes": 300, "levels": 60}
SHARES = {"readings": 0.1, "echoes": 0.02, "levels": 0.2}


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Gives the pack, and one whose records all arrive at once."""
    folder = tmp_path_factory.mktemp("packs")
    text = WEATHER.read_text(encoding="utf-8")
    punctual = "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith("late:"))
    (folder / "punctual").mkdir()
    (folder / "punctual" / "weather.yaml").write_text(punctual, encoding="utf-8")
    return WEATHER, folder / "punctual" / "weather.yaml"


def pour(headwater, folder, pack, *words):
    """Runs the pack and gives the lines of its streams in the order in which they arrived."""
    headwater("run", pack, *LENGTH, "--identity", "column", "--run-id", "r", "--quiet", "--to", f"file:{folder}", *words)
    return {stream: [line for path in paths(folder, stream) for line in uncompressed(path).splitlines()] for stream in STREAMS}


@pytest.fixture(scope="module")
def late(headwater, packs, tmp_path_factory):
    return pour(headwater, tmp_path_factory.mktemp("late"), packs[0])


@pytest.fixture(scope="module")
def punctual(headwater, packs, tmp_path_factory):
    return pour(headwater, tmp_path_factory.mktemp("punctual"), packs[1])


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def true_times(lines):
    """Gives the place of each record in the order of true time, which is that of a pack without lateness."""
    return {line: place for place, line in enumerate(lines)}


@pytest.mark.parametrize("stream", STREAMS)
def test_as_many_are_late_as_said_and_none_is_another_record(stream, late, punctual):
    assert sorted(late[stream]) == sorted(punctual[stream])
    place = true_times(punctual[stream])
    reached, overtaken = -1, []
    for line in late[stream]:
        if place[line] < reached:
            overtaken.append(line)
        reached = max(reached, place[line])
    behind = set(overtaken)
    assert [line for line in late[stream] if line not in behind] == [line for line in punctual[stream] if line not in behind]
    share, count = SHARES[stream], len(late[stream])
    # Those at the very end have nobody to overtake them.
    assert abs(len(overtaken) - share * count) <= 4 * math.sqrt(share * (1 - share) * count) + share * BOUNDS[stream]
    assert len(overtaken) > 50


def test_no_record_arrives_later_than_the_bound(late):
    reached, most = 0.0, 0.0
    for record in map(json.loads, late["readings"]):
        time = instant(record["seen"])  # by no clock but the true one
        most = max(most, reached - time)
        reached = max(reached, time)
    assert 55 < most <= BOUNDS["readings"]


def test_the_bound_is_told(headwater, late, packs, tmp_path):
    pour(headwater, tmp_path, packs[0], "--answer-key", f"file:{tmp_path}/key")
    for stream in STREAMS:
        entry = stream_of(tmp_path, stream)
        assert entry["late_at_most"] == {60: "PT1M", 300: "PT5M"}[BOUNDS[stream]]
        assert "faults" not in entry and "generated" not in entry, "lateness is no fault"
    key = [json.loads(line) for path in (tmp_path / "key").rglob("*.json") for line in path.read_text("utf-8").splitlines()]
    assert {entry["kind"] for entry in key} == {"label"}
    described = json.loads(headwater("describe", packs[0], "--format", "json").stdout)[0]["streams"]
    assert [stream["late_at_most"] for stream in described] == ["1min", "5min", "1min"]
    assert "late  {chance: =share, by: 1s..1min}, at most 1min" in headwater("describe", packs[0]).stdout


def test_a_share_of_none_changes_no_byte(headwater, punctual, packs, tmp_path):
    none = pour(headwater, tmp_path, packs[0], "--set", "share=0")
    assert none["readings"] == punctual["readings"]
    assert "late_at_most" not in stream_of(tmp_path, "readings")


@pytest.mark.parametrize("words", [("--threads", "2"), ("--threads", "3"), ("--threads", "8"), ("--rate", "100k/s"),
                                   ("--rate", "20k/s", "--threads", "3")], ids=" ".join)
def test_threads_and_windows_change_no_byte(words, headwater, late, packs, tmp_path):
    again = pour(headwater, tmp_path, packs[0], *words)
    for stream in ("readings", "echoes"):
        assert again[stream] == late[stream]
    # At the pace of real time records of entities come window by window.
    assert again["levels"] == late["levels"] if "--rate" not in words else sorted(again["levels"]) == sorted(late["levels"])


def test_parts_hold_the_same_records_within_the_bound(headwater, punctual, packs, tmp_path):
    found = []
    for part in range(3):
        folder = tmp_path / str(part)
        headwater("run", packs[0], *LENGTH, "--identity", "column", "--run-id", "r", "--quiet", "--to",
                  f"file:{folder}", "--streams", "readings", "--part", part, "--parts", "3")
        stream = next(one for one in manifest(folder, f"manifest-{part}-of-3.json")["streams"])
        lines = [line for entry in sorted(stream["objects"], key=lambda entry: entry["first_row"])
                 for line in (folder / entry["name"]).read_bytes().splitlines()]
        reached = 0.0
        for record in map(json.loads, lines):
            assert reached - instant(record["seen"]) <= 60
            reached = max(reached, instant(record["seen"]))
        found += lines
    assert sorted(found) == sorted(punctual["readings"])


def test_columns_arrive_in_the_same_order(headwater, late, packs, tmp_path):
    headwater("run", packs[0], *LENGTH, "--identity", "column", "--run-id", "r", "--quiet", "--to",
              f"file:{tmp_path}?format=parquet")
    for stream in STREAMS:
        path, = paths(tmp_path, stream)
        rows = pyarrow.parquet.read_table(path).column("_headwater").to_pylist()
        assert rows == [json.loads(line)["_headwater"] for line in late[stream]]


def test_faults_strike_on_top(headwater, late, packs, tmp_path):
    delayed = pour(headwater, tmp_path, packs[0], "--chaos", "fault: delay, streams: readings, by: 30s, chance: 50%")
    assert stream_of(tmp_path, "readings")["faults"][0]["strokes"] > 1000
    reached, most = 0.0, 0.0
    for record in map(json.loads, delayed["readings"]):
        most = max(most, reached - instant(record["seen"]))
        reached = max(reached, instant(record["seen"]))
    assert 80 < most <= 90
    assert sorted(delayed["readings"]) == sorted(late["readings"])


def test_late_records_go_to_the_day_they_belong_to(headwater, packs, tmp_path):
    headwater("run", packs[0], "--start", "2026-03-01T23:58:00Z", "--for", "4min", "--streams", "readings", "--quiet", "--to",
              f"file:{tmp_path}?layout=hive&format=csv")
    for path in paths(tmp_path, "readings"):
        day = path.parent.name.removeprefix("dt=")
        seen = duckdb.sql(f"select distinct seen::timestamp::date::text from '{path}'").fetchall()
        assert seen == [(day,)]
    assert len(paths(tmp_path, "readings")) == 2


def test_a_clock_is_wrong_by_one_amount_and_order_follows_true_time(punctual):
    for stream, name in (("readings", "station"), ("levels", "id")):
        errors = {}
        for record in map(json.loads, punctual[stream]):
            if "seen" in record:
                errors.setdefault(record[name], set()).add(round(instant(record["at"]) - instant(record["seen"]), 2))
        if stream == "readings":
            assert all(max(found) - min(found) < 0.02 for found in errors.values()), "one clock, one error"
            amounts = [max(found) for found in errors.values()]
            assert len(errors) == 200 and abs(statistics.stdev(amounts) - 2) < 0.4 and abs(statistics.mean(amounts)) < 0.6
    seen = [instant(json.loads(line)["seen"]) for line in punctual["readings"]]
    assert seen == sorted(seen)
    at = [instant(json.loads(line)["at"]) for line in punctual["readings"]]
    assert at != sorted(at)


def test_what_follows_reads_the_record_as_its_clock_wrote_it(punctual):
    at = {record["id"]: record["at"] for record in map(json.loads, punctual["readings"])}
    echoes = [json.loads(line) for line in punctual["echoes"]]
    assert len(echoes) > 1000 and all(at[echo["id"]] == echo["read_at"] for echo in echoes)
    times = [instant(echo["at"]) for echo in echoes]
    assert times == sorted(times), "a follower without a skew of its own has the true time"


def test_without_skew_every_other_value_is_the_same(headwater, punctual, packs, tmp_path):
    text = "".join(line for line in packs[1].read_text("utf-8").splitlines(keepends=True) if not line.strip().startswith("skew:"))
    (tmp_path / "weather.yaml").write_text(text, encoding="utf-8")
    right = pour(headwater, tmp_path / "out", tmp_path / "weather.yaml")
    for mine, other in zip(map(json.loads, right["readings"]), map(json.loads, punctual["readings"])):
        assert mine.pop("at") == mine["seen"] and other.pop("at")
        assert mine == other


def test_live_records_arrive_late_too(headwater, tmp_path):
    pack = tmp_path / "pulse.yaml"
    pack.write_text("pack: pulse\nstreams:\n  ticks:\n    rate: 100/s\n    late: {chance: 10%, by: 1s..20s}\n"
                    "    fields: {id: =number, at: =time}\n", encoding="utf-8")
    headwater("run", pack, "--live", "--speed", "20x", "--for", "2s", "--quiet", "--to", f"file:{tmp_path}/out")
    rows = json_rows(tmp_path / "out", "ticks")
    assert sorted(row["id"] for row in rows) == list(range(1, len(rows) + 1)) and len(rows) > 2000
    reached, most, overtaken = 0.0, 0.0, 0
    for row in rows:
        most = max(most, reached - instant(row["at"]))
        overtaken += instant(row["at"]) < reached
        reached = max(reached, instant(row["at"]))
    assert 15 < most <= 20
    assert abs(overtaken - len(rows) * 0.1) <= 4 * math.sqrt(0.09 * len(rows)) + 2
    assert sha256(paths(tmp_path / "out", "ticks")[0]) == stream_of(tmp_path / "out", "ticks")["objects"][0]["sha256"]
