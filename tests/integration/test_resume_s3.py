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

from killing import POINTS, Killer

LONG = os.environ.get("HEADWATER_LONG") == "1"
RUNS = 300 if LONG else 30


@pytest.fixture(scope="module")
def plain(program, tmp_path_factory):
    """Gives the digests by name of what an undisturbed run leaves in a folder."""
    folder = tmp_path_factory.mktemp("plain")
    subprocess.run([program, "run", *to_files("file:out")], cwd=folder, check=True, capture_output=True, timeout=300)
    out = folder / "out"
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in out.rglob("*") if path.is_file()}


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
    stream, = json.loads(contents["manifest.json"])["streams"]
    assert {entry["name"]: entry["sha256"] for entry in stream["objects"]} == {key: digests[key] for key in keys if key.endswith("e8.json")}
    assert not client.list_multipart_uploads(Bucket=name).get("Uploads")


@pytest.mark.parametrize("seed", range(RUNS))
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
