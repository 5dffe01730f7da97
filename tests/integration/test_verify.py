"""For verify against real servers: copies in topics and buckets, clean and broken, by identity and by content."""
import itertools
import json

import confluent_kafka
import confluent_kafka.admin
import pytest

import grading
from topics import read_partitions

ROWS = 3000
_numbers = itertools.count()


def write(kafka, topic, records):
    """Writes records (key, value, headers) to a topic."""
    producer = confluent_kafka.Producer(kafka.client_options())
    for key, value, headers in records:
        producer.produce(topic, value, key, headers=headers)
    assert producer.flush(60) == 0


def everything(kafka, topic, partition):
    """Gives key, value and headers of all records of a partition."""
    return [(one.key(), one.value(), one.headers()) for one in read_partitions(kafka.client_options(), topic)[partition]]


@pytest.mark.parametrize("identity", ["headers", "none"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_topics_are_graded(headwater, kafka, tmp_path, identity, form):
    name = f"graded-{next(_numbers)}"
    address = f"kafka://{kafka.bootstrap}/{name}-$(stream)"
    manifest = tmp_path / "manifest.json"
    headwater("run", "payments", "--streams", "transactions,user_profiles", "--count", ROWS, "--to",
              f"{address}?partitions=3&retention.ms=-1&format={form}", "--identity", identity, "--manifest", manifest,
              "--state", "none", "--quiet")
    copy = f"{address}?format={form}"
    code, report = grading.grade(headwater, manifest, "--from", copy, tmp=tmp_path)
    assert code == 0 and report["clean"], report
    assert report["matched_by"] == ("identity" if identity == "headers" else "content")
    assert report["total"]["equal"] == 2 * ROWS
    assert len(report["partitions"]) == 6

    again, altered, *_ = everything(kafka, f"{name}-transactions", 0)
    broken = altered[1].replace(b"USD", b"EUR")
    write(kafka, f"{name}-transactions", [again, (altered[0], broken, altered[2]), (b"x", b'{"who', [])])
    code, report = grading.grade(headwater, manifest, "--from", copy, tmp=tmp_path)
    assert code == 1
    # By content nobody can say that the altered record is a second copy.
    assert grading.counts(report) == ({"duplicated": 2, "unreadable": 1} if identity == "headers" else
                                      {"duplicated": 1, "unexpected": 1, "unreadable": 1})


def make_topic(kafka, name):
    """Makes a topic of one partition that keeps history."""
    admin = kafka.admin()  # must outlive its answer
    admin.create_topics([confluent_kafka.admin.NewTopic(name, 1, 1, config={"retention.ms": "-1"})])[name].result(60)


def test_order_is_that_of_partitions_or_of_keys(headwater, kafka, tmp_path):
    """Partitions put one behind the other keep the order of each sensor, not that of the stream."""
    name = f"merged-{next(_numbers)}"
    manifest = tmp_path / "manifest.json"
    headwater("run", "sensors", "--streams", "telemetry", "--count", ROWS, "--to",
              f"kafka://{kafka.bootstrap}/{name}?partitions=2&retention.ms=-1", "--manifest", manifest, "--state", "none",
              "--quiet")
    merged = everything(kafka, name, 1) + everything(kafka, name, 0)
    target = f"{name}-together"
    make_topic(kafka, target)
    write(kafka, target, merged)
    options = ["--from", f"kafka://{kafka.bootstrap}/{target}"]
    _, by_lane = grading.grade(headwater, manifest, *options, tmp=tmp_path)
    assert set(grading.counts(by_lane)) == {"reordered"}
    code, by_key = grading.grade(headwater, manifest, *options, "--order", "key", tmp=tmp_path)
    assert code == 0, by_key

    sensor = merged[0][0]
    ours = [i for i, record in enumerate(merged) if record[0] == sensor]
    swapped = f"{name}-swapped"
    make_topic(kafka, swapped)
    merged[ours[0]], merged[ours[1]] = merged[ours[1]], merged[ours[0]]
    write(kafka, swapped, merged)
    _, by_key = grading.grade(headwater, manifest, "--from", f"kafka://{kafka.bootstrap}/{swapped}", "--order", "key",
                              tmp=tmp_path)
    assert grading.counts(by_key) == {"reordered": 1}


def test_a_topic_that_is_not_there_cannot_be_read(headwater, kafka, tmp_path):
    manifest = grading.pour(headwater, tmp_path / "out", count=10)
    done = headwater("verify", manifest, "--from", f"kafka://{kafka.bootstrap}/nowhere", check=False)
    assert done.returncode == 2 and "Topic cannot be read" in done.stderr


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_bucket_is_graded(headwater, bucket, tmp_path, form):
    manifest = tmp_path / "manifest.json"
    headwater("run", "payments", "--count", ROWS, "--to", f"s3://{bucket.name}/run?format={form}", "--manifest", manifest,
              "--identity", "column", "--quiet", "--state", "none", env=bucket.environment)

    def grade():
        report = tmp_path / "report.json"
        done = headwater("verify", manifest, "--from", f"s3://{bucket.name}/run", "--report", f"json={report}", check=False,
                         env=bucket.environment)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(report.read_text(encoding="utf-8"))

    report = grade()
    assert report["clean"] and report["total"]["equal"] == 3 * ROWS
    bucket.client.delete_object(Bucket=bucket.name, Key=next(key for key in bucket.keys() if "device_logs" in key))
    assert grading.counts(grade()) == {"lost": ROWS}


def test_a_bucket_that_is_not_there_cannot_be_read(headwater, bucket, tmp_path):
    manifest = grading.pour(headwater, tmp_path / "out", count=10)
    done = headwater("verify", manifest, "--from", "s3://nowhere-at-all", check=False, env=bucket.environment)
    assert done.returncode == 2 and "nowhere-at-all" in done.stderr
