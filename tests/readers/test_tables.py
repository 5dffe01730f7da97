"""For rows of tables as other programs read them: before and after are nested rows, null where there was or is none."""
import csv
import io

import duckdb
import pyarrow.parquet
import pytest

from poured import ROWS, json_rows, paths, uncompressed
from reading import assert_same, cell_is

TABLES = ("customers", "orders")


@pytest.fixture(scope="module")
def written(headwater, tmp_path_factory):
    """Gives a function that returns the folder of half a day of rows in a format, made once."""
    known = {}

    def get(form):
        if form not in known:
            known[form] = tmp_path_factory.mktemp("rows")
            headwater("run", ROWS, "--for", "12h", "--to", f"file:{known[form]}", "--format", form, "--quiet")
        return known[form]

    return get


@pytest.fixture(params=TABLES)
def table(request):
    return request.param


@pytest.fixture
def changes(written, table):
    return json_rows(written("json"), table)


def rows_of(changes):
    """Replays changes, and checks that each follows from the one before it; gives the rows that are there in the end."""
    rows, gone = {}, set()
    for change in changes:
        before, after = change["before"], change["after"]
        assert (before is None, after is None) == {"insert": (True, False), "update": (False, False), "delete": (False, True)}[change["op"]]
        key = (after or before)["id"]
        assert key not in gone
        assert rows.get(key) == before
        if after is None:
            del rows[key]
            gone.add(key)
        else:
            rows[key] = after
    return rows


def test_what_was_before_is_what_was_after(changes):
    rows = rows_of(changes)
    operations = [change["op"] for change in changes]
    assert min(map(operations.count, ("insert", "update", "delete"))) > 300
    assert len(rows) == operations.count("insert") - operations.count("delete")


def test_every_row_refers_to_one_that_is_there(written):
    customers = rows_of(json_rows(written("json"), "customers"))
    orders = rows_of(json_rows(written("json"), "orders"))
    assert orders
    assert {order["customer_id"] for order in orders.values()} <= set(customers)


def test_parquet(written, table, changes):
    path, = paths(written("parquet"), table)
    assert_same(changes, pyarrow.parquet.read_table(path).to_pylist())
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    assert_same(changes, connection.sql(f"from read_parquet('{path}')").to_arrow_table().to_pylist())
    ends = connection.sql(f"select count(*) from read_parquet('{path}') where after is null and before.id is not null").fetchall()[0][0]
    assert ends == sum(change["after"] is None for change in changes) > 300


def test_csv(written, table, changes):
    path, = paths(written("csv"), table)
    found = list(csv.DictReader(io.StringIO(uncompressed(path).decode("utf-8"), newline=""), strict=True))
    columns = list(changes[0]["after"])
    assert list(found[0]) == ["op", "at", *(f"{side}.{name}" for side in ("before", "after") for name in columns)]
    assert len(found) == len(changes)
    for change, row in zip(changes, found, strict=True):
        assert cell_is(change["op"], row["op"]) and cell_is(change["at"], row["at"])
        for side in ("before", "after"):
            for name in columns:
                assert cell_is((change[side] or {}).get(name), row[f"{side}.{name}"])


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_verify_tells_changes_of_one_table_from_those_of_another(form, written, headwater):
    assert "differences" not in headwater("verify", written(form)).stdout
