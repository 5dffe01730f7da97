"""For the page of small packs: each is short, has no mistake, fits the schema, and makes what the page says (see ./dev check)."""
import json
import pathlib

import jsonschema
import plain_yaml
import pytest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PACKS = sorted((DOCS / "examples").glob("*.yaml"))


def lines_of(headwater, pack, *flags):
    made = headwater("run", pack, "--quiet", "--to", "stdout:", *flags).stdout
    return [json.loads(line) for line in made.splitlines()]


def example(name):
    return DOCS / "examples" / f"{name}.yaml"


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_a_small_pack_is_short_and_right(headwater, pack):
    text = pack.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    lint = headwater("lint", pack, check=False)
    assert lint.returncode == 0, lint.stdout
    tree = plain_yaml.read(text)
    assert tree["pack"] == pack.stem
    jsonschema.validate(tree, json.loads(headwater("schema", "pack").stdout))
    assert f"## {tree['summary']}\n" in (DOCS / "examples.md").read_text(encoding="utf-8")


def test_an_agent_takes_one_call_at_a_time(headwater):
    talking, taken = {}, 0
    for record in lines_of(headwater, example("support_desk"), "--streams", "conversations", "--for", "2d"):
        assert talking.get(record["agent"], False) == (record["step"] == "ends")
        talking[record["agent"]] = record["step"] == "begins"
        taken += record["step"] == "begins"
    assert taken > 1000


def test_the_hotel_lets_each_room_once(headwater):
    free = {record["free"] for record in lines_of(headwater, example("hotel"), "--streams", "stays", "--for", "60d")}
    assert free == set(range(40))
    refused = lines_of(headwater, example("hotel"), "--streams", "refusals", "--for", "60d")
    assert len(refused) > 100
    assert {record["free"] for record in refused} == {0}


def test_no_balance_goes_below_the_limit(headwater):
    balances = [record["balance"] for record in lines_of(headwater, example("account"), "--streams", "bookings", "--for", "1y")]
    assert len(balances) > 1000
    assert -200 <= min(balances) < -100


def test_twenty_percent_of_the_users_write_eighty_percent(headwater):
    joined = {record["id"]: record["at"] for record in lines_of(headwater, example("busy_users"), "--streams", "joins", "--for", "1d")}
    posts = lines_of(headwater, example("busy_users"), "--streams", "posts", "--for", "1d")
    posts = [post for post in posts if post["author"]]  # nobody had joined before the first
    assert all(joined[post["author"]] == post["joined"] <= post["at"] for post in posts)
    by_author = {}
    for post in posts:
        by_author[post["author"]] = by_author.get(post["author"], 0) + 1
    busiest = sorted(by_author.values(), reverse=True)[: len(joined) // 5]
    assert sum(busiest) > 0.6 * len(posts)  # those who joined late had less time


def test_fifteen_rows_and_no_more(headwater):
    assert len(lines_of(headwater, example("fifteen_rows"))) == 15


def test_rows_come_change_and_go(headwater):
    rows, operations = {"customers": {}, "orders": {}}, []
    for record in lines_of(headwater, example("rows_that_change"), "--for", "6h"):
        row = record["after"] or record["before"]
        table = rows["orders" if "customer_id" in row else "customers"]
        assert table.get(row["id"]) == record["before"]
        table[row["id"]] = record["after"]
        operations.append(record["op"])
    assert {operations.count(op) > 100 for op in ("insert", "update", "delete")} == {True}
    assert {row["customer_id"] for row in rows["orders"].values() if row} <= {key for key, row in rows["customers"].items() if row}
def test_ten_percent_arrive_late_by_up_to_a_minute(headwater):
    records = lines_of(headwater, example("lateness"), "--streams", "readings", "--count", "20k")
    reached, late, most = 0, 0, 0
    for record in records:
        late += record["reading"] < reached
        most = max(most, reached - record["reading"])
        reached = max(reached, record["reading"])
    assert abs(late - 2000) < 200
    assert 100 < most < 160  # records in a minute


def test_the_schema_changes_at_noon(headwater):
    records = lines_of(headwater, example("schema_change"), "--count", "20")
    assert all(("humidity" in record) == (record["at"] >= "2026-01-01T12") for record in records)
    assert all(("volts" in record) == (record["at"] < "2026-01-03") == (type(record["celsius"]) is float) for record in records)
