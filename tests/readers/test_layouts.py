"""For how records are spread over objects: bounds, names, partitions, and nothing visible before it is complete."""
import datetime
import json
import pathlib
import re
import signal
import subprocess

import duckdb
import pyarrow.parquet
import pytest

from poured import ORDERS, SHAPES, files_in, manifest, paths, sha256, stream_of, uncompressed
from waiting import wait_until

FORMATS = ["json", "json-array", "csv", "parquet"]
CHUNK = 64 << 10


def rows_of(path):
    """Reads the rows of one object, whatever its format."""
    if path.suffix == ".parquet":
        return pyarrow.parquet.ParquetFile(path).read().to_pylist()
    reader = "read_csv" if ".csv" in path.name else "read_json"
    return duckdb.sql(f"from {reader}('{path}')").to_arrow_table().to_pylist()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("pack", ["payments", SHAPES], ids=["payments", "shapes"])
def test_no_chunk_exceeds_its_bound(pack, form, headwater, tmp_path):
    headwater("run", pack, "--count", "3k", "--to", f"file:{tmp_path}", "--format", form, "--layout", "chunked",
              "--max-chunk-size", "64KiB")
    for stream in manifest(tmp_path)["streams"]:
        entries = stream["objects"]
        assert len(entries) > 1 and sum(entry["rows"] for entry in entries) == 3000
        next_row = 0
        for entry in entries:
            assert (tmp_path / entry["name"]).stat().st_size == entry["bytes"] <= CHUNK
            assert entry["first_row"] == next_row and entry["rows"] == entry["last_row"] - entry["first_row"] + 1
            next_row = entry["last_row"] + 1
            assert len(rows_of(tmp_path / entry["name"])) == entry["rows"]
        if form != "parquet":
            # Full means full: the first record of the next chunk would not have fitted.
            assert all(entry["bytes"] > CHUNK - 4096 for entry in entries[:-1])


@pytest.mark.parametrize("form", FORMATS)
def test_a_record_larger_than_the_bound_gets_a_chunk_of_its_own(form, headwater, tmp_path):
    headwater("run", "payments", "--streams", "transactions", "--count", 40, "--to", f"file:{tmp_path}", "--format", form,
              "--layout", "chunked", "--max-chunk-size", "1B")
    assert [entry["rows"] for entry in stream_of(tmp_path, "transactions")["objects"]] == [1] * 40


@pytest.mark.parametrize("form", FORMATS)
def test_objects_are_named_by_their_rows_and_the_run(form, headwater, tmp_path):
    for layout in ("grouped", "chunked"):
        headwater("run", "payments", "--streams", "transactions", "--count", "1k", "--to", f"file:{tmp_path}/{layout}", "--format", form,
                  "--layout", layout, "--max-chunk-size", "32KiB")
        found = stream_of(tmp_path / layout, "transactions")["objects"]
        assert (len(found) == 1) == (layout == "grouped")
        run, ending = manifest(tmp_path / layout)["run"], form.split("-")[0]
        for entry in found:
            assert entry["name"] == f"transactions/aggregated_{entry['first_row']}-{entry['last_row']}-{run}.{ending}"


@pytest.mark.parametrize("form", FORMATS)
def test_single_puts_one_record_in_one_object_named_by_its_key(form, headwater, tmp_path):
    headwater("run", "payments", "--streams", "user_profiles", "--count", 50, "--to", f"file:{tmp_path}", "--format", form,
              "--layout", "single", "--run-id", "monday")
    names = set()
    for entry in stream_of(tmp_path, "user_profiles")["objects"]:
        row, = rows_of(tmp_path / entry["name"])
        assert entry["name"] == f"user_profiles/{row['user_id']}-monday.{form.split('-')[0]}"
        names.add(entry["name"])
    assert len(names) == 50


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_hive_partitions_hold_the_days_that_they_are_named_after(form, headwater, tmp_path):
    headwater("run", "payments", "--streams", "transactions", "--set", "payments_rate=1/s", "--count", "200k", "--to",
              f"file:{tmp_path}", "--format", form, "--layout", "hive", "--target-size", "2MiB")
    reader = {"json": "read_json", "csv": "read_csv", "parquet": "read_parquet"}[form]
    rows = duckdb.sql(f"""
        select strftime(dt, '%Y-%m-%d') as day, count(*), count(distinct filename), count(distinct transaction_id),
               count(*) filter (strftime("timestamp"::timestamptz at time zone 'UTC', '%Y-%m-%d') <> strftime(dt, '%Y-%m-%d'))
        from {reader}('{tmp_path}/transactions/**/*.{form}', hive_partitioning = true, hive_types = {{dt: date}}, filename = true)
        group by day order by day""").fetchall()
    assert sum(row[1] for row in rows) == 200_000 == sum(row[3] for row in rows)
    assert all(row[4] == 0 for row in rows)
    assert [row[0] for row in rows] == [f"2026-01-0{day}" for day in range(1, len(rows) + 1)] and len(rows) >= 3
    entries = stream_of(tmp_path, "transactions")["objects"]
    assert len(entries) == sum(row[2] for row in rows) > len(rows)
    assert max(entry["bytes"] for entry in entries) < 4 << 20


def test_folders_may_be_named_by_pack_stream_date_and_hour(headwater, tmp_path):
    headwater("run", ORDERS, "--streams", "orders", "--for", "2h", "--to", f"file:{tmp_path}/$(pack)/$(stream)/$(date)/$(hour)")
    found = {str(pathlib.Path(entry["name"]).parent): entry for entry in stream_of(tmp_path, "orders")["objects"]}
    assert sorted(found) == ["orders/orders/2026-01-01/00", "orders/orders/2026-01-01/01"]
    for folder, entry in found.items():
        for line in (tmp_path / entry["name"]).read_text().splitlines():
            assert datetime.datetime.fromisoformat(json.loads(line)["at"]).hour == int(folder[-2:])


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
@pytest.mark.parametrize("layout", ["grouped", "hive"])
def test_after_a_crash_nothing_unfinished_has_a_final_name(layout, form, program, headwater, tmp_path):
    command = ["run", "payments", "--streams", "transactions", "--to", f"file:{tmp_path}", "--format", form, "--layout", layout]
    run = subprocess.Popen([program, *command, "--rate", "20k/s", "--quiet"], stdin=subprocess.DEVNULL)
    # Parquet keeps its rows until a group of them is full.
    wait_until(lambda: any(form == "parquet" or (tmp_path / name).stat().st_size for name in files_in(tmp_path)), run)
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    left = files_in(tmp_path)
    assert left and all(any(part.startswith(".") for part in pathlib.Path(name).parts) for name in left)
    # The next run is not disturbed by what is left.
    headwater(*command, "--count", 100)
    assert stream_of(tmp_path, "transactions")["rows"] == 100
    for entry in stream_of(tmp_path, "transactions")["objects"]:
        assert sha256(tmp_path / entry["name"]) == entry["sha256"]


def test_chunks_that_a_crash_leaves_are_whole(program, tmp_path):
    run = subprocess.Popen([program, "run", "payments", "--streams", "transactions", "--to", f"file:{tmp_path}", "--layout", "chunked",
                            "--max-chunk-size", "16KiB", "--rate", "20k/s", "--quiet"], stdin=subprocess.DEVNULL)
    wait_until(lambda: len(files_in(tmp_path)) >= 20, run)
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    visible = [name for name in files_in(tmp_path) if not any(part.startswith(".") for part in pathlib.Path(name).parts)]
    assert len(visible) > 5 and "manifest.json" not in visible
    for name in visible:
        first, last = map(int, re.search(r"aggregated_(\d+)-(\d+)-", name).groups())
        lines = uncompressed(tmp_path / name).decode().splitlines()
        assert len([json.loads(line) for line in lines]) == last - first + 1


@pytest.fixture
def small_disk(tmp_path):
    """Gives a folder on a disk of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True)
    if made.returncode != 0:
        pytest.skip("mounting a small disk is not permitted")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_ends_the_run_with_nothing_half_written(form, headwater, small_disk):
    ended = headwater("run", "payments", "--count", "300k", "--to", f"file:{small_disk}", "--format", form, check=False)
    assert ended.returncode == 74
    message, = [line for line in ended.stderr.splitlines() if "error" in line]
    assert "No space left on device" in message and str(small_disk) in message
    assert [name for name in files_in(small_disk) if not any(part.startswith(".") for part in pathlib.Path(name).parts)] == []


def test_chunks_before_a_full_disk_are_whole(headwater, small_disk):
    ended = headwater("run", "payments", "--streams", "transactions", "--count", "300k", "--to", f"file:{small_disk}", "--layout",
                      "chunked", "--max-chunk-size", "64KiB", check=False)
    assert ended.returncode == 74 and "manifest.json" not in files_in(small_disk)
    chunks = [small_disk / name for name in files_in(small_disk) if not any(part.startswith(".") for part in pathlib.Path(name).parts)]
    assert chunks and all(chunk.read_bytes().endswith(b"}\n") for chunk in chunks)


def test_two_targets_get_the_same_rows(headwater, tmp_path):
    headwater("run", "payments", "--streams", "transactions", "--count", "5k", "--to", f"file:{tmp_path}/a?format=csv", "--to",
              f"file:{tmp_path}/b?format=parquet&layout=chunked&max_chunk_size=64KiB")
    rows = [[row["transaction_id"] for path in paths(tmp_path / side, "transactions") for row in rows_of(path)] for side in "ab"]
    assert list(map(str, rows[0])) == list(map(str, rows[1])) and len(rows[0]) == 5000
