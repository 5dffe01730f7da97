"""For the pipelines that stand on the emulator: curl as in its document, Airflow's operators, and the Spark jobs behind them."""
import json
import subprocess
import uuid

import pytest

from service.airflow_calls import start_emulation, wait_for_emulation
from service.serving import PATIENCE_S, Service

CURL = r"""
curl -X 'POST' 'http://localhost:8000/emulator/' \
  -H 'Content-Type: application/json' \
  -d '{"emulator_sync": "minio", "emulation_domain": "user-profile", "timeout": 1, "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1024}'
"""

RECORD = ("user_id: int, name: string, email: string, phone: string, date_of_birth: string, address: string, country: string, "
          "signup_date: string, credit_score: double, risk_level: string")

# Bronze reads what lies at the root of the bucket and writes it as Parquet; silver types it and keeps each user's last profile.
JOBS = f"""
from pyspark.sql import Window, functions as f
raw = spark.read.schema("emulation_id string, timestamp double, data struct<{RECORD}>").json("s3a://user-profiles/*.json")
raw.write.mode("overwrite").parquet("s3a://{{bronze}}/user-profiles/parquet")
bronze = spark.read.parquet("s3a://{{bronze}}/user-profiles/parquet")
typed = (bronze.select("emulation_id", f.col("timestamp").cast("timestamp").alias("event_time"), "data.*")
         .withColumn("signup_date", f.to_date("signup_date")).withColumn("date_of_birth", f.to_date("date_of_birth")))
last = Window.partitionBy("user_id").orderBy(f.col("event_time").desc())
silver = typed.withColumn("place", f.row_number().over(last)).where("place = 1").drop("place")
silver.write.mode("overwrite").parquet("s3a://{{silver}}/user-profiles/parquet")
silver = spark.read.parquet("s3a://{{silver}}/user-profiles/parquet")
nulls = silver.select([f.sum(f.col(name).isNull().cast("int")).alias(name) for name in silver.columns]).first().asDict()
answer = {{{{"bronze": bronze.groupBy("emulation_id").count().collect(), "silver": silver.count(), "nulls": nulls,
           "users": bronze.select("data.user_id").distinct().count(), "risks": sorted(r[0] for r in silver.select("risk_level").distinct().collect())}}}}
answer["bronze"] = {{{{row[0]: row[1] for row in answer["bronze"]}}}}
"""


@pytest.fixture(scope="module")
def emulator(program, tmp_path_factory, minio, kafka):
    """Gives a service that emulates into a MinIO and a Kafka."""
    one = Service(program, tmp_path_factory.mktemp("pipeline"), MINIO_ENDPOINT=minio.endpoint.split("//")[1],
                  MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY=minio.password, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap)
    yield one
    assert one.stop() == 0


def test_curl_as_in_the_document_starts_an_emulation(emulator, tmp_path):
    """The port of the document is led to that of the service, so that not a word has to change."""
    (tmp_path / ".curlrc").write_text(f'connect-to = "localhost:8000:127.0.0.1:{emulator.port}"\nsilent\n')
    told = subprocess.run(["bash", "-c", CURL], env={"CURL_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True,
                          text=True, check=True, timeout=PATIENCE_S)
    answer = json.loads(told.stdout)
    assert list(answer) == ["id", "emulator_sync", "format_type", "sync_type", "emulation_domain", "max_chunk_size", "timeout"]
    wait_for_emulation(emulator, answer["id"])


@pytest.mark.parametrize("body", [
    {"emulator_sync": "minio", "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1024, "emulation_domain": "user-profile", "timeout": 3},
    {"emulator_sync": "kafka", "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1024, "emulation_domain": "device-log", "timeout": 3},
    {"emulator_sync": "kafka", "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1024, "emulation_domain": "transaction", "timeout": 3}],
    ids=lambda body: body["emulation_domain"])
def test_airflow_starts_and_follows_what_its_daily_pipeline_asks_for(emulator, body):
    emulation = start_emulation(emulator, **body)
    assert str(uuid.UUID(emulation)) == emulation
    wait_for_emulation(emulator, emulation)
    run = emulator.get(f"/v1/runs/{emulation}")
    assert run["state"] == "completed" and run["records"] > 5000


def test_spark_takes_the_bucket_to_bronze_and_silver(emulator, minio, spark):
    emulation = start_emulation(emulator, emulator_sync="minio", format_type="json", sync_type="grouped", max_chunk_size=1024,
                                emulation_domain="user-profile", timeout=20)
    wait_for_emulation(emulator, emulation)
    bronze, silver = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("bronze", "silver"))
    for bucket in (bronze, silver):
        minio.client().create_bucket(Bucket=bucket)
    answer = spark.ask(JOBS.format(bronze=bronze, silver=silver))
    assert answer["bronze"][emulation] == emulator.get(f"/v1/runs/{emulation}")["records"] == 9000
    assert answer["silver"] == answer["users"] == 9000, "each user once, however often emulated"
    assert set(answer["nulls"].values()) == {0}, "every field has its type"
    assert answer["risks"] == ["high", "low", "medium"]
