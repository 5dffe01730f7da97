"""Columns of every type of Arrow that a writer may choose for our values: each reads as the value that was sent."""
import decimal
import json
import uuid

import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pytest

import grading

ROWS = 2000
PACK = "tests/packs/shapes/shapes.yaml"


@pytest.fixture(scope="module")
def poured(headwater, tmp_path_factory):
    """Gives the manifest of a run whose stream has every type of the language."""
    return grading.pour(headwater, tmp_path_factory.mktemp("poured") / "out", pack=PACK, count=ROWS)


@pytest.fixture(scope="module")
def columns(poured):
    """Gives the run's records as columns by name, decimals as they were written."""
    (path,) = (poured.parent / "everything").iterdir()
    records = [json.loads(line, parse_float=decimal.Decimal) for line in grading.lines_of(path)]
    return {name: [record.get(name) for record in records] for name in records[0]}


def as_table(columns, **types):
    """Makes a table of columns as pyarrow reads them, with other types for some."""
    arrays = {}
    for name, values in columns.items():
        if name in ("total", "price"):
            digits = 3 if name == "total" else 2
            arrays[name] = pyarrow.array(values, pyarrow.decimal128(12, digits))
        elif name in ("share", "score"):
            arrays[name] = pyarrow.array([None if value is None else float(value) for value in values])
        elif name in ("place", "lines"):
            arrays[name] = pyarrow.array([plain(value) for value in values])
        elif name == "tags":
            arrays[name] = pyarrow.array([list(value.items()) for value in values], pyarrow.map_(pyarrow.string(), pyarrow.string()))
        else:
            arrays[name] = pyarrow.array(values)
    for name, change in types.items():
        arrays[name] = change(arrays[name]) if callable(change) else arrays[name].cast(change)
    return pyarrow.table(arrays)


def plain(value):
    """Gives a nested value with doubles for decimals."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def instants(unit, zone=None):
    """Gives a cast of texts of instants to timestamps."""
    return lambda texts: pyarrow.compute.cast(pyarrow.compute.replace_substring(texts, "Z", ""), pyarrow.timestamp(unit)).cast(
        pyarrow.timestamp(unit, zone))


def pairs(maps):
    """Writes maps as those do who have none: lists of records of a key and a value."""
    return pyarrow.array([[{"key": key, "value": value} for key, value in one] for one in maps.to_pylist()])


def uuids(texts):
    """Writes the texts of UUIDs as 16 bytes."""
    return pyarrow.array([uuid.UUID(text).bytes for text in texts.to_pylist()], pyarrow.binary(16))


CHOICES = {
    "large_string": dict(word=pyarrow.large_string(), note=pyarrow.large_string(), _headwater=pyarrow.large_string()),
    "string_view": dict(word=pyarrow.string_view(), note=pyarrow.string_view(), _headwater=pyarrow.string_view()),
    "binary": dict(word=pyarrow.binary(), note=pyarrow.large_binary(), _headwater=pyarrow.binary()),
    "binary_view": dict(word=pyarrow.binary_view(), _headwater=pyarrow.binary_view()),
    "dictionary": dict(word=lambda a: a.dictionary_encode(), note=lambda a: a.dictionary_encode(),
                       level=lambda a: a.dictionary_encode(), _headwater=lambda a: a.dictionary_encode(),
                       small=lambda a: a.dictionary_encode()),
    "uuid_bytes": dict(id=uuids),
    "decimal32": dict(total=pyarrow.decimal32(9, 3), price=pyarrow.decimal32(3, 2)),
    "decimal64": dict(total=pyarrow.decimal64(18, 3), price=pyarrow.decimal64(10, 4)),
    "decimal256": dict(total=pyarrow.decimal256(40, 3), price=pyarrow.decimal256(50, 6)),
    "small_numbers": dict(small=pyarrow.int8(), large=pyarrow.int64(), score=pyarrow.float64()),
    "timestamps": dict(seen=instants("ms"), exact=instants("us", "UTC"), day=pyarrow.date32()),
    "nanoseconds": dict(seen=instants("ns"), exact=instants("ns", "Europe/Berlin"), day=pyarrow.date64()),
    "large_lists": dict(digits=pyarrow.large_list(pyarrow.int16()), lines=lambda a: a.cast(pyarrow.large_list(a.type.value_type))),
    "map_as_list": dict(tags=pairs),
}


@pytest.mark.parametrize("choice", sorted(CHOICES))
def test_every_type_reads_as_what_was_sent(headwater, poured, columns, choice, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    pyarrow.parquet.write_table(as_table(columns, **CHOICES[choice]), folder / "everything.parquet")
    code, report = grading.grade(headwater, poured, "--from", f"file:{folder}", tmp=tmp_path)
    assert grading.counts(report) == {}, report["differences"][:2]
    assert code == 0 and report["total"]["equal"] == ROWS
    assert report["matched_by"] == "identity"


@pytest.mark.parametrize("choice", ["string_view", "dictionary", "decimal64", "decimal256", "large_lists"])
def test_one_changed_value_is_altered_in_every_type(headwater, poured, columns, choice, tmp_path):
    changed = {name: list(values) for name, values in columns.items()}
    field = {"string_view": "word", "dictionary": "level", "large_lists": "digits"}.get(choice, "total")
    change = {"word": lambda _: "changed, beyond the twelve bytes of a view", "level": lambda v: "low" if v != "low" else "high",
              "digits": lambda v: [*v, 7], "total": lambda v: v + decimal.Decimal("0.001")}[field]
    changed[field][42] = change(changed[field][42])
    folder = tmp_path / "copy"
    folder.mkdir()
    pyarrow.parquet.write_table(as_table(changed, **CHOICES[choice]), folder / "everything.parquet")
    _, report = grading.grade(headwater, poured, "--from", f"file:{folder}", tmp=tmp_path)
    assert grading.counts(report) == {"altered": 1}
    (one,) = grading.of_kind(report, "altered")
    assert one["row"] == 42 and [field["field"] for field in one["fields"]] == [field]
