"""For the third and fourth law: any record is reached without those before it, and memory does not grow with records."""
import time

import pytest

from measuring import measured
from poured import ORDERS, SHAPES

HUGE = "1000M"
FAR = [pytest.param(("payments", "transactions"), id="transactions"), pytest.param(("payments", "device_logs"), id="device_logs"),
       pytest.param((ORDERS, "orders"), id="orders"), pytest.param((SHAPES, "everything"), id="everything")]
MIB = 1024
GROWTH_KIB = 16 * MIB
MOST_KIB = 128 * MIB


@pytest.mark.parametrize("subject", FAR)
def test_the_last_records_of_a_huge_run_come_at_once(subject, headwater):
    pack, stream = subject
    began = time.monotonic()
    last = headwater("run", pack, "--streams", stream, "--count", HUGE, "--parts", 100_000, "--part", 99_999, "--quiet").stdout
    assert time.monotonic() - began < 2
    # Another split: the last fifth of part 19,999 of 20,000 is the same.
    wider = headwater("run", pack, "--streams", stream, "--count", HUGE, "--parts", 20_000, "--part", 19_999, "--quiet").stdout
    last, wider = last.splitlines(), wider.splitlines()
    assert (len(last), len(wider)) == (10_000, 50_000)
    assert last == wider[40_000:]


def test_the_end_of_time_is_reached_by_the_last_part_of_a_year(headwater):
    year = ["run", "payments", "--streams", "transactions", "--start", "2026-01-01T00:00:00Z", "--until", "2027-01-01T00:00:00Z", "--quiet"]
    began = time.monotonic()
    last = headwater(*year, "--parts", 50_000, "--part", 49_999).stdout.splitlines()
    assert time.monotonic() - began < 5
    assert '"timestamp":"2026-12-31T23:' in last[-1]
    wider = headwater(*year, "--parts", 25_000, "--part", 24_999).stdout.splitlines()
    assert last and wider[-len(last):] == last


@pytest.mark.parametrize("most", [pytest.param("5M", id="5M"), pytest.param("100M", id="100M", marks=pytest.mark.long)])
def test_memory_does_not_grow_with_records(most, program):
    def run(count):
        return measured(program, "payments", "--streams", "transactions", "--count", count, "--to", "discard:")

    few, many = run("100k"), run(most)
    print(f"largest resident memory: {few} KiB after 100k records, {many} KiB after {most}")
    assert many <= few + GROWTH_KIB and many <= MOST_KIB


@pytest.mark.parametrize("pack", ["payments", ORDERS, SHAPES], ids=["payments", "orders", "shapes"])
def test_memory_of_files_is_bounded(pack, program, tmp_path):
    sizes = []
    for count in ("100k", "800k"):
        sizes.append(measured(program, pack, "--count", count, "--to", f"file:{tmp_path}/{count}?format=csv"))
    print(f"largest resident memory: {sizes} KiB")
    assert sizes[1] <= sizes[0] + GROWTH_KIB and sizes[1] <= MOST_KIB


@pytest.mark.parametrize("most", [pytest.param("2M", id="2M"), pytest.param("30M", id="30M", marks=pytest.mark.long)])
def test_memory_of_parquet_is_bounded_by_its_row_groups(most, program, tmp_path):
    def run(count):
        return measured(program, "payments", "--streams", "transactions", "--count", count, "--to", f"file:{tmp_path}/{count}?format=parquet")

    few, many = run("1M"), run(most)
    print(f"largest resident memory: {few} KiB after 1M records, {many} KiB after {most}")
    assert many <= few + 2 * GROWTH_KIB and many <= 2 * MOST_KIB


def test_memory_does_not_grow_with_entities(program, tmp_path):
    """Entities without state are recomputed from their number."""
    pack = (ORDERS.read_text(encoding="utf-8")).replace("count: 500", "count: 50000000").replace("unique(1..500)", "unique(1..50000000)")
    (tmp_path / "many.yaml").write_text(pack, encoding="utf-8")
    few = measured(program, ORDERS, "--count", "100k", "--to", "discard:")
    many = measured(program, tmp_path / "many.yaml", "--count", "100k", "--to", "discard:")
    assert many <= few + GROWTH_KIB
