"""For the guide's stream job: verify finds its two mistakes, exactly, and nothing when they are mended."""
import itertools
import json
import pathlib
import subprocess
import sys

import confluent_kafka
import confluent_kafka.admin
import pytest

import grading
from topics import read_messages

JOB = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guides" / "stream_job.py"
ROWS = 6000
BATCH = 500
MOST = 4000
_numbers = itertools.count()


def row_of(message):
    return int(dict(message.headers())["headwater-row"])


@pytest.fixture(scope="module")
def raw(headwater, kafka, tmp_path_factory):
    """Gives the manifest of a run into a topic, and the topic."""
    topic = f"raw-{next(_numbers)}"
    manifest = tmp_path_factory.mktemp("guide") / "run.json"
    headwater("run", "payments", "--streams", "transactions", "--count", ROWS, "--set", "typical_purchase=250", "--to",
              f"kafka://{kafka.bootstrap}/{topic}?partitions=3&retention.ms=-1", "--manifest", manifest, "--state", "none",
              "--quiet")
    return manifest, topic


def run_job(kafka, source, *options):
    """Runs the job into topics of its own; gives their names."""
    clean, dead = f"clean-{next(_numbers)}", f"dead-{next(_numbers)}"
    admin = kafka.admin()
    for made in admin.create_topics([confluent_kafka.admin.NewTopic(name, 3, 1, config={"retention.ms": "-1"})
                                     for name in (clean, dead)]).values():
        made.result(60)
    subprocess.run([sys.executable, JOB, kafka.bootstrap, source, clean, dead, *options], check=True, timeout=300)
    return clean, dead


@pytest.mark.parametrize("is_mended", [False, True])
def test_the_planted_mistakes_are_found_and_nothing_else(headwater, kafka, raw, tmp_path, is_mended):
    manifest, topic = raw
    source = read_messages(kafka.client_options(), topic)
    clean, dead = run_job(kafka, topic, *(["--mended"] if is_mended else []))
    code, report = grading.grade(headwater, manifest, "--from", f"kafka://{kafka.bootstrap}/{clean}", "--dead-letters",
                                 f"kafka://{kafka.bootstrap}/{dead}", "--reason", "header:reason", "--order", "key", "--examples",
                                 1000, tmp=tmp_path)

    forgotten = set() if is_mended else {row_of(one) for one in source[BATCH - 1::BATCH]}
    amounts = {row_of(one): json.loads(one.value(), parse_float=str)["amount"] for one in source}
    set_aside = {row for row, amount in amounts.items() if float(amount) > MOST}
    assert len(set_aside) > 10
    assert {row_of(one) for one in read_messages(kafka.client_options(), dead)} == set_aside - forgotten
    rounded = set() if is_mended else {
        row for row, amount in amounts.items()
        if row not in forgotten | set_aside and float(amount) >= 1000 and float(f"{float(amount):.5g}") != float(amount)}
    assert is_mended or (len(forgotten) == ROWS // BATCH and 100 < len(rounded) <= 1000)

    assert code == (0 if is_mended else 1)
    assert grading.counts(report) == ({} if is_mended else {"lost": len(forgotten), "altered": len(rounded)})
    assert {one["row"] for one in grading.of_kind(report, "lost")} == forgotten
    altered = grading.of_kind(report, "altered")
    assert {one["row"] for one in altered} == rounded
    for one in altered:
        (field,) = one["fields"]
        assert field["field"] == "amount" and field["was"] == amounts[one["row"]]
    assert report["total"]["set_aside"] == len(set_aside - forgotten)
    letters = report["dead_letters"]
    assert letters["letters"] == len(set_aside - forgotten)
    assert letters["unknown"] == letters["unreadable"] == 0
    assert {one["reason"] for one in letters["reasons"]} == {"amount is out of range"}
