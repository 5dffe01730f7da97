"""Deliveries that were broken on purpose: verify finds each mistake and names it, and finds none where there is none."""
import gzip
import json

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

import grading

ROWS = 2000


@pytest.fixture(scope="module")
def poured(headwater, tmp_path_factory):
    """Gives the manifest of a run with identity, whose transactions lie in one file."""
    return grading.pour(headwater, tmp_path_factory.mktemp("poured") / "out", count=ROWS)


@pytest.fixture(scope="module")
def nameless(headwater, tmp_path_factory):
    """Gives the manifest of the same run without identity."""
    return grading.pour(headwater, tmp_path_factory.mktemp("nameless") / "out", count=ROWS, identity="none")


@pytest.fixture(params=["identity", "content"])
def delivery(request, poured, nameless, tmp_path, headwater):
    """Gives a delivery to be broken, and a function that grades it."""

    class Delivery:
        by = request.param
        manifest = poured if by == "identity" else nameless
        folder = grading.copy_of(manifest.parent, tmp_path / "copy")
        path = next((folder / "transactions").iterdir())

        def lines(self):
            return grading.lines_of(self.path)

        def write(self, lines):
            grading.write_lines(self.path, lines)

        def grade(self, *arguments):
            code, report = grading.grade(headwater, self.manifest, "--from", f"file:{self.folder}", *arguments, tmp=tmp_path)
            assert report["matched_by"] == self.by
            assert code == (0 if report["clean"] else 1)
            return report

    return Delivery()


def test_a_clean_delivery_passes(delivery):
    report = delivery.grade()
    assert report["clean"] and grading.counts(report) == {}
    assert report["total"]["sent"] == report["total"]["equal"] == 3 * ROWS


def test_a_lost_batch_is_lost(delivery):
    lines = delivery.lines()
    delivery.write(lines[:500] + lines[600:])
    report = delivery.grade("--examples", 200)
    assert grading.counts(report) == {"lost": 100}
    assert sorted(one["row"] for one in grading.of_kind(report, "lost")) == list(range(500, 600))


def test_a_repeated_batch_is_duplicated(delivery):
    lines = delivery.lines()
    delivery.write(lines[:600] + lines[500:600] + lines[600:])
    report = delivery.grade("--examples", 200)
    assert grading.counts(report) == {"duplicated": 100}
    assert sorted(one["row"] for one in grading.of_kind(report, "duplicated")) == list(range(500, 600))


def test_a_swapped_pair_is_reordered(delivery):
    lines = delivery.lines()
    lines[700], lines[701] = lines[701], lines[700]
    delivery.write(lines)
    report = delivery.grade()
    assert grading.counts(report) == {"reordered": 1}
    assert grading.of_kind(report, "reordered")[0]["position"] == 701
    assert delivery.grade("--order", "none")["clean"]


def test_one_changed_digit_is_altered(delivery):
    lines = delivery.lines()
    record = json.loads(lines[42], parse_float=str)
    was = record["amount"]
    changed = was[:-1] + str((int(was[-1]) + 1) % 10)
    lines[42] = lines[42].replace(f'"amount":{was}', f'"amount":{changed}')
    delivery.write(lines)
    report = delivery.grade()
    assert grading.counts(report) == {"altered": 1}
    (one,) = grading.of_kind(report, "altered")
    assert one["row"] == 42 and one["position"] == 42
    assert one["fields"] == [{"field": "amount", "was": was, "is": changed}]


def test_a_wrong_file_twice_is_duplicated_as_a_whole(delivery):
    (delivery.folder / "transactions" / "again.json").write_bytes(delivery.path.read_bytes())
    report = delivery.grade()
    assert grading.counts(report) == {"duplicated": ROWS}
    again = next(one for one in report["objects"] if one["name"].endswith("again.json"))
    first = next(one for one in report["objects"] if one["name"].startswith("transactions/agg"))
    assert first["duplicated"] + again["duplicated"] == ROWS


def test_a_file_of_another_stream_in_place_of_one_is_lost_and_duplicated(delivery):
    other = next((delivery.folder / "device_logs").iterdir())
    delivery.path.write_bytes(other.read_bytes())
    assert grading.counts(delivery.grade()) == {"lost": ROWS, "duplicated": ROWS}


def test_a_truncated_file_loses_its_end_and_says_where(delivery):
    content = delivery.path.read_bytes()
    lines = content.splitlines(keepends=True)
    delivery.path.write_bytes(b"".join(lines[:1500]) + lines[1500][:40])
    report = delivery.grade()
    assert grading.counts(report) == {"lost": 500, "unreadable": 1}
    assert grading.of_kind(report, "unreadable")[0]["position"] == 1500


def test_a_truncated_compressed_file_is_told(delivery):
    packed = gzip.compress(delivery.path.read_bytes())
    delivery.path.unlink()
    (delivery.folder / "transactions" / "part.gz").write_bytes(packed[: len(packed) // 2])
    report = delivery.grade()
    assert grading.counts(report)["lost"] > 500
    reasons = [one["reason"] for one in grading.of_kind(report, "unreadable")]
    assert "Compressed bytes end too early" in reasons


def test_a_dropped_column_is_altered_everywhere(delivery):
    records = [json.loads(line) for line in delivery.lines()]
    for record in records:
        del record["currency"]
    delivery.write(json.dumps(record) + "\n" for record in records)
    report = delivery.grade()
    assert grading.counts(report) == {"altered": ROWS}
    transactions = next(one for one in report["streams"] if one["stream"] == "payments.transactions")
    assert transactions["altered_fields"] == {"currency": ROWS}
    assert grading.of_kind(report, "altered")[0]["fields"] == [{"field": "currency", "was": '"USD"', "is": None}]


def test_a_null_instead_of_a_value_is_altered(delivery):
    lines = delivery.lines()
    record = json.loads(lines[7])
    was = record["merchant"]
    record["merchant"] = None
    lines[7] = json.dumps(record) + "\n"
    delivery.write(lines)
    report = delivery.grade()
    assert grading.counts(report) == {"altered": 1}
    assert grading.of_kind(report, "altered")[0]["fields"] == [
        {"field": "merchant", "was": json.dumps(was), "is": "null"}]


def test_a_record_of_another_run_is_unexpected(delivery, headwater, tmp_path):
    other = grading.pour(headwater, tmp_path / "other", "--seed", 7, "--streams", "transactions", count=1,
                         identity="column" if delivery.by == "identity" else "none")
    stranger = grading.lines_of(next((other.parent / "transactions").iterdir()))
    delivery.write(delivery.lines()[:100] + stranger + delivery.lines()[100:])
    report = delivery.grade()
    assert grading.counts(report) == {"unexpected": 1}
    (one,) = grading.of_kind(report, "unexpected")
    assert one["position"] == 100
    if delivery.by == "identity":
        assert one["reason"] == "of another run"


def test_a_shifted_timestamp_is_altered(delivery):
    lines = delivery.lines()
    record = json.loads(lines[11])
    was = record["timestamp"]
    record["timestamp"] = was.replace("Z", "+01:00")
    lines[11] = json.dumps(record) + "\n"
    delivery.write(lines)
    report = delivery.grade()
    assert grading.counts(report) == {"altered": 1}
    (field,) = grading.of_kind(report, "altered")[0]["fields"]
    assert field["field"] == "timestamp" and json.loads(field["was"]) == was


def test_an_altered_key_is_found(delivery):
    lines = delivery.lines()
    record = json.loads(lines[5])
    record["transaction_id"] = "00000000-0000-4000-8000-000000000000"
    lines[5] = json.dumps(record) + "\n"
    delivery.write(lines)
    report = delivery.grade()
    assert grading.counts(report) == {"altered": 1}
    assert [field["field"] for field in grading.of_kind(report, "altered")[0]["fields"]] == ["transaction_id"]


def test_an_added_field_is_altered_unless_it_is_ignored(delivery):
    records = [json.loads(line) for line in delivery.lines()]
    for record in records:
        record["ingested_at"] = "2026-01-01"
    delivery.write(json.dumps(record) + "\n" for record in records)
    report = delivery.grade()
    assert grading.counts(report) == {"altered": ROWS}
    assert report["unknown_fields"] == [{"stream": "payments.transactions", "field": "ingested_at", "records": ROWS}]
    assert delivery.grade("--ignore", "ingested_at")["clean"]


def test_invalid_text_is_unreadable(delivery):
    lines = delivery.path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"USD"', b'"U\xffD"')
    delivery.path.write_bytes(b"".join(lines))
    report = delivery.grade()
    assert grading.counts(report) == {"lost": 1, "unreadable": 1}
    assert grading.of_kind(report, "unreadable")[0]["position"] == 3


def test_a_lie_about_who_a_record_is_does_not_hide_what_it_holds(poured, headwater, tmp_path):
    """Trusting the column, a copy of one record under all names would be complete."""
    folder = grading.copy_of(poured.parent, tmp_path / "copy")
    path = next((folder / "transactions").iterdir())
    records = [json.loads(line) for line in grading.lines_of(path)]
    for record in records[1:]:
        name = record["_headwater"]
        record.update(records[0])
        record["_headwater"] = name
    grading.write_lines(path, (json.dumps(record) + "\n" for record in records))
    _, report = grading.grade(headwater, poured, "--from", f"file:{folder}", tmp=tmp_path)
    assert grading.counts(report) == {"altered": ROWS - 1}


def test_a_record_under_a_wrong_name_is_altered_in_its_name(poured, headwater, tmp_path):
    folder = grading.copy_of(poured.parent, tmp_path / "copy")
    path = next((folder / "transactions").iterdir())
    lines = grading.lines_of(path)
    lines[9] = lines[9].replace("/9\"}", "/99999\"}")
    grading.write_lines(path, lines)
    _, report = grading.grade(headwater, poured, "--from", f"file:{folder}", tmp=tmp_path)
    assert grading.counts(report) == {"altered": 1}
    assert "another record" in grading.of_kind(report, "altered")[0]["reason"]


def arrow_table(lines):
    """Gives records as a platform's table: keys in another order, decimals as doubles, other names for types."""
    records = [json.loads(line) for line in lines]
    return pyarrow.Table.from_pylist([dict(reversed(record.items())) for record in records])


@pytest.mark.parametrize("kind", ["csv", "parquet", "json-array", "semicolons"])
def test_a_platform_may_write_in_its_own_way(delivery, kind):
    """Other order of fields, 1.5 for 1.50, blanks, and another format are the same values; a lost record is lost."""
    lines = delivery.lines()
    del lines[1234]
    table = arrow_table(lines)
    delivery.path.unlink()
    target = delivery.folder / "transactions" / "rewritten"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, target)
    elif kind == "json-array":
        target.write_text(json.dumps(table.to_pylist(), indent=1), encoding="utf-8")
    else:
        delimiter = ";" if kind == "semicolons" else ","
        pyarrow.csv.write_csv(table, target, pyarrow.csv.WriteOptions(delimiter=delimiter))
    report = delivery.grade()
    assert grading.counts(report) == {"lost": 1}
    assert grading.of_kind(report, "lost")[0]["row"] == 1234


def test_renderings_of_an_instant_are_equal(delivery):
    lines = delivery.lines()
    renderings = [lambda t: t.replace("T", " ").replace("Z", ""), lambda t: t.replace("Z", "+00:00"),
                  lambda t: t.replace("Z", "000Z")]
    for i, render in enumerate(renderings):
        record = json.loads(lines[i])
        record["timestamp"] = render(record["timestamp"])
        lines[i] = json.dumps(record) + "\n"
    delivery.write(lines)
    assert delivery.grade()["clean"]


def test_a_truncated_parquet_file_is_unreadable(delivery):
    table = arrow_table(delivery.lines())
    pyarrow.parquet.write_table(table, delivery.path)
    content = delivery.path.read_bytes()
    delivery.path.write_bytes(content[: len(content) // 2])
    report = delivery.grade()
    assert grading.counts(report) == {"lost": ROWS, "unreadable": 1}
    assert "Parquet" in grading.of_kind(report, "unreadable")[0]["reason"]


def test_an_empty_copy_has_lost_everything(delivery, headwater, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    _, report = grading.grade(headwater, delivery.manifest, "--from", f"file:{empty}", tmp=tmp_path)
    assert grading.counts(report) == {"lost": 3 * ROWS}
