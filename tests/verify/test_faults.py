"""For runs that break their records on purpose: a copy is held against what was sent, breaks included."""
import json
import random
import uuid

import confluent_kafka
import pytest

import grading
from topics import read_messages

COUNT = 20_000
FAULTS = {
    "drop": "chance: 1%", "duplicate": "chance: 1%", "delay": "by: 1min, chance: 2%", "reorder": "chance: 1%",
    "nullify": "field: merchant, chance: 2%", "perturb": "field: amount, how: sign, chance: 1%",
    "orphan": "field: user_id, chance: 1%", "revert": "chance: 1%, after: 1s..10s", "remove_field": "field: merchant, chance: 1%",
    "rename_field": "field: amount, to: total, chance: 1%", "add_field": "field: note, value: 7, chance: 1%",
    "retype_field": "field: is_fraud, chance: 1%", "extend_enum": "field: currency, value: ZZZ, chance: 1%",
    "evolve": "at: 2min, for: 1min, chance: 50%, add: {channel: web}, retype: {is_fraud: record}", "truncate": "chance: 1%",
    "flip_bits": "bits: 2, chance: 2%", "misframe": "chance: 1%", "garble_text": "chance: 1%", "oversize": "size: 4kB, chance: 0.5%",
    "silence": "chance: 2%, at: 1min, for: 1min", "burst": "chance: 2%, at: 1min, for: 30s",
    "replay": "at: 3min, for: 10s, after: 30s", "skew_clock": "by: 1s..5min, chance: 2%"}
QUOTES = "fault: garble_text, how: quote, chance: 1%, name: quotes"
ALL = [f"fault: {verb}, {options}" for verb, options in FAULTS.items()] + [QUOTES]
STRUCK = ["fault: truncate, chance: 5%", "fault: flip_bits, chance: 5%", "fault: rename_field, field: amount, to: total, chance: 5%"]


def run(headwater, folder, faults, *arguments, form="json", identity="column", count=COUNT):
    """Runs payments with faults into a folder; gives the path of the manifest."""
    words = [word for fault in faults for word in ("--chaos", fault)]
    headwater("run", "payments", "--streams", "transactions", "--count", count, *words, *arguments, "--identity", identity,
              "--to", f"file:{folder}?format={form}", "--quiet")
    return folder / "manifest.json"


def pieces_of(folder):
    """Gives the one object of a run, and its lines as bytes."""
    path = next((folder / "transactions").iterdir())
    return path, path.read_bytes().split(b"\n")[:-1]


@pytest.mark.parametrize("identity", ["column", "none"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_all_faults_broke_is_no_mistake_of_the_platform(headwater, tmp_path, form, identity):
    manifest = run(headwater, tmp_path / "out", ALL, form=form, identity=identity)
    code, report = grading.grade(headwater, manifest, tmp=tmp_path)
    assert code == 0 and report["clean"], grading.counts(report)
    assert report["matched_by"] == ("identity" if identity == "column" else "content")
    stream = report["streams"][0]
    made = {fault["name"]: fault["strokes"] for fault in json.loads(manifest.read_text())["streams"][0]["faults"]}
    assert {one["ordered_by"]: one["strokes"] for one in stream["ordered"]} == made and set(made) == {*FAULTS, "quotes"}
    assert all(made.values())
    assert all(one["differences"] == {} for one in stream["ordered"])


@pytest.mark.parametrize("seed", range(4))
def test_any_mixture_of_faults_is_told_from_mistakes(headwater, tmp_path, seed):
    chance = random.Random(seed)
    faults = chance.sample(ALL, 8)
    form = chance.choice(["json", "csv"])
    manifest = run(headwater, tmp_path / "out", faults, "--seed", seed, form=form, identity=chance.choice(["column", "none"]),
                   count=5000)
    code, report = grading.grade(headwater, manifest, tmp=tmp_path)
    assert code == 0, (faults, form, grading.counts(report))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_one_field_may_be_retyped_by_several_faults(headwater, tmp_path, form):
    faults = ["fault: evolve, chance: 50%, retype: {is_fraud: record}", "fault: retype_field, field: is_fraud, chance: 50%",
              "fault: retype_field, field: is_fraud, chance: 50%, name: again",
              "fault: retype_field, field: is_fraud, type: record, chance: 50%, name: nested"]
    manifest = run(headwater, tmp_path / "out", faults, form=form, count=2000)
    code, report = grading.grade(headwater, manifest, tmp=tmp_path)
    assert code == 0, grading.counts(report)


def test_several_streams_and_parts_with_faults_are_clean(headwater, tmp_path):
    folder = tmp_path / "out"
    faults = [word for fault in STRUCK for word in ("--chaos", f"{fault}, streams: transactions")]
    for part in (0, 1):
        headwater("run", "payments", "--count", 4000, "--to", f"file:{folder}", *faults, "--parts", 2, "--part", part, "--quiet")
    code, report = grading.grade(headwater, folder, tmp=tmp_path)
    assert code == 0, grading.counts(report)
    assert sum(one["strokes"] for stream in report["streams"] for one in stream["ordered"]) > 400


@pytest.mark.parametrize("identity", ["headers", "none"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_messages_are_told_as_they_were_damaged(headwater, kafka, tmp_path, form, identity):
    topic, manifest = f"broken-{uuid.uuid4().hex[:8]}", tmp_path / "run.json"
    words = [word for fault in ALL for word in ("--chaos", fault)]
    address = f"kafka://{kafka.bootstrap}/{topic}"
    headwater("run", "payments", "--streams", "transactions", "--count", COUNT, *words, "--identity", identity, "--to",
              f"{address}?partitions=2&retention.ms=-1&format={form}", "--manifest", manifest, "--state", "none", "--quiet")
    code, report = grading.grade(headwater, manifest, "--from", f"{address}?format={form}", tmp=tmp_path)
    assert code == 0, grading.counts(report)

    # The platform loses a record that was damaged and repeats another one.
    damaged = [one for one in read_messages(kafka.client_options(), topic) if not is_record(one.value(), form)]
    producer = confluent_kafka.Producer(kafka.client_options())
    producer.produce(topic, damaged[0].value(), headers=damaged[0].headers(), partition=0)
    assert producer.flush(60) == 0
    code, report = grading.grade(headwater, manifest, "--from", f"{address}?format={form}", tmp=tmp_path)
    assert code == 1 and grading.counts(report) == {"duplicated": 1}


def is_record(value, form):
    """Tells whether the bytes of a message can be read at all."""
    try:
        text = value.decode("utf-8")
        return text.count(",") == 8 if form == "csv" else isinstance(json.loads(text), dict)
    except ValueError:
        return False


@pytest.fixture(params=["column", "none"])
def delivery(request, headwater, tmp_path):
    """Gives a function that delivers what `mistake` makes of the lines of a run with faults, and grades it."""
    manifest = run(headwater, tmp_path / "out", STRUCK, identity=request.param, count=5000)
    path, lines = pieces_of(manifest.parent)

    def deliver(mistake):
        copy = tmp_path / "copy"
        copy.mkdir(exist_ok=True)
        (copy / path.name).write_bytes(b"".join(line + b"\n" for line in mistake(list(lines))))
        code, report = grading.grade(headwater, manifest, "--from", f"file:{copy}", "--examples", 1000, tmp=tmp_path)
        assert code == (0 if report["clean"] else 1)
        assert all(one["ordered_by"] is None for one in report["differences"])
        return report

    deliver.lines = lines
    return deliver


def parsed(line):
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def is_cut(line):
    return parsed(line) is None and not line.endswith(b"}")


def is_renamed(line):
    record = parsed(line)
    return record is not None and "total" in record and "amount" not in record


def is_spared(line):
    record = parsed(line)
    return record is not None and "amount" in record


def place_of(lines, is_it):
    """Gives the place of a line in the middle for which something holds."""
    return next(place for place in range(len(lines) // 2, len(lines)) if is_it(lines[place]))


def with_another_digit(line, field):
    """Changes the last digit of an amount."""
    begin = line.index(b'"%s":' % field) + len(field) + 3
    end = line.index(b",", begin)
    return line[:end - 1] + str((int(line[end - 1:end]) + 1) % 10).encode() + line[end:]


def test_without_a_mistake_there_is_no_difference(delivery):
    report = delivery(lambda lines: lines)
    assert report["clean"]
    assert {one["ordered_by"]: one["makes"] for one in report["streams"][0]["ordered"]} == {
        "truncate": "unreadable", "flip_bits": "unreadable", "rename_field": "altered"}
    assert all(one["landed_so"] == one["strokes"] > 150 for one in report["streams"][0]["ordered"])


def test_a_lost_batch_is_lost_whoever_struck_its_records(delivery):
    gone = delivery.lines[1000:1100]
    report = delivery(lambda lines: lines[:1000] + lines[1100:])
    assert grading.counts(report) == {"lost": 100}
    lost = grading.of_kind(report, "lost")
    assert len({one["row"] for one in lost}) == 100
    assert sum("truncate" in one["struck_by"] for one in lost) >= sum(map(is_cut, gone)) > 0
    assert sum("rename_field" in one["struck_by"] for one in lost) >= sum(map(is_renamed, gone)) > 0


@pytest.mark.parametrize("is_it,struck_by", [(is_cut, "truncate"), (is_renamed, "rename_field"), (is_spared, None)])
def test_a_repeated_record_is_duplicated(delivery, is_it, struck_by):
    place = place_of(delivery.lines, is_it)
    report = delivery(lambda lines: lines[:place] + [lines[place]] + lines[place:])
    assert grading.counts(report) == {"duplicated": 1}
    (one,) = grading.of_kind(report, "duplicated")
    assert (struck_by in one["struck_by"]) if struck_by else one["struck_by"] in ([], ["flip_bits"])


@pytest.mark.parametrize("is_it,field,struck_by", [(is_renamed, b"total", "rename_field"), (is_spared, b"amount", None)])
def test_one_changed_digit_is_altered(delivery, is_it, field, struck_by):
    place = place_of(delivery.lines, is_it)
    report = delivery(lambda lines: [*lines[:place], with_another_digit(lines[place], field), *lines[place + 1:]])
    assert grading.counts(report) == {"altered": 1}
    (one,) = grading.of_kind(report, "altered")
    assert one["position"] == place and one["struck_by"] == ([struck_by] if struck_by else [])
    assert [changed["field"] for changed in one["fields"]] == [field.decode()]


def test_one_changed_byte_of_a_damaged_record_is_found(delivery):
    place = place_of(delivery.lines, lambda line: is_cut(line) and len(line) > 30)
    line = delivery.lines[place]
    changed = line[:20] + bytes([line[20] ^ 1]) + line[21:]
    report = delivery(lambda lines: [*lines[:place], changed, *lines[place + 1:]])
    assert grading.counts(report) == {"lost": 1, "unreadable": 1}
    (lost,) = grading.of_kind(report, "lost")
    assert lost["struck_by"] == ["truncate"] and line.decode().startswith(lost["sent"][""][:20])
    assert grading.of_kind(report, "unreadable")[0]["position"] == place


def test_a_mended_record_is_not_what_was_sent(delivery):
    """A platform that closes what was cut short has made a record of its own."""
    place = place_of(delivery.lines, lambda line: is_cut(line) and line.endswith(b'"') and line.count(b'"') % 4 == 0)
    report = delivery(lambda lines: [*lines[:place], lines[place] + b"}", *lines[place + 1:]])
    assert grading.counts(report) in ({"lost": 1, "unexpected": 1}, {"lost": 1, "unreadable": 1})


def test_csv_rows_with_broken_quotes_do_not_hide_those_behind_them(headwater, tmp_path):
    faults = ["fault: garble_text, how: quote, chance: 10%", "fault: truncate, chance: 5%", "fault: remove_field, field: merchant, chance: 5%"]
    manifest = run(headwater, tmp_path / "out", faults, form="csv", count=5000)
    path, lines = pieces_of(manifest.parent)
    whole = grading.grade(headwater, manifest, tmp=tmp_path)
    assert whole[0] == 0, grading.counts(whole[1])
    assert sum(one["strokes"] for one in whole[1]["streams"][0]["ordered"]) > 700
    broken = next(place for place in range(2000, 5000) if lines[place].count(b'"') % 2 == 1)
    path.write_bytes(b"".join(line + b"\n" for line in [*lines[:broken], lines[broken] + b"0", *lines[broken + 1:]]))
    code, report = grading.grade(headwater, manifest, tmp=tmp_path)
    assert code == 1 and grading.counts(report) == {"lost": 1, "unreadable": 1}


def test_a_file_whose_first_record_is_damaged_is_read_as_it_was_sent(headwater, tmp_path):
    for fault in ("fault: misframe, at: 0s, for: 1min", "fault: garble_text, at: 0s, for: 1min", "fault: truncate, at: 0s, for: 1min"):
        manifest = run(headwater, tmp_path / fault.split()[1], [fault], count=3000)
        code, report = grading.grade(headwater, manifest, tmp=tmp_path)
        assert code == 0, grading.counts(report)
        assert report["streams"][0]["ordered"][0]["strokes"] > 100
