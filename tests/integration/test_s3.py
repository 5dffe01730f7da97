"""For targets of S3 against a real MinIO: what is poured into a bucket is what is poured into a folder, and mistakes are told."""
import json
import pathlib
import time

import duckdb
import pyarrow.dataset
import pyarrow.fs
import pytest

from measuring import measured
from poured import ORDERS, SHAPES

STREAM = "transactions"
LARGE = ("payments", "--streams", STREAM, "--count", "200k")  # 40 MB of JSON


def digests(folder):
    manifest = json.loads((pathlib.Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry["sha256"] for stream in manifest["streams"] for entry in stream["objects"]}


@pytest.mark.parametrize("layout", ["grouped", "chunked&max_chunk_size=100kB", "single", "hive&target_size=200kB"])
@pytest.mark.parametrize("form", ["json", "csv", "parquet", "json-array&compression=gzip"])
def test_a_bucket_gets_what_a_folder_gets(headwater, bucket, tmp_path, form, layout):
    count = "40" if layout == "single" else "3000"
    options = f"?format={form}&layout={layout}"
    headwater("run", "payments", "--count", count, "--run-id", "r", "--to", f"s3://{bucket.name}/raw/day one{options}",
              "--to", f"file:{tmp_path}/out{options}", env=bucket.environment, cwd=tmp_path)
    assert bucket.check("raw/day one/") == digests(tmp_path / "out")


@pytest.mark.parametrize("pack", [SHAPES, ORDERS])
def test_other_packs_land_too(headwater, bucket, tmp_path, pack):
    headwater("run", pack, "--count", "500", "--run-id", "r", "--to", f"s3://{bucket.name}", "--to", f"file:{tmp_path}/out",
              env=bucket.environment, cwd=tmp_path)
    assert bucket.check() == digests(tmp_path / "out")


def test_another_run_below_a_prefix_is_told_of_and_overwritten(headwater, bucket, tmp_path):
    def run(seed, *flags):
        told = headwater("run", ORDERS, "--count", 50, "--seed", seed, "--to", f"s3://{bucket.name}/lake", *flags, cwd=tmp_path, env=bucket.environment).stderr
        return told, {entry["Key"] for entry in bucket.client.list_objects_v2(Bucket=bucket.name).get("Contents", [])}

    told, first = run(1)
    assert "lie there" not in told and "lake/_SUCCESS" in first and "lake/.headwater-writing" not in first
    told, both = run(2)
    assert "lie there and will lie beside those of this one" in told and first < both
    told, last = run(3, "--overwrite")
    assert "lie there" not in told and len(last) == len(both), "what the last manifest named is gone, what the first did is not"
    assert first - {"lake/manifest.json", "lake/_SUCCESS"} < last


def test_parquet_is_read_by_arrow_from_the_bucket_itself(headwater, bucket, tmp_path, minio):
    headwater("run", "payments", "--count", "5000", "--to", f"s3://{bucket.name}/lake?format=parquet&layout=hive",
              env=bucket.environment, cwd=tmp_path)
    files = pyarrow.fs.S3FileSystem(access_key=minio.user, secret_key=minio.password, scheme="http",
                                    endpoint_override=minio.endpoint.removeprefix("http://"))
    landed = pyarrow.dataset.dataset(f"{bucket.name}/lake/{STREAM}", filesystem=files, format="parquet", partitioning="hive").to_table()
    assert landed.num_rows == 5000
    assert duckdb.sql("select count(distinct transaction_id) from landed").fetchall() == [(5000,)]


@pytest.mark.parametrize("copy", ["", "&copy_part_size=5MiB"])
@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_large_object_goes_in_parts(headwater, bucket, tmp_path, copy, in_flight):
    headwater("run", *LARGE, "--run-id", "r", "--to", f"s3://{bucket.name}/big?part_size=5MiB&parts_in_flight={in_flight}{copy}",
              "--to", f"file:{tmp_path}/out", env=bucket.environment, cwd=tmp_path)
    made = bucket.check("big/")
    assert made == digests(tmp_path / "out")
    (name, digest), = made.items()
    head = bucket.client.head_object(Bucket=bucket.name, Key=f"big/{name}")
    assert head["ContentLength"] > 8 * (5 << 20) * 0.9
    assert head["Metadata"] == {"headwater-sha256": digest}
    assert ("-8" in head["ETag"]) == bool(copy)


def test_an_object_of_the_same_name_is_replaced(headwater, bucket, tmp_path):
    for seed in (1, 2):
        headwater("run", "payments", "--count", "100", "--seed", seed, "--run-id", "r", "--to", f"s3://{bucket.name}",
                  env=bucket.environment, cwd=tmp_path)
        bucket.check()
    assert bucket.manifest()["seed"] == 2


def test_keys_may_hold_what_a_signature_trips_over(headwater, bucket, tmp_path):
    prefix = "a b/c+d/e=f/g:h/100%/%20/é/🎈/i~(*)'!@,;"
    headwater("run", "payments", "--count", "50", "--to", f"s3://{bucket.name}/{prefix}", env=bucket.environment, cwd=tmp_path)
    bucket.check(prefix + "/")


def test_holes_of_the_prefix_are_folders(headwater, bucket, tmp_path):
    headwater("run", "payments", "--count", "100", "--to", f"s3://{bucket.name}/lake/$(pack)/$(stream)/day=$(date)",
              env=bucket.environment, cwd=tmp_path)
    assert all(name.startswith("payments/") and "/day=20" in name for name in bucket.check("lake/"))


def test_the_answer_key_lands_beside(headwater, bucket, tmp_path):
    headwater("run", "payments", "--count", "20k", "--run-id", "r", "--to", f"s3://{bucket.name}/data", "--answer-key",
              f"s3://{bucket.name}/answers", env=bucket.environment, cwd=tmp_path)
    answers = bucket.manifest("data/")["answer_key"]
    assert answers["to"] == f"s3://{bucket.name}/answers"
    lines = [line for entry in answers["objects"] for line in bucket.read(f"answers/{entry['name']}").splitlines()]
    assert len(lines) == sum(entry["rows"] for entry in answers["objects"]) > 0


def test_memory_is_that_of_the_parts_on_their_way(program, bucket, tmp_path):
    def peak(target):
        return measured(program, "payments", "--streams", STREAM, "--count", "1500k", "--threads", "1", "--state", "none",
                        "--to", target, env=bucket.environment, cwd=tmp_path) / 1024

    # 300 MB; five parts of 5 MiB, and the libraries.
    assert peak(f"s3://{bucket.name}?part_size=5MiB") < peak("discard:") + 5 * 5 + 20


def test_keys_that_are_wrong_are_told_with_the_variable_to_mend(headwater, bucket, tmp_path):
    def refused(**changed):
        environment = {key: value for key, value in {**bucket.environment, **changed}.items() if value is not None}
        result = headwater("run", "payments", "--count", "10", "--to", f"s3://{bucket.name}", check=False, env=environment, cwd=tmp_path)
        assert environment.get("AWS_SECRET_ACCESS_KEY", "hush") not in result.stderr
        return result.returncode, result.stderr

    code, message = refused(AWS_SECRET_ACCESS_KEY="hushhush")
    assert code == 2 and "SignatureDoesNotMatch" in message and "check the secret key that belongs to AWS_ACCESS_KEY_ID" in message
    code, message = refused(AWS_ACCESS_KEY_ID="nobody")
    assert code == 2 and "InvalidAccessKeyId" in message and "check the access key in AWS_ACCESS_KEY_ID" in message
    code, message = refused(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert code == 2 and "No keys for S3; set AWS_ACCESS_KEY_ID" in message
    code, message = refused(AWS_SECRET_ACCESS_KEY=None)
    assert code == 2 and "one is not set: AWS_SECRET_ACCESS_KEY" in message
    assert bucket.name not in [known["Name"] for known in bucket.client.list_buckets()["Buckets"]]


def test_keys_of_minio_and_of_a_profile_open_the_bucket(headwater, bucket, tmp_path, minio):
    plain = {key: value for key, value in bucket.environment.items() if not key.startswith("AWS_")}
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        f"[work]\naws_access_key_id = {minio.user}\naws_secret_access_key = {minio.password}\n", encoding="utf-8")
    for added, options in (({"MINIO_ACCESS_KEY": minio.user, "MINIO_SECRET_KEY": minio.password,
                             "MINIO_ENDPOINT": minio.endpoint.removeprefix("http://")}, ""),
                           ({"HOME": str(tmp_path)}, f"?profile=work&endpoint={minio.endpoint}")):
        headwater("run", "payments", "--count", "10", "--to", f"s3://{bucket.name}{options}", env={**plain, **added}, cwd=tmp_path)
        bucket.check()
        assert minio.password.encode() not in bucket.read("manifest.json")


def test_a_missing_bucket_is_made_only_where_that_is_wanted(headwater, bucket, tmp_path):
    result = headwater("run", "payments", "--count", "10", "--to", f"s3://{bucket.name}?create_bucket=false", check=False,
                       env=bucket.environment, cwd=tmp_path)
    assert result.returncode == 2
    assert f"make the bucket, or let it be made by ?create_bucket=true: s3://{bucket.name}" in result.stderr
    headwater("run", "payments", "--count", "10", "--to", f"s3://{bucket.name}", env=bucket.environment, cwd=tmp_path)
    bucket.check()


def test_a_bucket_may_be_in_the_name_of_the_host(headwater, bucket, tmp_path, minio):
    endpoint = minio.endpoint.replace("127.0.0.1", "localhost")
    headwater("run", *LARGE, "--to", f"s3://{bucket.name}/big?part_size=5MiB&path_style=false&endpoint={endpoint}",
              env=bucket.environment, cwd=tmp_path)
    bucket.check("big/")


def test_a_target_that_is_away_ends_the_start_with_3(headwater, bucket, tmp_path, minio_proxy):
    minio_proxy.cut()
    began = time.monotonic()
    result = headwater("run", "payments", "--count", "10", "--to", f"s3://lake?endpoint=http://{minio_proxy.address}", check=False,
                       env=bucket.environment, cwd=tmp_path)
    assert result.returncode == 3
    assert minio_proxy.address in result.stderr
    assert not (tmp_path / ".headwater").exists()
    minio_proxy.mend()
    minio_proxy.hold()
    result = headwater("run", "payments", "--count", "10", "--to", f"s3://lake?endpoint=http://{minio_proxy.address}", check=False,
                       env=bucket.environment, cwd=tmp_path)
    assert result.returncode == 3
    assert time.monotonic() - began < 25


def test_a_server_that_is_no_s3_is_told(headwater, bucket, tmp_path, minio):
    result = headwater("run", "payments", "--count", "10", "--to", f"s3://minio?endpoint={minio.endpoint}&path_style=false",
                       check=False, env=bucket.environment, cwd=tmp_path)
    assert result.returncode in (2, 3)
    assert "S3" in result.stderr


def test_tls_needs_a_certificate_that_is_trusted(headwater, tls_bucket, tmp_path):
    arguments = ("run", *LARGE, "--run-id", "r", "--to")
    headwater(*arguments, f"s3://{tls_bucket.name}/big?part_size=5MiB", env=tls_bucket.environment, cwd=tmp_path)
    tls_bucket.check("big/")
    ca_file = tls_bucket.environment.pop("AWS_CA_BUNDLE")
    result = headwater(*arguments, f"s3://{tls_bucket.name}", check=False, env=tls_bucket.environment, cwd=tmp_path)
    assert result.returncode == 2
    assert "Certificate is not trusted; name the file that vouches for it by ca_file or AWS_CA_BUNDLE" in result.stderr
    headwater(*arguments, f"s3://{tls_bucket.name}/big?ca_file={ca_file}", env=tls_bucket.environment, cwd=tmp_path)
    tls_bucket.check("big/")
