"""For the promise that readers see exactly the rows of the manifest: Spark, over s3a:// and over files; DuckDB beside it."""
import json
import uuid

import boto3
import duckdb
import pytest

from poured import manifest

STREAMS = ("transactions", "user_profiles", "device_logs")
LAYOUTS = {"parquet, hive": ["--format", "parquet", "--layout", "hive"], "json, chunked": ["--layout", "chunked", "--max-chunk-size", "2MiB"],
           "csv, grouped, gzip": ["--format", "csv", "--compression", "gzip"]}


@pytest.fixture(scope="module")
def poured_in_bucket(headwater, minio):
    """Pours payments into a bucket, once for each layout, and gives the address of each."""
    bucket = f"spark-{uuid.uuid4().hex[:8]}"
    environment = {"AWS_ENDPOINT_URL": minio.endpoint, "AWS_ACCESS_KEY_ID": minio.user, "AWS_SECRET_ACCESS_KEY": minio.password,
                   "PATH": "/usr/bin:/bin"}
    for place, arguments in enumerate(LAYOUTS.values()):
        headwater("run", "payments", "--count", "30k", *arguments, "--to", f"s3://{bucket}/{place}", "--state", "none", env=environment)
    return bucket


def script_for(bucket):
    """Counts rows, different keys and the files that Spark reads them from."""
    return f"""
answer = {{}}
for place, (name, form) in enumerate({[(name, name.split(',')[0]) for name in LAYOUTS]!r}):
    for stream, key in {[("transactions", "transaction_id"), ("user_profiles", "user_id"), ("device_logs", "log_id")]!r}:
        rows = spark.read.format(form).option("header", "true").load(f"s3a://{bucket}/{{place}}/{{stream}}")
        keys = rows.select(key).distinct().count() if key in rows.columns else None
        answer[f"{{name}}/{{stream}}"] = [rows.count(), keys, len(rows.inputFiles())]
"""


def test_spark_reads_exactly_the_rows_of_the_manifest(poured_in_bucket, minio, spark):
    client = boto3.client("s3", endpoint_url=minio.endpoint, aws_access_key_id=minio.user, aws_secret_access_key=minio.password,
                          region_name=minio.region)
    answer = spark.ask(script_for(poured_in_bucket))
    for place, name in enumerate(LAYOUTS):
        body = client.get_object(Bucket=poured_in_bucket, Key=f"{place}/manifest.json")["Body"].read()
        for stream in json.loads(body)["streams"]:
            rows, keys, files = answer[f"{name}/{stream['name'].split('.')[1]}"]
            assert rows == stream["rows"] == sum(entry["rows"] for entry in stream["objects"])
            assert keys in (None, rows)
            assert files == len(stream["objects"])


def test_spark_and_duckdb_read_the_same_sums_from_files(headwater, spark, tmp_path):
    headwater("run", "payments", "--count", "30k", "--format", "parquet", "--layout", "hive", "--to", f"file:{tmp_path}/out")
    answer = spark.ask(f"""
rows = spark.read.parquet("{tmp_path}/out/transactions").selectExpr("count(*)", "sum(amount)", "sum(user_id)", "min(timestamp)")
answer = [list(rows.first()), spark.read.parquet("{tmp_path}/out/user_profiles").count()]
""")
    ours, = duckdb.sql(f"select count(*), sum(amount), sum(user_id) from '{tmp_path}/out/transactions/*/*.parquet'").fetchall()
    assert [str(value) for value in answer[0][:3]] == [str(value) for value in ours]
    stream = manifest(tmp_path / "out")["streams"]
    assert [answer[0][0], answer[1]] == [stream[0]["rows"], stream[1]["rows"]]
