"""For a stop of a run whose target is slow, or takes nothing: it is heard, and ends the run within its time, and nothing half is seen."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time

import pytest

from slow_link import SlowLink

STOP_LIMIT_S = 10
HEARD_S = STOP_LIMIT_S + 8  # the machine may be busy
RATE = 100_000  # bytes a second


def start(program, folder, *words, **options):
    command = [program, "run", "payments", "--streams", "transactions", "--count", "20M", *words]
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


def stopped(run):
    """Stops a run and gives how long that took, and what it said."""
    began = time.monotonic()
    run.send_signal(signal.SIGTERM)
    try:
        _, said = run.communicate(timeout=60)
    finally:
        run.kill()
    return time.monotonic() - began, said.decode()


@contextlib.contextmanager
def unread_pipe():
    """Gives the two ends of a pipe; whoever writes to it waits once it is full."""
    reader, writer = os.pipe()
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def test_a_pipe_that_nobody_reads_does_not_keep_a_run_from_its_end(program, tmp_path):
    with unread_pipe() as (reader, writer):
        run = start(program, tmp_path, "--to", "stdout:", stdout=writer)
        os.read(reader, 1)
        took, said = stopped(run)
    assert took < HEARD_S and run.returncode == 1, said
    assert "Stop was given up" in said and "bytes not delivered" in said


def test_one_output_that_takes_nothing_does_not_keep_the_others_from_the_end(program, tmp_path):
    with unread_pipe() as (reader, writer):
        run = start(program, tmp_path, "--to", "file:out", "--to", "stdout:", stdout=writer)
        os.read(reader, 1)
        took, said = stopped(run)
    assert took < HEARD_S and run.returncode == 1, said
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and not path.name.startswith(".")]


@pytest.mark.parametrize("options", ["?part_size=5MiB", "?layout=chunked&max_chunk_size=4MiB"], ids=["parts", "objects"])
def test_a_bucket_behind_a_slow_link_does_not_keep_a_run_from_its_end(program, minio, tmp_path, options):
    name = f"slow-{options[1:5]}-{os.getpid()}"
    minio.client().create_bucket(Bucket=name)
    with SlowLink(int(minio.endpoint.rsplit(":", 1)[1]), 0, RATE) as link:
        environment = {**os.environ, **minio.environment(), "AWS_ENDPOINT_URL": f"http://{link.address}"}
        run = start(program, tmp_path, "--to", f"s3://{name}/slow{options}", env=environment)
        assert link.wait_until_carried(300_000, run)
        took, said = stopped(run)
    assert took < HEARD_S, said
    listed = minio.client().list_objects_v2(Bucket=name).get("Contents", [])
    for one in listed:
        head = minio.client().head_object(Bucket=name, Key=one["Key"])
        assert one["Size"] == head["ContentLength"] > 0
    assert not [path for path in pathlib.Path(tmp_path).rglob("*.part")]
