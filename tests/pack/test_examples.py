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


def test_guests_of_a_party_come_together(headwater):
    parties = {}
    for record in lines_of(headwater, example("guests"), "--for", "30d"):
        if record["step"] == "comes":
            parties.setdefault(record["party"], []).append((record["at"], record["table"]))
    assert len(parties) > 1000
    assert {len(set(guests)) for guests in parties.values()} == {1}
    sizes = [len(guests) for guests in parties.values()]
    assert [abs(sizes.count(size) - len(parties) / 3) < 22 for size in (2, 3, 4)] == [True] * 3


def test_sensors_of_one_site_fall_silent_while_its_gateway_is_down(headwater):
    words = ["--streams", "readings", "--for", "1d", "--start", "2026-01-01T00:00:00Z"]
    usual = lines_of(headwater, example("sensors_that_fail"), *words)
    down = lines_of(headwater, example("sensors_that_fail"), *words, "--incident", "run: gateway_down, at: 10h")
    hours = lambda readings, first, last: [one for one in readings if first <= one["at"][11:13] < last]
    oslo = lambda readings: [one for one in readings if int(one["sensor"][7:]) % 2 == 0]
    assert hours(down, "00", "10") == hours(usual, "00", "10")
    assert [one for one in down if int(one["sensor"][7:]) % 2] == [one for one in usual if int(one["sensor"][7:]) % 2]
    assert len(oslo(hours(down, "10", "16"))) < len(oslo(hours(usual, "10", "16"))) / 5
    assert len(oslo(hours(down, "18", "24"))) > len(oslo(hours(usual, "18", "24"))) / 2


def test_a_call_takes_an_agent_who_is_free_and_hangs_up_when_none_is(headwater):
    busy, lost = {}, 0
    for record in lines_of(headwater, example("call_centre"), "--for", "10d"):
        centre = busy.setdefault(record["call"].split("-")[0], set())
        if record["step"] == "begins":
            assert record["agent"] not in centre
            centre.add(record["agent"])
        elif record["step"] == "ends":
            centre.remove(record["agent"])
        else:
            assert len(centre) == 4 and record["agent"] is None
            lost += 1
    assert lost > 100
