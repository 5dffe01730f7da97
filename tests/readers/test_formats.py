"""For the sixth law: DuckDB, pyarrow and Python read back exactly the rows that were put in, from every format."""
import csv
import io
import json

import duckdb
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest

from poured import ORDERS, SHAPES, json_rows, paths, stream_of, uncompressed
from reading import assert_same, cell_is, flat

STREAMS = {"transactions": "payments", "user_profiles": "payments", "device_logs": "payments", "orders": ORDERS,
           "shipments": ORDERS, "everything": SHAPES}
RECORD_COMPRESSIONS = ["none", "gzip", "zstd", "lz4"]
COUNT = 6_000


@pytest.fixture(scope="module")
def written(headwater, tmp_path_factory):
    """Gives a function that returns the folder of a stream in a format and compression, made once."""
    known = {}

    def get(stream, form, compression="none"):
        if (stream, form, compression) not in known:
            folder = tmp_path_factory.mktemp("rows")
            headwater("run", STREAMS[stream], "--streams", stream, "--count", COUNT, "--to", f"file:{folder}", "--format", form,
                      "--compression", compression, "--quiet")
            known[stream, form, compression] = folder
        return known[stream, form, compression]

    return get


@pytest.fixture(scope="module")
def lines(written):
    """Gives a function that returns the rows of a stream, from its JSON lines."""
    known = {}

    def get(stream):
        if stream not in known:
            known[stream] = json_rows(written(stream, "json"), stream)
            assert len(known[stream]) == COUNT
        return known[stream]

    return get


def duck(query):
    """Gives the rows of a query as dictionaries."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return connection.sql(query).to_arrow_table().to_pylist()


def only(folder, stream):
    path, = paths(folder, stream)
    return path


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "lz4", "none"])
@pytest.mark.parametrize("stream", STREAMS)
def test_parquet(stream, compression, written, lines):
    path = only(written(stream, "parquet", compression), stream)
    assert_same(lines(stream), pyarrow.parquet.read_table(path).to_pylist())
    assert_same(lines(stream), duck(f"from read_parquet('{path}')"))
    meta = pyarrow.parquet.ParquetFile(path).metadata
    assert meta.num_rows == COUNT == stream_of(path.parents[1], stream)["rows"]
    codecs = {meta.row_group(0).column(i).compression for i in range(meta.num_columns)}
    assert codecs == {"UNCOMPRESSED" if compression == "none" else compression.upper()}


@pytest.mark.parametrize("stream, expected", [
    ("transactions", {"transaction_id": "string", "user_id": "int64", "amount": "decimal128(18, 2)",
                      "timestamp": "timestamp[ms, tz=UTC]", "is_fraud": "int64", "merchant": "string"}),
    ("user_profiles", {"date_of_birth": "date32[day]", "signup_date": "timestamp[ms, tz=UTC]", "risk_level": "string"}),
    ("everything", {"yes": "bool", "share": "double", "total": "decimal128(18, 3)", "exact": "timestamp[us, tz=UTC]",
                    "digits": "list<element: int64 not null>", "tags": "map<string, string ('tags')>"})])
def test_columns_of_parquet_are_typed(stream, expected, written):
    schema = pyarrow.parquet.read_schema(only(written(stream, "parquet", "zstd"), stream))
    assert {name: str(schema.field(name).type) for name in expected} == expected


def test_columns_of_parquet_have_statistics_that_hold(written, lines):
    metadata = pyarrow.parquet.ParquetFile(only(written("everything", "parquet", "zstd"), "everything")).metadata
    columns = {metadata.row_group(0).column(i).path_in_schema: metadata.row_group(0).column(i).statistics
               for i in range(metadata.num_columns)}
    small = [row["small"] for row in lines("everything")]
    assert (columns["small"].min, columns["small"].max) == (min(small), max(small))
    assert columns["score"].null_count == sum(row["score"] is None for row in lines("everything"))


@pytest.mark.parametrize("compression", RECORD_COMPRESSIONS)
@pytest.mark.parametrize("stream", STREAMS)
def test_csv_by_python(stream, compression, written, lines):
    text = uncompressed(only(written(stream, "csv", compression), stream)).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == COUNT
    for line, row in zip(lines(stream), rows, strict=True):
        cells = flat(line)
        assert list(cells) == list(row)
        for name, value in cells.items():
            assert cell_is(value, row[name]), f"{name}: {value!r} was read as {row[name]!r}"


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("stream", STREAMS)
def test_csv_by_duckdb(stream, compression, written, lines):
    path = only(written(stream, "csv", compression), stream)
    found = duck(f"from read_csv('{path}', header = true, all_varchar = true, allow_quoted_nulls = false, quote = '\"', escape = '\"')")
    assert len(found) == COUNT
    for line, row in zip(lines(stream), found, strict=True):
        for name, value in flat(line).items():
            # Null is an empty cell, the empty text a quoted one; DuckDB tells them apart.
            assert row[name] is None if value is None else cell_is(value, row[name]), f"{name}: {value!r} was read as {row[name]!r}"


def test_csv_of_payments_by_pyarrow(written, lines):
    table = pyarrow.csv.read_csv(only(written("transactions", "csv"), "transactions"),
                                 convert_options=pyarrow.csv.ConvertOptions(column_types={"amount": pyarrow.decimal128(18, 2)}))
    assert_same(lines("transactions"), table.to_pylist())


@pytest.mark.parametrize("compression", RECORD_COMPRESSIONS)
@pytest.mark.parametrize("stream", STREAMS)
def test_json_lines_have_the_same_bytes_under_every_compression(stream, compression, written):
    stored = only(written(stream, "json", compression), stream)
    assert uncompressed(stored) == only(written(stream, "json"), stream).read_bytes()
    assert stored.name.endswith({"none": ".json", "gzip": ".json.gz", "zstd": ".json.zst", "lz4": ".json.lz4"}[compression])


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_json_lines_by_duckdb(compression, written, lines):
    path = only(written("transactions", "json", compression), "transactions")
    columns = "{transaction_id: 'UUID', user_id: 'BIGINT', amount: 'DECIMAL(18, 2)', currency: 'VARCHAR', merchant: 'VARCHAR', " \
              "timestamp: 'TIMESTAMPTZ', location: 'VARCHAR', is_fraud: 'BIGINT'}"
    assert_same(lines("transactions"), duck(f"from read_json('{path}', format = 'newline_delimited', columns = {columns})"))


def test_json_lines_by_pyarrow(written, lines):
    options = pyarrow.json.ParseOptions(explicit_schema=pyarrow.schema([("amount", pyarrow.decimal128(18, 2))]))
    table = pyarrow.json.read_json(only(written("transactions", "json"), "transactions"), parse_options=options)
    assert_same(lines("transactions"), [{name: row[name] for name in lines("transactions")[0]} for row in table.to_pylist()])


@pytest.mark.parametrize("compression", RECORD_COMPRESSIONS)
@pytest.mark.parametrize("stream", STREAMS)
def test_json_array(stream, compression, written, lines):
    path = only(written(stream, "json-array", compression), stream)
    text = uncompressed(path)
    assert json.loads(text, parse_float=str) == lines(stream)
    assert len(text.splitlines()) == 1


def test_json_array_by_duckdb(written, lines):
    path = only(written("user_profiles", "json-array", "gzip"), "user_profiles")
    found = duck(f"select user_id, name, email from read_json('{path}', format = 'array')")
    assert found == [{name: row[name] for name in ("user_id", "name", "email")} for row in lines("user_profiles")]


def poured_nothing(headwater, folder, form):
    """Pours no record of user_profiles, and gives what the manifest says of them."""
    headwater("run", "payments", "--streams", "user_profiles", "--until", "2026-01-01T00:00:00.000001Z", "--to", f"file:{folder}", "--format", form)
    return stream_of(folder, "user_profiles")


def test_lines_of_nothing_are_no_object(headwater, tmp_path):
    found = poured_nothing(headwater, tmp_path, "json")
    assert (found["rows"], found["objects"]) == (0, [])


@pytest.mark.parametrize("form, reader", [("json-array", "read_json"), ("csv", "read_csv"), ("parquet", "read_parquet")])
def test_what_has_a_head_has_it_without_records_too(form, reader, headwater, tmp_path):
    found = poured_nothing(headwater, tmp_path, form)
    assert found["rows"] == 0 and [one["rows"] for one in found["objects"]] == [0]
    path = tmp_path / found["objects"][0]["name"]
    assert duck(f"select * from {reader}('{path}')") == []
    if form != "json-array":
        columns = [row["column_name"] for row in duck(f"describe select * from {reader}('{path}')")]
        assert {"user_id", "name", "email"} <= set(columns)
