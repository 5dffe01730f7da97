"""For streams whose records are late and whose schema changes: what they do is no mistake of the platform, faults on top included."""
import datetime
import json
import uuid

import pytest

import grading
from poured import PACKS
from topics import read_messages

WEATHER = PACKS / "weather" / "weather.yaml"
COUNT = 20_000
RUN = ["run", WEATHER, "--streams", "readings", "--count", COUNT, "--set", "second=2min", "--quiet"]
FAULTS = ["fault: drop, chance: 1%", "fault: duplicate, chance: 1%, after: 0s..1min", "fault: delay, by: 1min, chance: 2%",
          "fault: reorder, chance: 1%", "fault: nullify, field: humidity, chance: 2%", "fault: perturb, field: volts, chance: 2%",
          "fault: skew_clock, by: 1s..5min, chance: 2%"]
RESHAPING = ["fault: remove_field, field: humidity, chance: 1%", "fault: rename_field, field: celsius, to: kelvin, chance: 1%",
             "fault: add_field, field: note, value: 7, chance: 1%", "fault: truncate, chance: 1%"]


@pytest.mark.parametrize("identity", ["column", "none"])
@pytest.mark.parametrize("form", ["json", "csv", "json-array", "parquet"])
def test_faults_in_every_version_are_no_mistake(headwater, tmp_path, form, identity):
    faults = FAULTS + (RESHAPING if form in ("json", "csv") else [])
    words = [word for fault in faults for word in ("--chaos", fault)]
    headwater(*RUN, *words, "--identity", identity, "--to", f"file:{tmp_path / 'out'}?format={form}")
    code, report = grading.grade(headwater, tmp_path / "out", tmp=tmp_path)
    assert code == 0, grading.counts(report)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_topics_hold_late_records_of_every_version(headwater, kafka, tmp_path, form):
    topic, manifest = f"weather-{uuid.uuid4().hex[:8]}", tmp_path / "run.json"
    address = f"kafka://{kafka.bootstrap}/{topic}"
    headwater(*RUN, "--to", f"{address}?partitions=1&retention.ms=-1&format={form}", "--manifest", manifest, "--state", "none")
    code, report = grading.grade(headwater, manifest, "--from", f"{address}?format={form}", tmp=tmp_path)
    assert code == 0, grading.counts(report)
    sent = [line.encode() for line in headwater(*RUN, "--to", "stdout:").stdout.splitlines()]
    records = read_messages(kafka.client_options(), topic)
    assert len(records) == COUNT
    if form == "json":
        assert [one.value() for one in records] == sent, "late ones behind"
    seen = [datetime.datetime.fromisoformat(json.loads(line)["seen"].replace("Z", "+00:00")).timestamp() for line in sent]
    assert [one.timestamp()[1] for one in records] == [round(instant * 1000) for instant in seen], "true time, whatever the clock"
    assert seen != sorted(seen)
