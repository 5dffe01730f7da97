"""For targets of S3 that go away while a run pours into them: it waits, goes on, and every byte is there once."""
import json
import pathlib
import signal
import subprocess

import pytest

STREAM = "transactions"
ENOUGH_BYTES = 8 << 20  # of an upload of 40 MB
PATIENCE_S = 120


@pytest.fixture(scope="session")
def minio(own_minio):
    """Gives a server that tests of this file may take away."""
    return own_minio


@pytest.fixture(scope="module")
def expected(headwater, tmp_path_factory):
    """Gives the digests of the same records in a folder, small and large."""
    made = {}
    for count in ("1k", "200k"):
        folder = tmp_path_factory.mktemp("expected")
        headwater("run", "payments", "--streams", STREAM, "--count", count, "--run-id", "r", "--to", f"file:{folder}/out", cwd=folder)
        manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
        made[count] = {entry["name"]: entry["sha256"] for entry in manifest["streams"][0]["objects"]}
    return made


@pytest.fixture
def pour(program, proxied_bucket, tmp_path):
    """Gives a function that starts a run into the bucket behind the proxy."""
    runs = []

    def start(count="200k", options="part_size=5MiB", environment=None):
        run = subprocess.Popen([program, "run", "payments", "--streams", STREAM, "--count", count, "--run-id", "r", "--state", tmp_path / "state",
                                "--to", f"s3://{proxied_bucket.name}?{options}"], env=environment or proxied_bucket.environment, cwd=tmp_path,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.kill()
        run.communicate()


def ended(run):
    output, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, output
    return output


def test_a_server_that_dies_and_comes_back_gets_the_rest(pour, minio, minio_proxy, proxied_bucket, expected):
    minio_proxy.reset_after(ENOUGH_BYTES, "server")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    minio.kill()
    assert run.poll() is None
    minio.start()
    ended(run)
    assert proxied_bucket.check() == expected["200k"]


def test_a_server_that_freezes_gets_the_rest(pour, minio, minio_proxy, proxied_bucket, expected):
    minio_proxy.reset_after(ENOUGH_BYTES, "server")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    minio.pause()
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(timeout=8)
    minio.resume()
    ended(run)
    assert proxied_bucket.check() == expected["200k"]


def test_a_black_hole_costs_time_only(pour, minio_proxy, proxied_bucket, expected):
    minio_proxy.reset_after(ENOUGH_BYTES, "server")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    minio_proxy.hold()
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(timeout=8)
    minio_proxy.mend()
    ended(run)
    assert proxied_bucket.check() == expected["200k"]


def test_connections_that_break_again_and_again_lose_nothing(pour, minio_proxy, proxied_bucket, expected):
    run = None
    for _ in range(4):
        minio_proxy.reset_after(9 << 20, "server")
        run = run or pour()
        if not minio_proxy.wait_until_tripped(PATIENCE_S):
            break
    ended(run)
    assert proxied_bucket.check() == expected["200k"]


def test_a_target_that_is_away_at_the_end_still_gets_the_manifest(pour, minio_proxy, proxied_bucket, expected):
    minio_proxy.lose_answer_to(b"DELETE /")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    minio_proxy.cut()
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(timeout=2)
    minio_proxy.mend()
    ended(run)
    assert proxied_bucket.check() == expected["200k"]


@pytest.mark.parametrize("count, mark, options", [
    ("1k", b"aggregated_0-999-r.json HTTP", "part_size=5MiB"),  # the whole object
    ("1k", b"manifest.json HTTP", "part_size=5MiB"),
    ("200k", b"?uploads= HTTP", "part_size=5MiB"),  # the begin of an upload
    ("200k", b"partNumber=3&", "part_size=5MiB"),
    ("200k", b"<CompleteMultipartUpload", "part_size=5MiB"),
    ("200k", b"x-amz-copy-source: ", "part_size=5MiB"),
    ("200k", b"x-amz-copy-source-range: bytes=5242880-", "part_size=5MiB&copy_part_size=5MiB"),
    ("200k", b"DELETE /", "part_size=5MiB"),
])
def test_an_answer_that_is_lost_is_settled_by_a_look(pour, minio_proxy, proxied_bucket, expected, count, mark, options):
    bucket = proxied_bucket
    bucket.client.create_bucket(Bucket=bucket.name)
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    minio_proxy.lose_answer_to(mark)
    ended(pour(count, options))
    assert minio_proxy.wait_until_tripped(0)
    assert bucket.check() == expected[count]
    versions = [entry["Key"] for entry in bucket.client.list_object_versions(Bucket=bucket.name)["Versions"]]
    assert len(versions) == len(set(versions))  # nothing was sent twice


def test_the_completion_of_a_large_copy_may_be_lost_too(pour, minio_proxy, proxied_bucket, expected):
    minio_proxy.lose_answer_to(b"x-amz-copy-source-range: bytes=5242880-")
    run = pour(options="part_size=5MiB&copy_part_size=5MiB")
    assert minio_proxy.wait_until_tripped()
    minio_proxy.lose_answer_to(b"<CompleteMultipartUpload")
    ended(run)
    assert minio_proxy.wait_until_tripped(0)
    assert proxied_bucket.check() == expected["200k"]


def test_a_stop_during_an_outage_ends_the_run(pour, minio_proxy, proxied_bucket):
    minio_proxy.reset_after(ENOUGH_BYTES, "server")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    minio_proxy.hold()
    run.send_signal(signal.SIGTERM)
    output, _ = run.communicate(timeout=25)
    assert run.returncode == 1, output
    minio_proxy.mend()
    assert proxied_bucket.keys() == []


def resume(program, bucket, folder):
    resumed = subprocess.run([program, "run", "--resume", folder / "state"], env=bucket.environment, cwd=folder, capture_output=True, text=True,
                             timeout=PATIENCE_S, stdin=subprocess.DEVNULL)
    assert resumed.returncode == 0, resumed.stderr


def test_a_run_that_was_killed_leaves_nothing_visible_and_goes_on(program, pour, minio_proxy, proxied_bucket, expected, tmp_path):
    minio_proxy.reset_after(ENOUGH_BYTES, "server")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    run.kill()
    run.wait()
    assert proxied_bucket.keys() == []
    assert pathlib.Path(proxied_bucket.uploads()[0]).name.endswith(".part")
    resume(program, proxied_bucket, tmp_path)
    assert proxied_bucket.check() == expected["200k"]


def test_a_run_that_was_killed_while_it_named_an_object_goes_on(program, pour, minio_proxy, proxied_bucket, expected, tmp_path):
    minio_proxy.lose_answer_to(b"x-amz-copy-source: ")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    minio_proxy.hold()
    run.kill()
    run.wait()
    minio_proxy.mend()
    assert f"{STREAM}/.{STREAM}-0-r.json.part" in proxied_bucket.keys()
    resume(program, proxied_bucket, tmp_path)
    assert proxied_bucket.check() == expected["200k"]


def test_what_others_keep_in_the_bucket_is_left_alone(program, pour, minio_proxy, proxied_bucket, tmp_path):
    bucket = proxied_bucket
    others = [f"{STREAM}/.{STREAM}-0-other.json.part", f"{STREAM}/aggregated_0-9-other.json", f"else/.{STREAM}-0-r.json.part"]
    bucket.client.create_bucket(Bucket=bucket.name)
    for key in others:
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"theirs")
    upload = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=others[0])
    minio_proxy.reset_after(ENOUGH_BYTES, "server")
    run = pour()
    assert minio_proxy.wait_until_tripped()
    run.kill()
    run.wait()
    resume(program, bucket, tmp_path)
    assert set(bucket.keys()) == {*others, "manifest.json", "_SUCCESS", f"{STREAM}/aggregated_0-199999-r.json"}
    assert bucket.uploads() == [upload["Key"]]
