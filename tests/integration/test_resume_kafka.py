"""For the promise that a run killed at any instant goes on without a gap or a duplicate: Kafka, for real.

The checker shares no code with the program: other clients read what landed, record by record.
"""
import json
import os
import subprocess
import uuid

import pytest

from killing import POINTS, Killer
from topics import read_partitions

LONG = os.environ.get("HEADWATER_LONG") == "1"
SEEDS = 300 if LONG else 5
ROWS = 150_000
PACED = ["--rate", "60k/s"]  # long enough for two checkpoints


def landed(bootstrap, topic):
    """Gives what a topic holds: for each partition the (run, stream, row) of its records, in order."""
    def name(message):
        headers = {name: value.decode() for name, value in message.headers()}
        return tuple(headers["headwater-" + name] for name in ("run", "stream", "row"))

    partitions = read_partitions({"bootstrap.servers": bootstrap}, topic)
    return {number: [name(message) for message in messages] for number, messages in partitions.items()}


def check_once_and_in_order(found, rows):
    """No gap, no duplicate, order kept in every partition."""
    everything = sorted(int(row) for records in found.values() for _, _, row in records)
    assert everything == list(range(rows))
    for records in found.values():
        numbers = [int(row) for _, _, row in records]
        assert numbers == sorted(numbers)


def to_kafka(kafka, topic):
    return ["payments", "--streams", "transactions", "--count", ROWS, *PACED,
            "--to", f"kafka://{kafka.bootstrap}/{topic}?partitions=5&retention.ms=-1"]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_random_instants_a_topic_has_each_record_once(seed, kafka, program, tmp_path):
    topic = f"killed-{uuid.uuid4().hex[:8]}"
    killer = Killer(program, tmp_path, to_kafka(kafka, topic))
    killer.kill_at_random(seed, times=3, longest=1.5)
    check_once_and_in_order(landed(kafka.bootstrap, topic), ROWS)


@pytest.mark.parametrize("point", [point for point in POINTS if point != "manifest.written"])
def test_killed_at_named_points_a_topic_has_each_record_once(point, kafka, program, tmp_path):
    topic = f"killed-{uuid.uuid4().hex[:8]}"
    killer = Killer(program, tmp_path, to_kafka(kafka, topic))
    for count in (5, 1, 2) if point == "window.made" else (1, 1):
        if not killer.kill_at(point, count):
            break
    assert killer.kills > 0
    killer.finish()
    check_once_and_in_order(landed(kafka.bootstrap, topic), ROWS)


def test_three_streams_and_the_answer_key_go_on_together(kafka, program, tmp_path):
    name = uuid.uuid4().hex[:8]
    arguments = ["payments", "--count", 60_000, "--rate", "60k/s", "--to", f"kafka://{kafka.bootstrap}/{name}-$(stream)?retention.ms=-1",
                 "--answer-key", f"kafka://{kafka.bootstrap}/{name}-key?retention.ms=-1"]
    killer = Killer(program, tmp_path, arguments)
    killer.kill_at_random(seed=3, times=4, longest=1.5)
    for stream, rows in (("transactions", 60_000), ("user_profiles", 9_000)):
        check_once_and_in_order(landed(kafka.bootstrap, f"{name}-{stream}"), rows)
    logs = [record for records in landed(kafka.bootstrap, f"{name}-device_logs").values() for record in records]
    assert len(logs) == len(set(logs)) == 60_000


def test_a_blind_run_without_identity_goes_on_by_the_bytes_of_its_records(kafka, program, headwater, tmp_path):
    topic = f"blind-{uuid.uuid4().hex[:8]}"
    killer = Killer(program, tmp_path, [*to_kafka(kafka, topic), "--identity", "none"])
    for seconds in (1.3, 0.9):
        killer.kill_after(seconds)
    killer.finish()
    expected = headwater("run", "payments", "--streams", "transactions", "--count", ROWS, "--to", "stdout", "--quiet").stdout
    read = subprocess.run(["kcat", "-b", kafka.bootstrap, "-C", "-t", topic, "-e", "-q"], capture_output=True, text=True, timeout=120, check=True)
    assert killer.kills > 0
    assert sorted(read.stdout.splitlines()) == sorted(expected.splitlines())


def test_entities_that_live_go_on_from_their_states(kafka, program, headwater, tmp_path):
    """Paced by real time: what comes next from a state is cut into other windows, yet made of the same records."""
    name = uuid.uuid4().hex[:8]
    arguments = ["sensors", "--streams", "telemetry", "--until", "2026-01-01T00:30:00Z", "--set", "sensors=1000", "--identity"]
    killer = Killer(program, tmp_path, [*arguments, "headers", "--rate", "40k/s", "--to", f"kafka://{kafka.bootstrap}/{name}?partitions=5&retention.ms=-1"])
    while killer.kills < 3 and killer.kill_at("state.kept"):
        pass
    assert killer.kills == 3
    killer.finish()
    expected = headwater("run", *arguments, "column", "--to", "stdout", "--quiet").stdout
    found = landed(kafka.bootstrap, name)
    names = [f"{stream}/{row}" for records in found.values() for _, stream, row in records]
    assert sorted(names) == sorted(json.loads(line)["_headwater"].split("/", 1)[1] for line in expected.splitlines())
    for records in found.values():
        latest = {}
        for _, _, row in records:
            entity, ordinal = map(int, row.split("-"))
            assert latest.get(entity, -1) < ordinal
            latest[entity] = ordinal
