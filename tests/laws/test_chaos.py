"""For the promises about faults: they strike as often as asked, always the same records, and the answer key knows each."""
import collections
import csv
import datetime
import io
import json
import math

import duckdb
import pytest

from poured import json_rows, paths, sha256, stream_of

COUNT = 30_000
TRANSACTIONS = ["run", "payments", "--streams", "transactions", "--identity", "column", "--run-id", "r", "--quiet"]


class Pour:
    """One run of the payments' transactions, with faults."""

    def __init__(self, headwater, folder, *faults, count=COUNT, words=()):
        words = [*TRANSACTIONS, "--count", count, *words, *(word for fault in faults for word in ("--chaos", fault))]
        headwater(*words, "--to", f"file:{folder}/data", "--answer-key", f"file:{folder}/key")
        self.folder = folder / "data"
        self.stream = stream_of(self.folder, "transactions")
        self.lines = [line for path in paths(self.folder, "transactions") for line in path.read_bytes().split(b"\n")[:-1]]
        self.key = [json.loads(line) for path in (folder / "key").rglob("*.json") for line in path.read_text("utf-8").splitlines()]
        self.hits = [entry for entry in self.key if entry["kind"] == "fault"]

    def rows(self):
        """Gives each record as it arrived, with the number it names itself."""
        records = [json.loads(line, parse_float=str) for line in self.lines]
        return [(int(record.pop("_headwater").split("/")[-1]), record) for record in records]

    def strokes(self):
        """Gives how often each fault struck, as the manifest says."""
        return {fault["name"]: fault["strokes"] for fault in self.stream.get("faults", ())}


@pytest.fixture(scope="module")
def clean(headwater, tmp_path_factory):
    """Gives the run that nothing breaks."""
    return Pour(headwater, tmp_path_factory.mktemp("clean"))


def expect(count, chance, of=COUNT):
    """Holds a count against the binomial expectation within four standard deviations."""
    assert abs(count - of * chance) <= 4 * math.sqrt(of * chance * (1 - chance)), (count, of * chance)


def by_number(rows):
    return {number: record for number, record in rows}


@pytest.mark.parametrize("fault", ["fault: drop", "fault: duplicate", "fault: delay, by: 1min", "fault: reorder", "fault: revert",
                                   "fault: nullify, field: merchant", "fault: perturb, field: amount", "fault: orphan, field: user_id",
                                   "fault: remove_field, field: amount", "fault: rename_field, field: amount, to: total",
                                   "fault: add_field, field: extra, value: 1", "fault: retype_field, field: amount",
                                   "fault: extend_enum, field: currency", "fault: evolve, add: {a: 1}", "fault: truncate",
                                   "fault: flip_bits", "fault: misframe", "fault: garble_text", "fault: oversize, size: 2kB",
                                   "fault: replay, after: 10s"])
def test_faults_strike_as_often_as_asked_and_the_answer_key_names_each(fault, clean, headwater, tmp_path):
    chance = 0.02
    pour = Pour(headwater, tmp_path, f"{fault}, chance: {chance}")
    name = fault.split()[1].rstrip(",")
    expect(len(pour.hits), chance)
    assert pour.strokes() == {name: len(pour.hits)} and pour.stream["generated"] == COUNT
    assert {entry["name"] for entry in pour.hits} == {name}
    assert [entry for entry in pour.key if entry["kind"] == "label"] == clean.key
    struck = {entry["row"] for entry in pour.hits}
    assert len(struck) == len(pour.hits) and [entry["row"] for entry in pour.hits] == sorted(struck)
    # Nothing but the struck records differs, and the others keep their order.
    left = [line for number, line in enumerate(clean.lines) if number not in struck]
    untouched = set(left)
    assert [line for line in pour.lines if line in untouched] == left


@pytest.mark.parametrize("fault", ["fault: drop, chance: 0", "fault: delay, by: 1min, chance: 0%", "fault: truncate, chance: 0",
                                   "fault: nullify, field: merchant, chance: 0", "fault: remove_field, field: amount, chance: 0",
                                   "fault: drop, at: 9999d, for: 1d"])
def test_a_fault_that_never_strikes_changes_no_byte(fault, clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, fault)
    assert pour.lines == clean.lines and pour.key == clean.key


def test_dropped_records_are_missing_and_counted_as_removed(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: drop, chance: 5%")
    dropped = {entry["row"] for entry in pour.hits}
    assert pour.lines == [line for number, line in enumerate(clean.lines) if number not in dropped]
    assert pour.stream["rows"] == COUNT - len(dropped) == len(pour.lines)


def test_duplicates_follow_their_record(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: duplicate, copies: 2, chance: 5%")
    twice = {entry["row"] for entry in pour.hits}
    assert pour.lines == [line for number, line in enumerate(clean.lines) for _ in range(3 if number in twice else 1)]
    assert pour.stream["rows"] == COUNT + 2 * len(twice)



def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_delayed_records_arrive_late_but_never_later_than_the_bound(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: delay, chance: 10%, by: 1s..60s")
    late = {entry["row"] for entry in pour.hits}
    rows = pour.rows()
    assert sorted(number for number, _ in rows) == list(range(COUNT))
    assert [number for number, _ in rows if number not in late] == [number for number in range(COUNT) if number not in late]
    times = [json.loads(line)["timestamp"] for line in clean.lines]
    at = dict(zip(times, duckdb.sql("select epoch(unnest(?::timestamptz[]))", params=[times]).fetchall()))
    reached, most = 0.0, 0.0
    for number, record in rows:
        time = at[record["timestamp"]][0]
        if number in late:
            most = max(most, reached - time)
        else:
            reached = max(reached, time)
    assert 55 < most <= 60.001
    assert all(entry["sent"].startswith("after PT") for entry in pour.hits)


def test_reordered_records_fall_back_no_further_than_asked(headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: reorder, within: 5, chance: 10%")
    places = {number: place for place, (number, _) in enumerate(pour.rows())}
    assert sorted(places) == list(range(COUNT))
    behind = [sum(1 for other in range(number + 1, min(number + 12, COUNT)) if places[other] < places[number])
              for number in sorted({entry["row"] for entry in pour.hits})]
    assert max(behind) <= 5 and collections.Counter(behind).keys() >= {1, 3, 5}


def test_values_are_changed_as_the_answer_key_says(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: nullify, field: merchant, chance: 3%", "fault: perturb, field: amount, how: sign, chance: 3%",
                "fault: orphan, field: user_id, chance: 3%", "fault: extend_enum, field: currency, value: ZZZ, chance: 3%")
    truth, sent = by_number(clean.rows()), by_number(pour.rows())
    changed = collections.defaultdict(dict)
    for entry in pour.hits:
        changed[entry["row"]][entry["field"]] = entry
    assert set(truth) == set(sent) and len(changed) > COUNT * 0.1
    for number, record in sent.items():
        for field, value in record.items():
            entry = changed.get(number, {}).get(field)
            if entry is None:
                assert value == truth[number][field], (number, field)
                continue
            assert str(truth[number][field]) == entry["value"] and value != truth[number][field]
            assert value is None and entry["sent"] is None or str(value) == entry["sent"]
            if field == "amount":
                assert entry["sent"] == "-" + entry["value"]


def test_schemas_change_for_the_struck_records_alone(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: remove_field, field: merchant, chance: 2%", "fault: rename_field, field: amount, to: total, chance: 2%",
                "fault: retype_field, field: is_fraud, chance: 2%", "fault: add_field, field: note, value: 7, chance: 2%")
    struck = collections.defaultdict(set)
    for entry in pour.hits:
        struck[entry["row"]].add(entry["name"])
    truth = by_number(clean.rows())
    for number, record in pour.rows():
        faults = struck.get(number, ())
        wanted = dict(truth[number])
        if "remove_field" in faults:
            del wanted["merchant"]
        if "retype_field" in faults:
            wanted["is_fraud"] = str(wanted["is_fraud"])
        if "rename_field" in faults:
            wanted["total"] = wanted.pop("amount")
        if "add_field" in faults:
            wanted["note"] = 7
        assert record == wanted, (number, faults)


def test_a_schema_evolves_at_an_instant(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: evolve, at: 2min, add: {channel: web}, remove: merchant, rename: {amount: total}, retype: {is_fraud: record}")
    begin = seconds("2026-01-01T00:02:00Z")
    old = {number for number, record in clean.rows() if seconds_of(record) < begin}
    assert 0 < len(old) < COUNT
    for number, record in pour.rows():
        if number in old:
            assert "merchant" in record and "channel" not in record
        else:
            assert "merchant" not in record and record["channel"] == "web" and "total" in record and "value" in record["is_fraud"]


def seconds_of(record, field="timestamp"):
    return seconds(record[field])


def test_bytes_are_damaged(clean, headwater, tmp_path):
    kinds = {"truncate": "", "flip_bits": ", bits: 3", "garble_text": "", "oversize": ", size: 4kB", "misframe": ""}
    for kind, options in kinds.items():
        folder = tmp_path / kind
        pour = Pour(headwater, folder, f"fault: {kind}, chance: 2%{options}", count=5000)
        struck = {entry["row"] for entry in pour.hits}
        intact = [line for number, line in enumerate(clean.lines[:5000]) if number not in struck]
        known = set(intact)
        damaged = [line for line in pour.lines if line not in known]
        if kind == "misframe":
            assert len(pour.lines) == 5000 + len(struck)
            assert b"".join(damaged) == b"".join(clean.lines[number] for number in sorted(struck))
            continue
        truth = dict(zip(sorted(struck), damaged)) if kind != "flip_bits" else None
        if kind == "truncate":
            assert all(clean.lines[number].startswith(line) and len(line) < len(clean.lines[number]) for number, line in truth.items())
        if kind == "oversize":
            assert all(len(line) == 4000 and json.loads(line)["padding"].strip("x") == "" for line in damaged)
        if kind == "garble_text":
            for line in damaged:
                with pytest.raises(UnicodeDecodeError):
                    line.decode("utf-8")
        if kind == "flip_bits":
            assert damaged


def test_conditions_windows_and_repetitions_bound_a_fault(clean, headwater, tmp_path):
    pour = Pour(headwater, tmp_path, "fault: drop, where: amount > 9000 and currency == \"USD\", name: big", "fault: drop, at: 1min, for: 10s, every: 1min, times: 2, name: windows")
    truth = by_number(clean.rows())
    start = seconds("2026-01-01T00:00:00Z")
    strokes = collections.defaultdict(set)
    for entry in pour.hits:
        strokes[entry["name"]].add(entry["row"])
    big = {number for number, record in truth.items() if float(record["amount"]) > 9000 and record["currency"] == "USD"}
    assert strokes["big"] == big and big
    in_window = {number for number, record in truth.items() if any(60 * k <= seconds_of(record) - start < 60 * k + 10 for k in (1, 2))}
    assert strokes["windows"] == in_window - big and strokes["windows"]


def test_silence_and_wrong_clocks_belong_to_keys(headwater, tmp_path):
    words = ["run", "sensors", "--streams", "telemetry", "--for", "1h", "--set", "sensors=300", "--quiet"]
    headwater(*words, "--to", f"file:{tmp_path}/clean")
    headwater(*words, "--chaos", "fault: silence, chance: 30%, at: 10min, for: 20min", "--to", f"file:{tmp_path}/silent")
    headwater(*words, "--chaos", "fault: skew_clock, chance: 30%, by: 1s..5min", "--to", f"file:{tmp_path}/skewed")
    clean, silent, skewed = (json_rows(tmp_path / name, "telemetry") for name in ("clean", "silent", "skewed"))
    start = seconds("2026-01-01T00:00:00Z")
    inside = [row for row in clean if 600 <= seconds_of(row, "at") - start < 1800]
    heard = {(row["sensor_id"], row["at"]) for row in silent}
    silenced = {row["sensor_id"] for row in inside if (row["sensor_id"], row["at"]) not in heard}
    assert 0.2 < len(silenced) / 300 < 0.4
    assert all((row["sensor_id"] in silenced) != ((row["sensor_id"], row["at"]) in heard) for row in inside)
    assert len(clean) - len(silent) == sum(row["sensor_id"] in silenced for row in inside)
    shifts = collections.defaultdict(set)
    for was, now in zip(clean, skewed):
        shifts[was["sensor_id"]].add(round(seconds_of(now, "at") - seconds_of(was, "at"), 3))
    # Printed are milliseconds, cut off.
    assert all(max(amounts) - min(amounts) < 0.0015 for amounts in shifts.values())
    wrong = [next(iter(amounts)) for amounts in shifts.values() if amounts != {0}]
    assert 0.2 < len(wrong) / len(shifts) < 0.4 and all(0.999 <= abs(amount) <= 300.001 for amount in wrong)
    assert any(amount < 0 for amount in wrong) and any(amount > 0 for amount in wrong)


def test_a_burst_holds_up_and_a_replay_repeats_in_order(clean, headwater, tmp_path):
    start = seconds("2026-01-01T00:00:00Z")
    times = {number: seconds_of(record) - start for number, record in clean.rows()}
    burst = [number for number, _ in Pour(headwater, tmp_path / "burst", "fault: burst, at: 1min, for: 30s").rows()]
    assert burst == sorted(range(COUNT), key=lambda number: (90 if 60 <= times[number] < 90 else times[number], number))
    replay = [number for number, _ in Pour(headwater, tmp_path / "replay", "fault: replay, at: 1min, for: 30s, after: 1min").rows()]
    again = [(times[number] + 60, 0, number) for number in range(COUNT) if 60 <= times[number] < 90]
    assert replay == [number for _, _, number in sorted([(times[number], 1, number) for number in range(COUNT)] + again)]


BROKEN = ["--chaos", "fault: drop, chance: 2%", "--chaos", "fault: delay, chance: 5%, by: 1s..3min", "--chaos", "fault: duplicate, chance: 3%, after: 0s..20s",
          "--chaos", "fault: reorder, chance: 3%, within: 50", "--chaos", "fault: perturb, field: amount, chance: 2%"]


def test_the_same_records_are_struck_whatever_the_threads_and_windows(headwater, tmp_path):
    digests = set()
    for threads in (1, 2, 3, 8):
        folder = tmp_path / str(threads)
        headwater(*TRANSACTIONS, "--count", COUNT, *BROKEN, "--threads", threads, "--to", f"file:{folder}/data", "--answer-key", f"file:{folder}/key")
        digests.add(tuple(sha256(path) for path in [*paths(folder / "data", "transactions"), *sorted((folder / "key").rglob("*.json"))]))
    # A paced run has windows of its own.
    folder = tmp_path / "paced"
    headwater(*TRANSACTIONS, "--count", COUNT, *BROKEN, "--rate", "30k/s", "--to", f"file:{folder}/data", "--answer-key", f"file:{folder}/key")
    digests.add(tuple(sha256(path) for path in [*paths(folder / "data", "transactions"), *sorted((folder / "key").rglob("*.json"))]))
    assert len(digests) == 1


def test_parts_strike_the_same_records(headwater, tmp_path):
    headwater(*TRANSACTIONS, "--count", COUNT, "--chaos", "fault: drop, chance: 2%", "--chaos", "fault: nullify, field: merchant, chance: 5%",
              "--to", f"file:{tmp_path}/whole")
    whole = [path.read_bytes() for path in paths(tmp_path / "whole", "transactions")]
    parts = b""
    for part in range(3):
        headwater(*TRANSACTIONS, "--count", COUNT, "--chaos", "fault: drop, chance: 2%", "--chaos", "fault: nullify, field: merchant, chance: 5%",
                  "--to", f"file:{tmp_path}/part{part}", "--parts", 3, "--part", part)
        name = f"manifest-{part}-of-3.json"
        objects = stream_of(tmp_path / f"part{part}", "transactions", name)["objects"]
        parts += b"".join((tmp_path / f"part{part}" / entry["name"]).read_bytes() for entry in objects)
    assert parts == b"".join(whole)


def test_a_further_fault_strikes_others_but_changes_no_other_value(headwater, tmp_path):
    one = Pour(headwater, tmp_path / "one", "fault: perturb, field: amount, chance: 5%, name: p")
    two = Pour(headwater, tmp_path / "two", "fault: nullify, field: merchant, chance: 5%, name: n", "fault: perturb, field: amount, chance: 5%, name: p")
    strokes = lambda pour: [entry for entry in pour.hits if entry["name"] == "p"]  # noqa: E731
    assert strokes(one) == strokes(two)
    nulled = {entry["row"] for entry in two.hits if entry["name"] == "n"}
    for (number, first), (_, second) in zip(one.rows(), two.rows()):
        assert first == second or number in nulled


def test_living_things_are_struck_too(headwater, tmp_path):
    words = ["run", "sensors", "--for", "3h", "--set", "sensors=200", "--identity", "column", "--quiet"]
    headwater(*words, "--to", f"file:{tmp_path}/clean")
    headwater(*words, "--chaos", "fault: drop, streams: telemetry, chance: 5%", "--chaos", "fault: silence, streams: telemetry, chance: 10%, at: 1h, for: 30min",
              "--to", f"file:{tmp_path}/broken", "--answer-key", f"file:{tmp_path}/key")
    clean = {row["_headwater"]: row for row in json_rows(tmp_path / "clean", "telemetry")}
    broken = {row["_headwater"]: row for row in json_rows(tmp_path / "broken", "telemetry")}
    key = [json.loads(line) for path in (tmp_path / "key").rglob("*.json") for line in path.read_text("utf-8").splitlines()]
    removed = {f'{entry["run"]}/{entry["stream"]}/{entry["entity"]}-{entry["ordinal"]}' for entry in key if entry["kind"] == "fault"}
    rename = {name.split("/", 1)[1]: row for name, row in clean.items()}
    assert {name.split("/", 1)[1] for name in broken} == set(rename) - {name.split("/", 1)[1] for name in removed}
    expect(sum(entry["name"] == "drop" for entry in key), 0.05, len(clean))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_values_and_order_break_in_every_format(form, clean, headwater, tmp_path):
    faults = ["--chaos", "fault: nullify, field: merchant, chance: 5%", "--chaos", "fault: drop, chance: 5%", "--chaos", "fault: duplicate, chance: 5%",
              "--chaos", "fault: delay, by: 1min, chance: 5%"]
    headwater(*TRANSACTIONS, "--count", COUNT, *faults, "--to", f"file:{tmp_path}/json")
    headwater(*TRANSACTIONS, "--count", COUNT, *faults, "--to", f"file:{tmp_path}/{form}?format={form}")
    wanted = [(row["_headwater"], row["merchant"]) for row in json_rows(tmp_path / "json", "transactions")]
    found = []
    for path in paths(tmp_path / form, "transactions"):
        if form == "csv":
            found += [(row["_headwater"], row["merchant"] or None) for row in csv.DictReader(io.StringIO(path.read_text("utf-8")))]
        else:
            found += duckdb.sql(f"select _headwater, merchant from read_parquet('{path}')").fetchall()
    assert found == wanted


def test_what_does_not_fit_is_said_with_its_place(headwater, tmp_path):
    def told(*words):
        ended = headwater(*TRANSACTIONS, "--count", "10", *words, "--to", f"file:{tmp_path}/x", check=False)
        assert ended.returncode == 2
        return ended.stderr

    assert "Unknown fault: dorp" in told("--chaos", "fault: dorp, chance: 1%") and "drop" in told("--chaos", "fault: dorp, chance: 1%")
    assert "strike them all" in told("--chaos", "fault: drop")
    assert "needs by" in told("--chaos", "fault: delay, chance: 1%")
    assert "no such field" in told("--chaos", "fault: nullify, field: nosuch, chance: 1%")
    assert "Unknown stream: nosuch" in told("--chaos", "fault: drop, streams: nosuch, chance: 1%")
    assert "needs a format of single records" in told("--chaos", "fault: truncate, chance: 1%", "--format", "parquet")
    assert "Unknown key: chanse" in told("--chaos", "fault: drop, chanse: 1%, for: 1h")
    assert "draws nothing" in told("--chaos", "fault: drop, where: chance(10%)")
    assert "Only numbers and times" in told("--chaos", "fault: perturb, field: merchant, chance: 1%")
