"""For counts: whatever bounds the records of a stream, no record speaks of one that was not made."""
import json

import pytest

from killing import Killer

SHOP = """pack: shop
entities:
  customer: {count: 20, attributes: {id: "=unique(1000..9999)"}}
streams:
  customers: {count: 20, key: id, let: {c: =customer(number)}, fields: {id: =c.id}}
  orders: {key: order, let: {n: "=integer(1..30)"}, fields: {order: =uuid(), buyer: =any(customer).id, amount: "=decimal(1..20.00)"}}
  payments: {follows: orders, chance: 50%, after: 1s..1min, fields: {order: =orders.order, paid: =orders.amount}}
  items: {follows: orders, repeat: 3, after: 1s..2h, fields: {order: =orders.order}}
"""
LIVES = """pack: lives
entities:
  user: {rate: 1/s, attributes: {id: U-$(number)}, state: {n: 0}, journey: [{emit: signups}, {after: 1s..1min, continue: 30%, emit: orders}]}
streams:
  signups: {from: user, key: id, fields: {id: =id}}
  orders: {from: user, key: id, fields: {id: =id, at: =time}}
"""
CROWD = """pack: crowd
entities:
  site: {count: 300, attributes: {id: S-$(number)}, state: {made: 0}, lifecycle: {on: {enter: [{emit: sites}], every: 10s, do: [{spawn: job}]}}}
  job: {parent: site, lifecycle: {open: {enter: [{emit: jobs}], leave: [{to: end, after: 5s..50s}]}}}
streams:
  sites: {from: site, key: id, fields: {id: =id}}
  jobs: {from: job, fields: {site: =site.id, at: =time}}
"""
TWO = """pack: two
streams:
  a: {fields: {x: =number}}
  b: {fields: {y: =number}}
  after_a: {follows: a, after: 1s, fields: {x: =a.x}}
"""


@pytest.fixture
def poured(headwater, tmp_path):
    """Gives a function that runs a pack and returns its records by stream, and what was told."""

    def pour(text, *arguments, name="out"):
        (tmp_path / "pack.yaml").write_text(text)
        told = headwater("run", "./pack.yaml", *arguments, "--to", f"file:{name}", cwd=tmp_path).stderr
        records = {}
        for folder in (tmp_path / name).iterdir():
            if folder.is_dir():
                records[folder.name] = [json.loads(line) for path in folder.glob("*.json") for line in path.read_text().splitlines()]
        return records, told

    return pour


@pytest.mark.parametrize("bound", [(), ("--count", 40), ("--count", 5_000), ("--count", "orders=77")])
def test_what_follows_a_record_comes_of_one_that_was_made(bound, poured):
    records, _ = poured(SHOP, *bound)
    orders = {order["order"]: order["amount"] for order in records["orders"]}
    assert len(orders) == {(): 1000, ("--count", "orders=77"): 77}.get(bound, bound[-1] if bound else 0)
    assert 0 < len(records["payments"]) < len(orders) and records["items"]
    assert {payment["order"] for payment in records["payments"]} <= orders.keys()
    assert all(orders[payment["order"]] == payment["paid"] for payment in records["payments"])
    assert {item["order"] for item in records["items"]} <= orders.keys()
    assert {order["buyer"] for order in records["orders"]} <= {customer["id"] for customer in records["customers"]}


@pytest.mark.parametrize("bound", [(), ("--count", 100), ("--count", "orders=50"), ("--count", 3), ("--count", "signups=2000")])
def test_a_life_that_goes_on_has_begun(bound, poured):
    records, told = poured(LIVES, *bound)
    births = {user["id"] for user in records["signups"]}
    assert {order["id"] for order in records.get("orders", [])} <= births
    stream, _, count = str(bound[-1] if bound else "signups=1000").rpartition("=")
    assert len(records[stream or "signups"]) == int(count)
    assert f"count of {stream or 'signups'} reached" in told or "count reached" in told


@pytest.mark.parametrize("bound", [("--count", 10), ("--count", 900), ("--count", "jobs=4321")])
def test_children_have_their_parents_though_all_begin_at_one_instant(bound, poured):
    records, _ = poured(CROWD, *bound)
    assert {job["site"] for job in records.get("jobs", [])} <= {site["id"] for site in records["sites"]}
    assert max(len(records["sites"]), len(records.get("jobs", []))) == int(str(bound[-1]).rpartition("=")[2])


@pytest.mark.parametrize("text", [SHOP, LIVES, CROWD])
def test_threads_change_no_record_of_a_bounded_run(text, poured):
    one, _ = poured(text, "--count", 700, "--threads", 1, name="one")
    three, _ = poured(text, "--count", 700, "--threads", 3, name="three")
    assert one == three and one


def test_a_count_of_one_stream_leaves_the_others_their_bound(poured):
    records, told = poured(TWO, "--count", "a=5")
    assert {name: len(rows) for name, rows in records.items()} == {"a": 5, "b": 1000, "after_a": 5}
    assert "Nothing bounds the other streams, so they end after 1000 records of each: b" in told


@pytest.mark.parametrize("point", ["checkpoint.kept", "lanes.closed", "manifest.written"])
def test_a_bounded_run_that_was_killed_ends_where_it_would_have(point, program, tmp_path):
    (tmp_path / "crowd.yaml").write_text(CROWD)
    command = [tmp_path / "crowd.yaml", "--count", "jobs=300k", "--rate", "150k/s",  # long enough for two checkpoints
               "--to", "file:out?layout=chunked&max_chunk_size=1MiB"]
    whole, cut = (Killer(program, tmp_path / name, command) for name in ("whole", "cut"))
    for one in (whole, cut):
        one.folder.mkdir()
    whole.finish()
    assert cut.kill_at(point)
    cut.finish()
    left = {one: {path.relative_to(one.folder): path.read_bytes() for path in (one.folder / "out").rglob("*") if path.is_file()}
            for one in (whole, cut)}
    assert left[whole] == left[cut] and len(left[whole]) > 10


@pytest.mark.parametrize("text, bound", [(TWO, ("--count", 90)), (SHOP, ("--count", "orders=90", "--until", "1d"))])
def test_parts_of_a_counted_run_are_the_whole(text, bound, headwater, tmp_path):
    (tmp_path / "pack.yaml").write_text(text)

    def lines(*arguments):
        return sorted(headwater("run", "./pack.yaml", *bound, "--quiet", *arguments, cwd=tmp_path).stdout.splitlines())

    assert lines() == sorted(line for part in range(3) for line in lines("--parts", 3, "--part", part))


@pytest.mark.parametrize("text, told", [(SHOP, "take no count of it"), (LIVES, "need an end in time")])
def test_parts_that_cannot_know_which_records_come_first_are_refused(text, told, headwater, tmp_path):
    (tmp_path / "pack.yaml").write_text(text)
    done = headwater("run", "./pack.yaml", "--count", 90, "--parts", 3, "--part", 1, cwd=tmp_path, check=False)
    assert done.returncode == 2 and told in done.stderr
