"""For the clients of the Data Emulator Service: their requests, what lands in MinIO, and how Airflow follows it."""
import csv
import io
import json
import re
import time
import uuid

import pyarrow.parquet
import pytest
from confluent_kafka.admin import NewTopic

from service.serving import PATIENCE_S, Service
from service.test_afterwards import Listener
from topics import read_messages

BODY = {"emulator_sync": "minio", "emulation_domain": "user-profile", "timeout": 1, "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1024}
KEY = {"transaction": "transaction_id", "user-profile": "user_id", "device-log": "user_id"}


@pytest.fixture(scope="module")
def emulator(program, tmp_path_factory, minio):
    """Gives a service that emulates into a MinIO."""
    one = Service(program, tmp_path_factory.mktemp("emulator"), MINIO_ENDPOINT=minio.endpoint.split("//")[1],
                  MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY=minio.password)
    yield one
    assert one.stop() == 0


def start(service, path="/emulator/", **changes):
    status, _, body = service.ask("POST", path, {**BODY, **changes})
    assert status == 201, body
    assert set(body) == {"id", *BODY} and str(uuid.UUID(body["id"])) == body["id"]
    return body["id"]


def followed(service, emulation, wanted="completed"):
    """Does what Airflow does: asks for the status until it is the wanted one."""
    def is_there(body):
        assert body["id"] == emulation and set(body["status"]["threads"]) == set("01234")
        assert body["status"]["global_status"] in (wanted, "processing"), body
        return body["status"]["global_status"] == wanted

    body = service.wait_for_answer(f"/emulator/{emulation}/status", is_there)
    assert set(body["status"]["threads"].values()) == {"finished"}


def objects_of(minio, bucket, emulation):
    """Gives the objects of an emulation, which lie at the root of the bucket, by name."""
    client = minio.client()
    found = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            if emulation in item["Key"]:
                found[item["Key"]] = client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
    return found


def first_and_last(name, emulation, ending):
    found = re.fullmatch(rf"aggregated_(\d+)-(\d+)-{emulation}\.{ending}", name)
    assert found, name
    return int(found[1]), int(found[2])


def test_the_request_of_their_readme_fills_the_bucket(emulator, minio):
    before = time.time()
    emulation = start(emulator)
    followed(emulator, emulation)
    [(name, text)] = objects_of(minio, "user-profiles", emulation).items()
    assert text.endswith(b"]\n") and text.count(b"\n") == 1, "Spark reads an array in one line as its records"
    records = json.loads(text)
    assert first_and_last(name, emulation, "json") == (0, len(records) - 1)
    assert all(list(one) == ["emulation_id", "timestamp", "data"] for one in records)
    assert {one["emulation_id"] for one in records} == {emulation}
    assert all(before - 100 < one["timestamp"] < time.time() + 1 for one in records)
    assert list(records[0]["data"]) == ["user_id", "name", "email", "phone", "date_of_birth", "address", "country", "signup_date", "credit_score", "risk_level"]
    assert len({one["data"]["user_id"] for one in records}) == len(records) > 1000
    assert len(records) == emulator.get(f"/v1/runs/{emulation}")["records"]


@pytest.mark.parametrize("domain", KEY)
def test_chunks_hold_every_record_and_stay_below_their_size(emulator, minio, domain):
    emulation = start(emulator, emulation_domain=domain, sync_type="Chunked", max_chunk_size=65536, rate=2000)
    followed(emulator, emulation)
    found = objects_of(minio, domain + "s", emulation)
    assert len(found) > 3 and all(len(text) <= 65536 for text in found.values())
    ranges = sorted(first_and_last(name, emulation, "json") for name in found)
    assert ranges[0][0] == 0 and all(one[1] + 1 == other[0] for one, other in zip(ranges, ranges[1:]))
    assert sum(len(json.loads(text)) for text in found.values()) == ranges[-1][1] + 1
    records = [one for text in found.values() for one in json.loads(text)]
    now = time.time()
    assert all(now - 200 < one["timestamp"] < now for one in records)
    assert 1000 <= min(one["data"]["user_id"] for one in records) <= max(one["data"]["user_id"] for one in records) <= 9999


@pytest.mark.parametrize("domain", KEY)
def test_single_objects_are_named_by_their_keys(emulator, minio, domain):
    emulation = start(emulator, emulation_domain=domain, sync_type="single", rate=100)
    followed(emulator, emulation)
    found = objects_of(minio, domain + "s", emulation)
    assert len(found) == emulator.get(f"/v1/runs/{emulation}")["records"] > 20
    for name, text in found.items():
        record = json.loads(text)
        key = str(record["data"][KEY[domain]])
        assert re.fullmatch(rf"{key}(-\d+)?-{emulation}\.json", name), name


def test_csv_is_csv_and_its_data_are_json(emulator, minio):
    emulation = start(emulator, emulation_domain="transaction", format_type="CSV", rate=1000)
    followed(emulator, emulation)
    [(name, text)] = objects_of(minio, "transactions", emulation).items()
    assert text.decode().splitlines()[0] == "emulation_id,timestamp,data"
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert name.endswith(f"-{emulation}.csv") and len(rows) == emulator.get(f"/v1/runs/{emulation}")["records"]
    assert {row["emulation_id"] for row in rows} == {emulation}
    assert all(float(row["timestamp"]) > 1e9 for row in rows)
    assert all(json.loads(row["data"])["transaction_id"] for row in rows)


def test_parquet_is_ours_to_add(emulator, minio):
    emulation = start(emulator, emulation_domain="device-log", format_type="parquet")
    followed(emulator, emulation)
    [(name, content)] = objects_of(minio, "device-logs", emulation).items()
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    assert table.column_names == ["emulation_id", "timestamp", "data"] and table.num_rows == emulator.get(f"/v1/runs/{emulation}")["records"]


def test_the_same_seed_gives_the_same_records_and_others_differ(emulator, minio):
    found = []
    for seed in ({"seed": 7}, {"seed": 7}, {}, {}):
        emulation = start(emulator, timeout=10, **seed)
        followed(emulator, emulation)
        [text] = objects_of(minio, "user-profiles", emulation).values()
        found.append([{**one["data"], "signup_date": 0} for one in json.loads(text)])
    people = [sorted((one["user_id"], one["name"]) for one in records) for records in found]
    assert len(people[0]) == 9000 and people[0] == people[1]
    assert people[2] != people[3] != people[0]


@pytest.mark.parametrize("seed", [0, 2**53 + 1, 2**63, 2**64 - 1])
def test_a_seed_keeps_every_bit(emulator, seed):
    assert emulator.get(f"/v1/runs/{start(emulator, timeout=0, seed=seed)}")["seed"] == seed


def test_no_time_makes_no_object_and_is_complete(emulator, minio):
    emulation = start(emulator, timeout=0)
    followed(emulator, emulation)
    assert emulator.get(f"/v1/runs/{emulation}")["records"] == 0


def test_both_paths_and_any_case_are_taken(emulator):
    followed(emulator, start(emulator, "/emulator", timeout=0, emulator_sync="MinIO", emulation_domain="User-Profile", format_type="JSON", sync_type="GROUPED"))


@pytest.mark.parametrize("change, allowed", [
    ({"emulator_sync": "grouped"}, "kafka, minio"), ({"emulator_sync": 1}, "kafka, minio"),
    ({"emulation_domain": "users"}, "transaction, user-profile, device-log"), ({"format_type": "xml"}, "json, csv, parquet"),
    ({"sync_type": "all"}, "grouped, chunked, single"), ({"timeout": -1}, "a whole number from 0 to 86400"), ({"seed": 1.5}, "a whole number from 0 to 18446744073709551615"), ({"seed": -1}, "a whole number from 0 to 18446744073709551615"),
    ({"timeout": "soon"}, "a whole number from 0 to 86400"), ({"max_chunk_size": 0}, "a whole number from 1 to 5368709120"),
    ({"max_chunk_size": None}, "a whole number from 1 to 5368709120"), ({"timout": 3}, None)])
def test_a_wrong_field_is_named_with_what_is_allowed(emulator, change, allowed):
    before = len(emulator.get("/v1/runs?limit=1000")["runs"])
    status, headers, problem = emulator.ask("POST", "/emulator", {**BODY, **change})
    assert status == 400 and headers["Content-Type"] == "application/problem+json"
    [error] = problem["errors"]
    assert [error["path"]] == list(change) and problem["detail"] == error["message"]
    assert allowed is None or error["allowed"] == allowed
    assert len(emulator.get("/v1/runs?limit=1000")["runs"]) == before


def test_all_wrong_fields_are_named_at_once(emulator):
    status, _, problem = emulator.ask("POST", "/emulator/", {"emulator_sync": "grouped", "timeout": 1.5})
    assert status == 400
    assert [one["path"] for one in problem["errors"]] == ["emulator_sync", "format_type", "sync_type", "emulation_domain", "max_chunk_size", "timeout"]
    assert "sync_type" in problem["errors"][0]["hint"] and "(and 5 more)" in problem["detail"]
    for body in ("[]", "1", "", "{", '{"timeout": 1, "timeout": 2}'):
        assert emulator.ask("POST", "/emulator", body)[0] == 400


def test_a_refused_request_makes_nothing(serve, minio, minio_proxy):
    service = serve(MINIO_ENDPOINT=minio_proxy.address, MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY=minio.password)
    for change in ({"sync_type": "x"}, {"emulation_domain": "nothing"}, {"other": 1}):
        assert service.ask("POST", "/emulator", {**BODY, **change})[0] == 400
    assert service.get("/v1/runs")["runs"] == [] and minio_proxy.connections == 0
    followed(service, start(service, timeout=0))
    assert minio_proxy.connections > 0, "a request that is taken goes there"


def test_unknown_emulations_are_not_found(emulator):
    status, _, problem = emulator.ask("GET", "/emulator/none/status")
    assert status == 404 and problem["detail"] == "Emulation ID none not found."


def test_a_stopped_emulation_says_so(emulator):
    emulation = start(emulator, timeout=600, emulation_domain="transaction")
    emulator.wait_for(emulation, lambda body: body["records"] > 0)
    assert emulator.ask("POST", f"/v1/runs/{emulation}/stop")[0] == 202
    followed(emulator, emulation, "stopped")


def test_wrong_keys_fail_with_a_reason(program, tmp_path, minio):
    service = Service(program, tmp_path / "service", MINIO_ENDPOINT=minio.endpoint.split("//")[1], MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY="wrong-secret")
    emulation = start(service)
    body = service.ended(emulation)
    status = service.get(f"/emulator/{emulation}/status")["status"]
    assert body["state"] == "failed" and status["global_status"] == "failed" and set(status["threads"].values()) == {"error"}
    assert status["reason"] and "wrong-secret" not in json.dumps(body)
    assert service.stop() == 0


def test_a_killed_emulation_goes_on_without_a_gap_or_a_duplicate(serve, minio):
    variables = {"MINIO_ENDPOINT": minio.endpoint.split("//")[1], "MINIO_ACCESS_KEY": minio.user, "MINIO_SECRET_KEY": minio.password}
    service = serve(**variables)
    emulation = start(service, timeout=4, emulation_domain="transaction", sync_type="chunked", max_chunk_size=500_000, rate=20_000)
    service.wait_for(emulation, lambda body: body["records"] > 30_000)
    service.kill()
    service = serve(**variables)
    followed(service, emulation)
    found = objects_of(minio, "transactions", emulation)
    ids = [one["data"]["transaction_id"] for text in found.values() for one in json.loads(text)]
    assert len(ids) == len(set(ids)) == service.get(f"/v1/runs/{emulation}")["records"]
    ranges = sorted(first_and_last(name, emulation, "json") for name in found)
    assert ranges[0][0] == 0 and all(one[1] + 1 == other[0] for one, other in zip(ranges, ranges[1:]))
    assert not list((service.folder / "data" / "runs").iterdir())


@pytest.fixture(scope="module")
def kafka_emulator(program, tmp_path_factory, kafka):
    """Gives a service that emulates into a Kafka."""
    one = Service(program, tmp_path_factory.mktemp("kafka_emulator"), KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap)
    yield one
    assert one.stop() == 0


def read_topic(kafka, topic, emulation):
    """Gives key and value of every record that an emulation left in a topic."""
    messages = [(one.key().decode(), json.loads(one.value())) for one in read_messages({"bootstrap.servers": kafka.bootstrap}, topic)]
    partitions = kafka.admin().list_topics(topic, PATIENCE_S).topics[topic].partitions
    return partitions, [(key, value) for key, value in messages if value["emulation_id"] == emulation]


@pytest.mark.parametrize("domain", KEY)
def test_kafka_gets_one_document_in_each_value(kafka_emulator, kafka, domain):
    emulation = start(kafka_emulator, emulator_sync="kafka", emulation_domain=domain, rate=2000)
    followed(kafka_emulator, emulation)
    partitions, records = read_topic(kafka, domain + "s", emulation)
    assert len(partitions) == 5
    assert len(records) == kafka_emulator.get(f"/v1/runs/{emulation}")["records"] > 1000
    assert all(list(value) == ["emulation_id", "timestamp", "data"] for _, value in records)
    assert all(key == str(value["data"][KEY[domain]]) for key, value in records)


def test_a_topic_that_is_there_is_taken_as_it_is(program, tmp_path, kafka3):
    admin = kafka3.admin()
    admin.create_topics([NewTopic("transactions", num_partitions=2, replication_factor=3)])["transactions"].result(PATIENCE_S)
    service = Service(program, tmp_path / "service", KAFKA_BOOTSTRAP_SERVERS=kafka3.bootstrap)
    emulation = start(service, emulator_sync="kafka", emulation_domain="transaction", rate=100)
    followed(service, emulation)
    partitions, records = read_topic(kafka3, "transactions", emulation)
    assert len(partitions) == 2 and len(records) == service.get(f"/v1/runs/{emulation}")["records"]
    emulation = start(service, emulator_sync="kafka", emulation_domain="device-log", rate=100)
    followed(service, emulation)
    assert {len(one.replicas) for one in read_topic(kafka3, "device-logs", emulation)[0].values()} == {2}
    assert service.stop() == 0


def test_the_minio_fields_of_a_kafka_request_are_checked(kafka_emulator):
    for change in ({"format_type": "xml"}, {"sync_type": "x"}, {"max_chunk_size": 0}):
        assert kafka_emulator.ask("POST", "/emulator", {**BODY, "emulator_sync": "kafka", **change})[0] == 400


def test_the_password_of_kafka_goes_to_its_servers_only(serve):
    service = serve(KAFKA_BOOTSTRAP_SERVERS="ours:9092", KAFKA_USERNAME="me", KAFKA_PASSWORD="secret")
    for to, accepted in (("kafka://theirs:9092/t?security.protocol=SASL_SSL&sasl.mechanism=PLAIN", False), ("kafka://ours:9092.evil/t?security.protocol=SASL_SSL&sasl.mechanism=PLAIN", False)):
        scenario = {"packs": {"payments": {}}, "clock": {"until": "2026-01-02T00:00:00Z"}, "outputs": [{"to": to}]}
        assert (service.ask("POST", "/v1/runs", scenario)[0] == 202) == accepted, to


def test_a_key_gives_the_same_emulation_again(emulator):
    status, _, first = emulator.ask("POST", "/emulator", {**BODY, "timeout": 0}, Idempotency_Key="one")
    assert status == 201
    assert emulator.ask("POST", "/emulator", {**BODY, "timeout": 0}, Idempotency_Key="one")[::2] == (201, first)
    assert emulator.ask("POST", "/emulator", {**BODY, "timeout": 0}, Idempotency_Key="two")[2]["id"] != first["id"]
    status, _, problem = emulator.ask("POST", "/emulator", BODY, Idempotency_Key="one")
    assert status == 409 and problem["detail"]
    status, _, problem = emulator.ask("POST", "/emulator?odd=1", BODY, Idempotency_Key="x" * 256)
    assert status == 400 and [one["path"] for one in problem["errors"]] == ["odd", "idempotency-key"]


def test_somebody_is_told_of_the_end_of_an_emulation(serve, minio):
    service = serve(MINIO_ENDPOINT=minio.endpoint.split("//")[1], MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY=minio.password,
                    HEADWATER_WEBHOOK_SECRET="a secret of sixteen or more")
    with Listener() as listener:
        emulation = start(service, f"/emulator?on_complete=http://127.0.0.1:{listener.port}/done", timeout=0)
        path, headers, body = listener.calls.get(timeout=PATIENCE_S)
    data = json.loads(body)["data"]
    assert path == "/done" and headers["webhook-id"] == emulation and (data["id"], data["kind"], data["state"]) == (emulation, "emulation", "completed")


def test_all_domains_are_about_the_same_people_where_the_service_has_a_seed(serve, minio):
    service = serve("--emulation-seed", "7", MINIO_ENDPOINT=minio.endpoint.split("//")[1], MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY=minio.password)
    records = {}
    for domain, seed in (("user-profile", {}), ("transaction", {}), ("device-log", {}), ("user-profile again", {}), ("transaction of others", {"seed": 8})):
        known = domain.split(" ")[0]
        emulation = start(service, emulation_domain=known, timeout=60 if known == "user-profile" else 2, rate=0 if known == "user-profile" else 2000, **seed)
        followed(service, emulation)
        found = objects_of(minio, known + "s", emulation)
        records[domain] = [one["data"] for text in found.values() for one in json.loads(text)]
        assert service.get(f"/v1/runs/{emulation}")["seed"] == seed.get("seed", 7)
    people = [[(one["user_id"], one["name"], one["email"], one["country"]) for one in records[domain]] for domain in ("user-profile", "user-profile again")]
    assert people[0] == people[1] and len(people[0]) == 9000
    home = {one["user_id"]: one["country"] for one in records["user-profile"]}
    at_home = {domain: sum(home[one["user_id"]] == one["location"] for one in records[domain]) / len(records[domain])
               for domain in ("transaction", "device-log", "transaction of others")}
    assert min(at_home["transaction"], at_home["device-log"]) > 0.8 > at_home["transaction of others"] + 0.2, at_home
