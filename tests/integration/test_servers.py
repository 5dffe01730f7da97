"""For the servers that the tests and ./dev up start: they answer on every listener, keep their data, and all of them end."""
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import urllib.request

import boto3
import botocore.exceptions
import confluent_kafka
import pytest
from confluent_kafka.admin import NewTopic

from servers.kafka import classes
from servers.process import Process

ROOT = pathlib.Path(__file__).resolve().parents[2]
WAYS = ("", "TLS", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PATIENCE_S = 60


def make_topic(kafka, name, **options):
    admin = kafka.admin()
    admin.create_topics([NewTopic(name, num_partitions=1, **options)])[name].result(PATIENCE_S)


def produce(options, topic, value):
    """Produces one record and returns when all copies have it."""
    failures = []
    producer = confluent_kafka.Producer({**options, "acks": "all", "log_level": 0})
    producer.produce(topic, value, on_delivery=lambda error, _: failures.append(error))
    assert producer.flush(PATIENCE_S) == 0
    assert failures == [None]


def consume(options, topic, count):
    """Reads that many records of the only partition, from its beginning."""
    consumer = confluent_kafka.Consumer({**options, "group.id": "test", "log_level": 0})
    try:
        consumer.assign([confluent_kafka.TopicPartition(topic, 0, confluent_kafka.OFFSET_BEGINNING)])
        records = consumer.consume(count, PATIENCE_S)
        assert [record.error() for record in records] == [None] * count
        return [record.value() for record in records]
    finally:
        consumer.close()


def kcat(options, topic):
    """Reads all records of a topic with the librdkafka of the distribution, one a line."""
    words = [word for key, value in options.items() for word in ("-X", f"{key}={value}")]
    read = subprocess.run(["kcat", "-q", "-C", "-e", "-t", topic, *words], capture_output=True, text=True, timeout=PATIENCE_S)
    assert read.returncode == 0, read.stderr
    return read.stdout


@pytest.mark.parametrize("way", WAYS)
def test_a_record_goes_in_and_out_of_every_listener(kafka, way):
    topic = f"listener{WAYS.index(way)}"
    make_topic(kafka, topic)
    produce(kafka.client_options(way), topic, way.encode())
    assert consume(kafka.client_options(way), topic, 1) == [way.encode()]


def test_a_node_starts_from_an_archive_of_its_classes(kafka):
    assert str(classes(kafka.version).resolve()) in pathlib.Path(f"/proc/{kafka.nodes[1].process.pid}/maps").read_text()


@pytest.mark.parametrize("way", WAYS)
def test_an_old_client_reads_every_listener_of_an_old_kafka(kafka_before_4, way):
    """Kafka 4 refuses how the librdkafka of Debian 12 repeats its nonce in SCRAM; that is mended in librdkafka 2.6.1."""
    topic = f"old{WAYS.index(way)}"
    make_topic(kafka_before_4, topic)
    produce(kafka_before_4.client_options(way), topic, way.encode())
    assert kcat(kafka_before_4.client_options(way), topic) == f"{way}\n"


@pytest.mark.parametrize("way", WAYS[:3])
def test_an_old_client_reads_a_new_kafka(kafka, way):
    topic = f"new{WAYS.index(way)}"
    make_topic(kafka, topic)
    produce(kafka.client_options(way), topic, way.encode())
    assert kcat(kafka.client_options(way), topic) == f"{way}\n"


def test_a_wrong_password_is_refused(kafka):
    said = []
    options = {**kafka.client_options("SCRAM-SHA-512"), "sasl.password": "wrong", "error_cb": said.append, "log_level": 0}
    producer = confluent_kafka.Producer(options)
    with pytest.raises(confluent_kafka.KafkaException):
        producer.list_topics(timeout=2)
    producer.poll(0)
    assert confluent_kafka.KafkaError._AUTHENTICATION in [error.code() for error in said]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_kafka_keeps_its_address_and_records_when_it_goes_and_comes(own_kafka, end):
    topic, before = f"kept-{end}", own_kafka.bootstrap
    make_topic(own_kafka, topic)
    produce(own_kafka.client_options(), topic, b"before")
    getattr(own_kafka, end)()
    assert not any(node.is_alive() for node in own_kafka.nodes.values())
    own_kafka.start()
    produce(own_kafka.client_options(), topic, b"after")
    assert own_kafka.bootstrap == before
    assert consume(own_kafka.client_options(), topic, 2) == [b"before", b"after"]


def test_a_paused_kafka_answers_nobody_until_it_goes_on(own_kafka):
    admin = own_kafka.admin()
    own_kafka.pause()
    with pytest.raises(confluent_kafka.KafkaException):
        admin.list_topics(timeout=1)
    own_kafka.resume()
    assert admin.list_topics(timeout=PATIENCE_S).brokers


def test_whoever_comes_by_the_proxy_stays_there(own_kafka, kafka_proxy):
    make_topic(own_kafka, "proxied")
    options = {"bootstrap.servers": kafka_proxy.address, "log_level": 0}
    produce(options, "proxied", b"x" * 100_000)
    assert kafka_proxy.bytes_to["server"] > 100_000

    kafka_proxy.cut()
    producer = confluent_kafka.Producer({**options, "message.timeout.ms": 1000})
    failures = []
    producer.produce("proxied", b"never", on_delivery=lambda error, _: failures.append(error.code()))
    producer.flush(PATIENCE_S)
    assert failures == [confluent_kafka.KafkaError._MSG_TIMED_OUT]
    kafka_proxy.mend()
    assert consume(options, "proxied", 1) == [b"x" * 100_000]


def test_an_object_is_there_although_its_answer_was_lost(minio, minio_proxy):
    minio.client().create_bucket(Bucket="lost-answer")
    client = minio.client(f"http://{minio_proxy.address}", retries={"total_max_attempts": 1})
    minio_proxy.lose_answer_to(b"PUT /lost-answer/key")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.put_object(Bucket="lost-answer", Key="key", Body=b"arrived")
    assert minio.client().get_object(Bucket="lost-answer", Key="key")["Body"].read() == b"arrived"


def test_three_nodes_lose_one_and_no_record(kafka3):
    make_topic(kafka3, "copied", replication_factor=3)
    produce(kafka3.client_options(), "copied", b"three")
    kafka3.kill(1)
    assert [node.is_alive() for node in kafka3.nodes.values()] == [False, True, True]
    produce(kafka3.client_options(), "copied", b"two")
    kafka3.start(1)
    assert set(kafka3.admin().list_topics(timeout=PATIENCE_S).brokers) == {1, 2, 3}
    assert consume(kafka3.client_options(), "copied", 2) == [b"three", b"two"]


@pytest.fixture(params=["minio", "minio_tls"])
def store(request):
    return request.getfixturevalue(request.param)


def test_an_object_goes_in_and_out(store):
    client = store.client()
    client.create_bucket(Bucket="round-trip")
    client.put_object(Bucket="round-trip", Key="a=1/b c", Body=b"bytes")
    assert client.get_object(Bucket="round-trip", Key="a=1/b c")["Body"].read() == b"bytes"


def test_a_wrong_secret_is_refused(minio):
    client = boto3.client("s3", endpoint_url=minio.endpoint, aws_access_key_id=minio.user, aws_secret_access_key="wrong", region_name=minio.region)
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        client.list_buckets()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_minio_keeps_its_address_and_objects_when_it_goes_and_comes(own_minio, end):
    client, bucket = own_minio.client(), f"kept-{end}"
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="key", Body=b"before")
    getattr(own_minio, end)()
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        client.head_bucket(Bucket=bucket)
    own_minio.start()
    assert client.get_object(Bucket=bucket, Key="key")["Body"].read() == b"before"


@pytest.fixture
def servers(tmp_path):
    """Gives a function that runs the servers' command line with its state in a folder of the test."""
    state = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "HEADWATER_SERVERS": str(tmp_path / "servers")}

    def run(*arguments, check=True):
        result = subprocess.run([sys.executable, "-m", "servers", *arguments], cwd=tmp_path, env=state, capture_output=True,
                                text=True, stdin=subprocess.DEVNULL, timeout=900)
        assert not check or result.returncode == 0, result.stderr
        return result

    yield run
    run("down", check=False)


def sourced(path):
    """Gives what a shell knows after it has read the file, and nothing else."""
    command = f"set -eu; . {shlex.quote(str(path))}; env -0"
    printed = subprocess.run(["env", "-i", "sh", "-c", command], capture_output=True, text=True, check=True).stdout
    return dict(entry.split("=", 1) for entry in printed.split("\0") if entry)


def answers(address):
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_up_writes_an_environment_that_works_and_down_ends_all(servers, tmp_path):
    said = servers("up").stdout
    found = sourced(tmp_path / "servers.env")
    assert f"kafka   {found['KAFKA_BOOTSTRAP']}  up in " in said
    assert f"minio   {found['MINIO_ENDPOINT']}  up in " in said

    plain = {"bootstrap.servers": found["KAFKA_BOOTSTRAP"]}
    admin = confluent_kafka.admin.AdminClient(plain)
    admin.create_topics([NewTopic("up", 1)])["up"].result(PATIENCE_S)
    tls = {"ssl.ca.location": found["KAFKA_SSL_CA"]}
    account = {"sasl.username": found["KAFKA_SASL_USER"], "sasl.password": found["KAFKA_SASL_PASSWORD"]}
    ways = [plain, {**tls, "bootstrap.servers": found["KAFKA_SSL_BOOTSTRAP"], "security.protocol": "ssl"}]
    ways += [{**tls, **account, "bootstrap.servers": found["KAFKA_SASL_BOOTSTRAP"], "security.protocol": "sasl_ssl",
              "sasl.mechanism": mechanism} for mechanism in WAYS[2:]]
    for way in ways:
        produce(way, "up", way["bootstrap.servers"].encode())
    assert consume(plain, "up", len(ways)) == [way["bootstrap.servers"].encode() for way in ways]

    with urllib.request.urlopen(f"{found['AWS_ENDPOINT_URL']}/minio/health/live", timeout=PATIENCE_S) as answer:
        assert answer.status == 200
    code = ("import boto3; s3 = boto3.client('s3'); s3.create_bucket(Bucket='from-up'); "
            "s3.put_object(Bucket='from-up', Key='k', Body=b'v'); print(s3.get_object(Bucket='from-up', Key='k')['Body'].read())")
    printed = subprocess.run([sys.executable, "-c", code], env={**os.environ, **found}, capture_output=True, text=True)
    assert printed.stdout == "b'v'\n", printed.stderr

    running = [Process.found(path.parent) for path in (tmp_path / "servers").rglob("pid")]
    assert sorted(str(process.pid) for process in running) == sorted([found["KAFKA_PIDS"], found["MINIO_PIDS"]])
    servers("down")
    assert [process.is_alive() for process in running] == [False, False]
    assert not answers(found["KAFKA_BOOTSTRAP"])
    assert not (tmp_path / "servers.env").exists()


def test_up_twice_leaves_a_server_alone_and_mends_a_dead_one(servers, tmp_path):
    servers("up", "minio")
    first = sourced(tmp_path / "servers.env")
    assert "was up already" in servers("up", "minio").stdout
    assert sourced(tmp_path / "servers.env") == first

    Process.found(tmp_path / "servers" / "minio").kill()
    assert "up in " in servers("up", "minio").stdout
    assert sourced(tmp_path / "servers.env")["MINIO_PIDS"] != first["MINIO_PIDS"]


def test_a_kafka_that_was_killed_comes_back_where_it_was(servers, tmp_path):
    servers("up", "kafka")
    first = sourced(tmp_path / "servers.env")
    Process.found(tmp_path / "servers" / "kafka" / "node1").kill()
    servers("up", "kafka")
    second = sourced(tmp_path / "servers.env")
    assert second["KAFKA_PIDS"] != first["KAFKA_PIDS"]
    assert {name: value for name, value in second.items() if name != "KAFKA_PIDS"} == {
        name: value for name, value in first.items() if name != "KAFKA_PIDS"}


def test_down_does_not_touch_a_process_that_took_the_pid(servers, tmp_path):
    folder = tmp_path / "servers" / "minio"
    folder.mkdir(parents=True)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as stranger:
        (folder / "pid").write_text(f"{stranger.pid} 1\n")
        assert servers("down").stdout == ""
        assert stranger.poll() is None
        stranger.stdin.close()
        assert stranger.wait(PATIENCE_S) == 0


def test_a_server_that_does_not_exist_is_refused(servers):
    result = servers("up", "rabbit", check=False)
    assert result.returncode == 1
    assert result.stderr == "dev: No such server, there are kafka, kafka3, minio: rabbit\n"


def test_servers_of_a_program_that_is_killed_die_with_it(tmp_path):
    code = ("import pathlib, sys; from servers.minio import Minio; server = Minio(pathlib.Path(sys.argv[1])); server.start(); "
            "print('up', flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"up\n"
        server = Process.found(tmp_path)
        parent.kill()
        assert server.ends_within(PATIENCE_S)
