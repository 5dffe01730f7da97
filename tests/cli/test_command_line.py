"""For how the program behaves in a shell: exit codes, what goes where, messages, closed pipes, signals, quick starts."""
import json
import os
import pathlib
import pty
import signal
import statistics
import subprocess
import time

import pytest

from poured import ORDERS, files_in, manifest

RUN = ["run", "payments", "--streams", "transactions"]
FIRST_RECORD_MS = 200


def test_standard_output_carries_data_only(headwater):
    found = headwater(*RUN, "--count", 100)
    assert len([json.loads(line) for line in found.stdout.splitlines()]) == 100
    assert "100 records" in found.stderr and "manifest" not in found.stderr


def test_quiet_says_nothing(headwater, tmp_path):
    for target in ("stdout:", "discard:", f"file:{tmp_path}"):
        assert headwater(*RUN, "--count", 10, "--to", target, "--quiet").stderr == ""


def test_the_summary_names_what_a_user_needs_next(headwater, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = headwater(*RUN, "--count", "1k", "--to", "file:out", "--format", "parquet").stderr
    for words in ("seed 42", "1,000 records", "records/s", "out/manifest.json", "headwater run payments", "read_parquet('out/transactions/*.parquet')"):
        assert words in told


def test_messages_for_machines_are_json(headwater):
    told = headwater(*RUN, "--count", 10, "--log-format", "json").stderr.splitlines()
    assert [json.loads(line)["message"] for line in told][-1] == "run ended"


@pytest.mark.parametrize("arguments, said", [
    (["run", "nosuch"], "Unknown pack: nosuch"),
    (["run", "payment"], "payments"),
    (["run", "nosuch.yaml"], "nosuch.yaml"),
    (["run"], "required"),
    (["frobnicate"], "frobnicate"),
    ([], "--help"),
    ([*RUN, "--format", "xml"], "xml"),
    ([*RUN, "--format", "parquet"], "Format needs a target of objects, such as file:out: parquet"),
    ([*RUN, "--compression", "zstd", "--count", "1"], "Compression needs a target of objects"),
    ([*RUN, "--layout", "heap"], "heap"),
    ([*RUN, "--to", "ftp://x"], "Target is none of stdout: discard: file:DIR s3://BUCKET/PREFIX kafka://HOST:PORT/TOPIC: ftp://x"),
    ([*RUN, "--to", "kinesis://r/s"], "Target is not in this version"),
    ([*RUN, "--to", "out"], "Target has no scheme (for a folder write file:out): out"),
    ([*RUN, "--to", "file:out?delimiter=x"], "delimiter"),
    ([*RUN, "--count", "many"], "Not a count: many"),
    ([*RUN, "--count", "nosuch=5"], "nosuch"),
    ([*RUN, "--set", "fraud_baselin=1%"], "fraud_baseline"),
    ([*RUN, "--set", "fraud_baseline=5s"], "fraud_baseline"),
    ([*RUN, "--set", "fraud_baseline"], "Parameter is not set as name=value: fraud_baseline"),
    ([*RUN, "--for", "10"], "10"),
    ([*RUN, "--start", "yesterday"], "yesterday"),
    ([*RUN, "--start", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"], "The end lies before the start"),
    ([*RUN, "--count", "5", "--parts", "2", "--part", "2"], "Part is not in 0..1: 2"),
    ([*RUN, "--seed", "x"], "Seed is neither"),
    (["run", "payments", "--streams", "transaction"], "transactions"),
    ([*RUN, "--rate", "5"], "5"),
    ([*RUN, "--threads", "-1", "--count", "1"], "threads"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_input_ends_with_2_and_says_what_is_wrong(arguments, said, headwater, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = headwater(*arguments, check=False)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr and ended.stdout == ""
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("folder", ["/proc/nosuch", "/dev/null/x"])
def test_a_folder_that_cannot_be_written_ends_with_74_and_names_it(folder, headwater):
    ended = headwater(*RUN, "--count", 5, "--to", f"file:{folder}", check=False)
    assert ended.returncode == 74
    assert folder in ended.stderr


def test_a_folder_without_permission_is_named(headwater, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    ended = headwater(*RUN, "--count", 5, "--to", f"file:{tmp_path}/out", check=False)
    assert ended.returncode == 74 and "Permission denied" in ended.stderr


def test_a_full_standard_output_ends_with_74(headwater):
    with open("/dev/full", "w") as full:
        ended = headwater(*RUN, "--count", 5, check=False, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 74 and "No space left on device" in ended.stderr


def test_a_reader_who_has_seen_enough_ends_the_run_cleanly(program):
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; '{program}' run payments --count 100M | head -n 1"],
                           capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0 and ended.stderr == ""
    assert len(ended.stdout.splitlines()) == 1


def test_a_reader_who_left_is_an_error_where_files_stay_unfinished(program, tmp_path):
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; '{program}' run payments --count 2M --to stdout: --to file:{tmp_path} | head -n 1"],
                           capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and "Standard output was closed" in ended.stderr
    assert [name for name in files_in(tmp_path) if not pathlib.Path(name).name.startswith(".")] == []


def test_a_second_signal_ends_the_process_at_once(program):
    # Nobody reads, so the first signal cannot drain the run.
    run = subprocess.Popen([program, *RUN, "--count", "100M"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    run.stdout.read(1)
    run.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(0.5)
    run.send_signal(signal.SIGINT)
    assert run.wait(5) == 130


def test_a_drained_run_ends_with_0(program):
    run = subprocess.Popen([program, *RUN, "--rate", "100/s"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    run.stdout.readline()
    run.send_signal(signal.SIGINT)
    told = run.communicate(timeout=20)[1]
    assert run.returncode == 0 and "stopped" in told


def on_terminal(command, environment):
    """Runs a command with its messages on a terminal; gives them."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, stdin=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    told = b""
    try:
        while piece := os.read(ours, 65536):
            told += piece
    except OSError:
        pass  # the other side is closed
    os.close(ours)
    run.wait(20)
    return told


def test_colours_come_on_a_terminal_and_go_when_asked(program):
    command = [program, "run", "nosuch"]
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    assert b"\x1b[1;31m" in on_terminal(command, plain)
    assert b"\x1b[" not in on_terminal(command, plain | {"NO_COLOR": "1"})
    assert b"\x1b[" not in on_terminal([*command, "--no-color"], plain)
    assert b"\x1b[" not in subprocess.run(command, capture_output=True, env=plain).stderr


def test_progress_is_shown_on_a_terminal_only(program):
    command = [program, *RUN, "--rate", "1k/s", "--for", "1s", "--to", "discard:"]
    assert b"records/s" in on_terminal(command, os.environ)
    assert b"\r" not in subprocess.run(command, capture_output=True).stderr


def test_a_run_without_bounds_says_so_and_ends(headwater):
    found = headwater("run", ORDERS, "--streams", "orders")
    assert "Nothing bounds this run" in found.stderr and len(found.stdout.splitlines()) == 1000


def test_identity_names_run_stream_and_row_on_request(headwater, tmp_path):
    rows = headwater(*RUN, "--count", 3, "--identity", "column", "--run-id", "monday").stdout.splitlines()
    assert [list(json.loads(row))[-1] for row in rows] == ["_headwater"] * 3
    named = [json.dumps(json.loads(row)["_headwater"]) for row in rows]
    assert all("monday" in one for one in named) and len(set(named)) == 3
    assert all("_headwater" not in json.loads(row) for row in headwater(*RUN, "--count", 3, "--identity", "none").stdout.splitlines())


def test_the_pace_is_kept(headwater, tmp_path):
    began = time.monotonic()
    headwater(*RUN, "--rate", "2k/s", "--for", "2s", "--to", f"file:{tmp_path}")
    assert 1.9 < time.monotonic() - began < 6
    rows = manifest(tmp_path)["streams"][0]["rows"]
    assert 0.9 * 4000 <= rows <= 1.02 * 4000 + 50


def test_the_first_record_comes_quickly(program):
    times = []
    for _ in range(9):
        began = time.monotonic()
        run = subprocess.Popen([program, *RUN, "--count", "1M", "--quiet"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert run.stdout.read(1) == b"{"
        times.append((time.monotonic() - began) * 1000)
        run.kill()
        run.stdout.close()
        run.wait()
    print(f"first record: median {statistics.median(times):.1f} ms, best {min(times):.1f} ms of {len(times)} starts")
    assert statistics.median(times) < FIRST_RECORD_MS
