"""For the fifth law: every record is accounted for, in manifest, objects and answer key."""
import collections
import json

import duckdb
import pytest

from poured import ORDERS, PAYMENTS, SHAPES, files_in, json_rows, manifest, paths, sha256, stream_of

COUNT = 150_000


@pytest.fixture(scope="module")
def poured(headwater, tmp_path_factory):
    """Gives the folder of a run with its answer key."""
    folder = tmp_path_factory.mktemp("accounts")
    headwater("run", "payments", "--count", COUNT, "--to", f"file:{folder}/data", "--answer-key", f"file:{folder}/key", "--quiet")
    return folder


@pytest.mark.parametrize("layout", ["grouped", "chunked", "hive"])
@pytest.mark.parametrize("pack", ["payments", ORDERS, SHAPES], ids=["payments", "orders", "shapes"])
def test_the_manifest_names_every_file_with_its_rows_bytes_and_digest(pack, layout, headwater, tmp_path):
    headwater("run", pack, "--count", "20k", "--to", f"file:{tmp_path}", "--layout", layout, "--max-chunk-size", "256KiB",
              "--target-size", "1MiB")
    found = manifest(tmp_path)
    named = {entry["name"]: entry for stream in found["streams"] for entry in stream["objects"]}
    assert files_in(tmp_path) == sorted([*named, "manifest.json", "_SUCCESS"])
    for name, entry in named.items():
        content = (tmp_path / name).read_bytes()
        assert (entry["bytes"], entry["rows"], entry["sha256"]) == (len(content), content.count(b"\n"), sha256(content))
        assert entry["last_row"] >= entry["first_row"] + entry["rows"] - 1
    for stream in found["streams"]:
        assert stream["rows"] == sum(entry["rows"] for entry in stream["objects"])
        if stream["name"] == "orders.shipments":  # four of five orders have one
            assert abs(stream["rows"] - 16_000) < 300 and stream["ended"] == "count of orders reached"
            continue
        assert stream["rows"] == (9000 if stream["name"] == "payments.user_profiles" else 20_000)
        assert stream["ended"] == ("exhausted" if stream["exhausted"] else "count reached")


def test_discarding_counts_like_keeping(headwater, tmp_path):
    def summary(target):
        told = headwater("run", "payments", "--count", "30k", "--to", target).stderr
        return [line for line in told.splitlines() if "records  " in line]

    assert summary("discard:") == summary(f"file:{tmp_path}")


def test_the_answer_key_names_the_frauds_that_are_seen_and_those_that_are_hidden(poured):
    payments = json_rows(poured / "data", "transactions")
    labels = [json.loads(line) for path in (poured / "key").rglob("*.json") for line in path.read_text().splitlines()]
    assert all(label["kind"] == "label" and label["stream"] == "payments.transactions" for label in labels)
    rows = {label["row"]: label for label in labels}
    assert len(rows) == len(labels) > COUNT / 1000
    hidden = 0
    for row, payment in enumerate(payments):
        label = rows.pop(row, None)
        assert label or payment["is_fraud"] == 0
        assert not label or label["key"] == payment["transaction_id"]
        hidden += label is not None and payment["is_fraud"] == 0
    assert not rows
    assert sum(payment["is_fraud"] for payment in payments) + hidden == len(labels)
    assert 0 < hidden < len(labels) / 20


def test_the_answer_key_is_in_the_manifest(poured):
    key = manifest(poured / "data")["answer_key"]
    assert key["to"].startswith("file:")
    files = {entry["name"]: entry for entry in key["objects"]}
    assert sorted(files) == files_in(poured / "key")
    for name, entry in files.items():
        assert entry["sha256"] == sha256(poured / "key" / name)
        assert entry["rows"] == (poured / "key" / name).read_bytes().count(b"\n")


def test_the_answer_key_comes_in_parquet_with_the_same_labels(poured, headwater, tmp_path):
    headwater("run", "payments", "--count", COUNT, "--to", "discard:", "--answer-key", f"file:{tmp_path}?format=parquet", "--quiet")
    query = "select row, key, kind, name, stream from {} order by row"
    parquet = duckdb.sql(query.format(f"read_parquet('{tmp_path}/**/*.parquet')")).fetchall()
    lines = duckdb.sql(query.format(f"read_json('{poured}/key/**/*.json')")).fetchall()
    assert parquet and [tuple(map(str, row)) for row in parquet] == [tuple(map(str, row)) for row in lines]


def test_the_answer_key_of_parts_is_that_of_the_whole(poured, headwater, tmp_path):
    whole = collections.Counter(line for path in (poured / "key").rglob("*.json") for line in path.read_text().splitlines())
    parts = collections.Counter()
    for part in range(3):
        headwater("run", "payments", "--count", COUNT, "--to", "discard:", "--answer-key", f"file:{tmp_path}/{part}",
                  "--parts", 3, "--part", part, "--quiet")
        parts.update(line for path in (tmp_path / str(part)).rglob("*.json") if "manifest" not in path.name
                     for line in path.read_text().splitlines())
    assert parts == whole


def test_streams_join_on_their_keys(poured):
    users = {row["user_id"] for row in json_rows(poured / "data", "user_profiles")}
    assert len(users) == stream_of(poured / "data", "user_profiles")["rows"] == 9000
    for stream in PAYMENTS:
        assert all(path.exists() for path in paths(poured / "data", stream))
        assert {row["user_id"] for row in json_rows(poured / "data", stream)} <= users
