"""For rows of tables in topics that keep the latest record of each key: read back they are exactly the rows that are there."""
import json
import signal
from time import monotonic

import pytest
from confluent_kafka.admin import ConfigResource, NewTopic

from poured import ROWS, json_rows
from test_kafka import ENVIRONMENT, PATIENCE_S, begin, make_topic, read, topic, wait_for_records  # noqa: F401

RUN = ("run", ROWS, "--for", "6h", "--streams", "customers")


@pytest.fixture(scope="module")
def changes(headwater, tmp_path_factory):
    """The changes of the same rows, as a file holds them."""
    folder = tmp_path_factory.mktemp("changes")
    headwater(*RUN, "--to", f"file:{folder}", "--quiet")
    return json_rows(folder, "customers")


def expected_rows(changes):
    """Gives the rows that are there in the end."""
    rows = {(change["after"] or change["before"])["id"]: change["after"] for change in changes}
    return {key: row for key, row in rows.items() if row is not None}


def latest(records):
    """Gives what a compacted topic comes to: of each key the last record, if it has a value."""
    by_key = {record.key.decode(): record.value for record in records}
    return {key: json.loads(value, parse_float=str) for key, value in by_key.items() if value is not None}


def pour(headwater, kafka, topic, folder, *more, options="partitions=3"):
    headwater(*RUN, "--to", f"kafka://{kafka.bootstrap}/{topic}?{options}", "--envelope", "upsert", *more, cwd=folder, env=ENVIRONMENT)


def config_of(kafka, topic, name):
    resource, admin = ConfigResource(ConfigResource.Type.TOPIC, topic), kafka.admin()
    return admin.describe_configs([resource])[resource].result(PATIENCE_S)[name].value


def test_the_last_record_of_each_key_is_the_row_that_is_there(kafka, topic, headwater, tmp_path, changes):
    pour(headwater, kafka, topic, tmp_path)
    records = read(kafka, topic)
    assert len(records) == len(changes)
    assert latest(records) == expected_rows(changes)
    by_row = {int(record.row.split("-")[1]): record for record in records if record.row.startswith("1-")}
    tombstones = [record for record in records if record.value is None]
    assert len(tombstones) == sum(change["op"] == "delete" for change in changes) > 100
    assert all(record.key for record in records) and by_row
    assert config_of(kafka, topic, "cleanup.policy") == "compact"


def test_a_topic_may_be_kept_otherwise(kafka, topic, headwater, tmp_path):
    pour(headwater, kafka, topic, tmp_path, "--count", "10", options="cleanup.policy=delete")
    assert config_of(kafka, topic, "cleanup.policy") == "delete"


def test_the_broker_compacts_it_to_the_rows_that_are_there(kafka, topic, headwater, tmp_path):
    make_topic(kafka, NewTopic(topic, 1, 1, config={
        "cleanup.policy": "compact", "segment.ms": "60000", "min.cleanable.dirty.ratio": "0.001", "delete.retention.ms": "0"}))
    run = ("run", ROWS, "--for", "20d", "--streams", "customers")
    headwater(*run, "--to", f"kafka://{kafka.bootstrap}/{topic}", "--envelope", "upsert", cwd=tmp_path, env=ENVIRONMENT)
    headwater(*run, "--to", f"file:{tmp_path}/whole", "--quiet")
    changes = json_rows(tmp_path / "whole", "customers")
    deadline = monotonic() + 2 * PATIENCE_S
    while len(records := read(kafka, topic)) > len(changes) / 2:
        assert monotonic() < deadline, f"{len(records)} records of {len(changes)} are left"
    assert latest(records) == expected_rows(changes)


def test_changes_are_keyed_by_the_row_where_nothing_else_is_asked_for(kafka, topic, headwater, tmp_path, changes):
    headwater(*RUN, "--to", f"kafka://{kafka.bootstrap}/{topic}?partitions=1", cwd=tmp_path, env=ENVIRONMENT)
    records = read(kafka, topic)
    assert [json.loads(record.value, parse_float=str) for record in records] == changes
    assert [record.key.decode() for record in records] == [(one["after"] or one["before"])["id"] for one in changes]


def test_a_csv_row_has_no_value_either_where_it_is_gone(kafka, topic, headwater, tmp_path, changes):
    pour(headwater, kafka, topic, tmp_path, "--format", "csv")
    records = read(kafka, topic)
    assert {record.key.decode() for record in records if record.value is None} == \
        {change["before"]["id"] for change in changes if change["op"] == "delete"}
    assert all(record.value.startswith(record.key + b",") for record in records if record.value is not None)


def test_faults_break_rows_as_they_break_records(kafka, topic, headwater, tmp_path, changes):
    pour(headwater, kafka, topic, tmp_path, "--chaos", "fault: nullify, field: after.email, chance: 20%",
         "--chaos", "fault: duplicate, chance: 10%", "--answer-key", f"file:{tmp_path}/key", options="partitions=1")
    records = read(kafka, topic)
    twice = len(records) - len(changes)
    assert len(changes) / 20 < twice < len(changes) / 5
    values = [json.loads(record.value, parse_float=str) for record in records if record.value is not None]
    assert 0.1 < sum(value["email"] is None for value in values) / len(values) < 0.3
    assert len(values) + sum(change["op"] == "delete" for change in changes) <= len(records)
    strokes = sum(len(path.read_text().splitlines()) for path in (tmp_path / "key").rglob("*.json") if "manifest" not in path.name)
    assert strokes > twice


def test_a_run_that_is_killed_goes_on_to_the_same_rows(kafka, topic, begin, tmp_path, headwater):  # noqa: F811
    run = begin(ROWS, "--streams", "customers", "--for", "60d", "--to", f"kafka://{kafka.bootstrap}/{topic}", "--envelope", "upsert",
                "--state", "./state")
    for count in (30_000, 120_000):
        wait_for_records(kafka, topic, count, run)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run = begin("--resume", "./state")
    _, told = run.communicate(timeout=PATIENCE_S * 2)
    assert run.returncode == 0, told
    headwater("run", ROWS, "--for", "60d", "--streams", "customers", "--to", f"file:{tmp_path}/whole", "--quiet")
    changes = json_rows(tmp_path / "whole", "customers")
    assert latest(read(kafka, topic)) == expected_rows(changes)
