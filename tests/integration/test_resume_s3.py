"""For the promise that a run killed at any instant goes on without a gap or a duplicate: S3, for real.

The checker shares no code with the program: another client reads what landed.
"""
import hashlib
import json
import os
import subprocess
import uuid

import boto3
import pytest

from killing import METERS, POINTS, Killer

LONG = os.environ.get("HEADWATER_LONG") == "1"
SEEDS = 300 if LONG else 5


def left_in_a_folder(program, folder, arguments):
    """Gives the digests by name of what an undisturbed run leaves in a folder."""
    subprocess.run([program, "run", *arguments], cwd=folder, check=True, capture_output=True, timeout=300)
    out = folder / "out"
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def plain(program, tmp_path_factory):
    return left_in_a_folder(program, tmp_path_factory.mktemp("plain"), to_files("file:out"))


def to_files(place):
    return ["payments", "--streams", "transactions", "--count", "600k", "--rate", "250k/s",
            "--to", f"{place}?layout=chunked&max_chunk_size=12MiB"]


@pytest.fixture
def bucket(minio):
    client = boto3.client("s3", endpoint_url=minio.endpoint, aws_access_key_id=minio.user, aws_secret_access_key=minio.password,
                          region_name="us-east-1")
    name = f"killed-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=name)
    environment = {"AWS_ENDPOINT_URL": minio.endpoint, "AWS_ACCESS_KEY_ID": minio.user, "AWS_SECRET_ACCESS_KEY": minio.password}
    return client, name, environment


def check_bucket(client, name, plain):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=name)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    contents = {key: client.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}
    digests = {key: hashlib.sha256(content).hexdigest() for key, content in contents.items()}
    assert digests.keys() == plain.keys()
    assert {key: digest for key, digest in digests.items() if key != "manifest.json"} == {
        key: digest for key, digest in plain.items() if key != "manifest.json"}
    streams = json.loads(contents["manifest.json"])["streams"]
    assert {entry["name"]: entry["sha256"] for stream in streams for entry in stream["objects"]} == {
        key: digest for key, digest in digests.items() if key not in ("manifest.json", "_SUCCESS")}
    assert not client.list_multipart_uploads(Bucket=name).get("Uploads")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_random_instants_a_bucket_has_what_an_undisturbed_run_leaves(seed, bucket, program, plain, tmp_path):
    client, name, environment = bucket
    killer = Killer(program, tmp_path, to_files(f"s3://{name}"), environment)
    killer.kill_at_random(seed, times=3, longest=1.5)
    check_bucket(client, name, plain)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_named_points_a_bucket_has_what_an_undisturbed_run_leaves(point, bucket, program, plain, tmp_path):
    client, name, environment = bucket
    killer = Killer(program, tmp_path, to_files(f"s3://{name}"), environment)
    for count in (1, 1, 2):
        if not killer.kill_at(point, count):
            break
    assert killer.kills > 0
    killer.finish()
    check_bucket(client, name, plain)


def test_entities_that_live_go_on_from_their_states(bucket, program, tmp_path_factory, tmp_path):
    def arguments(place):
        return [METERS, "--for", "1h", "--to", f"{place}?layout=chunked&max_chunk_size=1MiB"]

    client, name, environment = bucket
    killer = Killer(program, tmp_path, arguments(f"s3://{name}"), environment)
    while killer.kills < 3 and killer.kill_at("state.kept"):
        pass
    assert killer.kills > 1
    killer.finish()
    check_bucket(client, name, left_in_a_folder(program, tmp_path_factory.mktemp("plain"), arguments("file:out")))
