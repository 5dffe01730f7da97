"""For the Kafka target against real brokers, read back by another client: each record once, in order, where and as it belongs."""
import collections
import datetime
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess

import confluent_kafka
import pytest
from confluent_kafka.admin import ConfigResource, NewTopic
from kafka.partitioner import murmur2

from servers.certificates import STORE_PASSWORD
from topics import read_messages, rows_by_kcat
from waiting import wait_until

PATIENCE_S = 60
# History is looked up after a loss; what is written now is sent again, and the broker knows it by its number.
TIMES = ("event", "now")
PACED = ("--rate", "100k/s")  # so that a run surely goes on while something is done to it
PACK = pathlib.Path(__file__).resolve().parents[1] / "packs" / "topics.yaml"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}


class Record(collections.namedtuple("Record", "partition offset key value time headers")):
    """One record as another client sees it."""

    @property
    def row(self):
        return self.headers["headwater-row"]


def make_topic(kafka, topic):
    admin = kafka.admin()
    admin.create_topics([topic])[topic.topic].result(PATIENCE_S)


def read(kafka, topic):
    """Gives all records of a topic, partition by partition."""
    return [Record(one.partition(), one.offset(), one.key(), one.value(), one.timestamp()[1],
                   {name: value.decode() for name, value in one.headers() or []}) for one in read_messages(kafka.client_options(), topic)]


def assert_each_once_in_order(records, count):
    """Of a stream of `count` rows each is there once, and in each partition they are in order."""
    rows = collections.Counter(int(record.row) for record in records)
    assert len(records) == count
    assert rows == collections.Counter(range(count))
    last = {}
    for record in records:
        assert int(record.row) > last.get(record.partition, -1)
        last[record.partition] = int(record.row)


@pytest.fixture
def topic(request):
    """Gives a name that no other test uses."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", request.node.name)


@pytest.fixture
def pour(headwater, tmp_path):
    """Gives a function that pours a pack into Kafka, and returns the finished process."""

    def pour(servers, topic, *arguments, options="retention.ms=-1", pack="payments", check=True, environment=None, **more):
        return headwater("run", pack, "--to", f"kafka://{servers}/{topic}?{options}", *arguments, check=check, cwd=tmp_path,
                         env={**ENVIRONMENT, **(environment or {})}, **more)

    return pour


@pytest.fixture
def lines(headwater):
    """Gives a function that gives the same records as lines."""

    def lines(*arguments, pack="payments", format="json"):
        return headwater("run", pack, "--to", f"stdout:?format={format}", *arguments).stdout.splitlines()

    return lines


def test_every_record_is_there_once_with_its_key_time_headers_and_partition(kafka, topic, pour, lines):
    pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "20k", "--run-id", "r1", options="partitions=7&retention.ms=-1")
    records = read(kafka, topic)
    assert_each_once_in_order(records, 20_000)
    expected = lines("--streams", "transactions", "--count", "20k")
    for record in records:
        assert record.value.decode() == expected[int(record.row)]
        value = json.loads(record.value)
        assert record.key.decode() == value["transaction_id"]
        assert record.partition == (murmur2(record.key) & 0x7FFFFFFF) % 7
        assert record.headers["headwater-run"] == "r1"
        assert record.headers["headwater-stream"] == "payments.transactions"
    assert {record.partition for record in records} == set(range(7))
    first = records[0]
    instant = json.loads(first.value)["timestamp"]
    assert instant == f"2026-01-01T00:00:{first.time % 60_000 / 1000:06.3f}Z"


def test_each_stream_has_the_topic_of_its_name(kafka, pour):
    pour(kafka.bootstrap, "each.$(pack).$(stream)", "--count", "1000")
    for stream in ("transactions", "user_profiles", "device_logs"):
        records = read(kafka, f"each.payments.{stream}")
        assert len(records) == 1000
        assert {record.headers["headwater-stream"] for record in records} == {f"payments.{stream}"}


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_compression_arrives_whole(kafka, topic, pour, codec):
    pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "5k", "--compression", codec)
    assert_each_once_in_order(read(kafka, topic), 5000)


def test_records_without_key_take_turns_and_keep_their_order(kafka, topic, pour):
    pour(kafka.bootstrap, topic, "--count", "10k", pack=PACK, options="partitions=3&retention.ms=-1")
    records = read(kafka, topic)
    assert_each_once_in_order(records, 10_000)
    for record in records:
        assert record.key is None
        assert record.partition == int(record.row) // 512 % 3


def test_records_can_be_blind_and_carry_the_time_they_are_written(kafka, topic, pour):
    pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "3k", "--identity", "none", options="timestamp=now")
    records = read(kafka, topic)
    assert len({record.key for record in records}) == len(records) == 3000
    assert all(record.headers == {} for record in records)
    assert min(record.time for record in records) > 1_767_225_600_000 + 86_400_000


def test_csv_has_neither_header_nor_line_end(kafka, topic, pour, lines):
    pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "500", "--format", "csv")
    expected = lines("--streams", "transactions", "--count", "500", format="csv")[1:]
    assert {int(record.row): record.value.decode() for record in read(kafka, topic)} == dict(enumerate(expected))


def test_the_answer_key_goes_to_a_topic_and_joins(kafka, topic, pour):
    pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "20k",
         "--answer-key", f"kafka://{kafka.bootstrap}/{topic}-answers?retention.ms=-1")
    keys = {record.key for record in read(kafka, topic)}
    answers = read(kafka, f"{topic}-answers")
    assert answers
    assert {record.key for record in answers} <= keys


@pytest.mark.parametrize("mechanism", ["TLS", "PLAIN"])
def test_a_broker_may_ask_for_tls_and_a_password(kafka, topic, pour, mechanism):
    assert_pours_by(kafka, topic, pour, mechanism)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_broker_may_ask_for_a_password_by_scram(kafka_before_4, topic, pour, mechanism):
    assert_pours_by(kafka_before_4, topic, pour, mechanism)


def assert_pours_by(kafka, topic, pour, mechanism):
    options = kafka.client_options(mechanism)
    password = options.pop("sasl.password", "")
    user = options.pop("sasl.username", "")
    servers = options.pop("bootstrap.servers")
    query = "&".join(f"{name}={value}" for name, value in options.items())
    run = pour(servers, topic, "--streams", "transactions", "--count", "1000", options=f"{query}&retention.ms=-1",
               environment={"KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": password} if user else {})
    assert_each_once_in_order(read(kafka, topic), 1000)
    assert not password or password not in run.stderr


@pytest.mark.parametrize("store", ["pem", "pkcs12"])
def test_a_broker_may_ask_for_our_certificate(kafka, topic, pour, tmp_path, store):
    made = kafka.certificates
    shown = {"pem": f"ssl.certificate.location={made.client_certificate}\nssl.key.location={made.client_key}\n",
             "pkcs12": f"ssl.keystore.location={made.client_store}\nssl.keystore.password={STORE_PASSWORD}\n"}[store]
    (tmp_path / "client.properties").write_text(f"security.protocol=SSL\nssl.ca.location={kafka.ca_file}\n{shown}", encoding="utf-8")
    options = "config=client.properties&retention.ms=-1"
    pour(kafka.mutual_bootstrap, topic, "--streams", "transactions", "--count", "1000", options=options)
    assert_each_once_in_order(read(kafka, topic), 1000)


def test_a_broker_that_asks_for_our_certificate_lets_nobody_in_without(kafka, topic, pour, tmp_path):
    run = pour(kafka.mutual_bootstrap, topic, "--count", "10", options=f"security.protocol=SSL&ssl.ca.location={kafka.ca_file}", check=False)
    assert run.returncode in (1, 3)


def test_a_configuration_of_java_may_be_pasted(kafka, topic, pour, tmp_path):
    (tmp_path / "client.properties").write_text(
        f"bootstrap.servers={kafka.sasl_bootstrap}\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
        "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n"
        f'    username="{kafka.user}" password="{kafka.password}";\n'
        f"ssl.truststore.type=PEM\nssl.truststore.location={kafka.ca_file}\nacks=all\nretries=3\n"
        "value.serializer=org.apache.kafka.common.serialization.StringSerializer\n", encoding="utf-8")
    run = pour("", topic, "--streams", "transactions", "--count", "1000", options="config=client.properties&retention.ms=-1")
    assert_each_once_in_order(read(kafka, topic), 1000)
    assert "delivery is tried until it succeeds: retries" in run.stderr
    for path in [*tmp_path.rglob("*")]:
        assert path.name == "client.properties" or not path.is_file() or kafka.password.encode() not in path.read_bytes()


TROUBLES = {
    "wrong-password": ("sasl_bootstrap", "security.protocol=SASL_SSL&sasl.mechanism=PLAIN&ssl.ca.location={ca}", 2,
                       r"Kafka lets us not in \(.*Authentication failed.*\): 127"),
    "unknown-authority": ("ssl_bootstrap", "security.protocol=SSL", 2, r"Kafka lets us not in \(.*certificate verify failed.*\): 127"),
    "tls-not-told": ("ssl_bootstrap", "", 3, r"Kafka does not answer \(.*connecting to a SSL listener.*\): 127"),
    "nobody-there": ("nobody", "", 3, r"Kafka does not answer \(.*Connection refused.*\): 127"),
    "wrong-value": ("bootstrap", "linger.ms=soon", 2, r"Kafka property has no such value: linger.ms=soon"),
    "missing-topic": ("bootstrap", "topics=check", 2, r"Topic does not exist: test_what"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_keeps_a_run_from_beginning_is_said(kafka, topic, pour, trouble):
    servers, options, code, message = TROUBLES[trouble]
    servers = getattr(kafka, servers, "127.0.0.1:1")
    run = pour(servers, topic, "--count", "10", options=options.format(ca=kafka.ca_file), check=False,
               environment={"KAFKA_SASL_USERNAME": kafka.user, "KAFKA_SASL_PASSWORD": "canary-of-a-password"})
    assert run.returncode == code, run.stderr
    assert re.search(message, run.stderr)
    assert "canary-of-a-password" not in run.stderr


def test_a_missing_topic_is_made_as_asked(kafka, topic, pour):
    run = pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "10",
               options="partitions=3&replication=3&retention.ms=-1&cleanup.policy=compact&max.message.bytes=20000")
    assert "Topics are kept in 1 copies, as there are no more brokers; asked for: 3" in run.stderr
    admin = kafka.admin()
    made = admin.list_topics(topic, PATIENCE_S).topics[topic]
    assert len(made.partitions) == 3
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    settings = admin.describe_configs([resource])[resource].result(PATIENCE_S)
    assert {name: settings[name].value for name in ("retention.ms", "cleanup.policy", "max.message.bytes")} == {
        "retention.ms": "-1", "cleanup.policy": "compact", "max.message.bytes": "20000"}


def test_a_topic_that_is_there_must_have_the_partitions_asked_for(kafka, topic, pour):
    make_topic(kafka, NewTopic(topic, 2))
    run = pour(kafka.bootstrap, topic, "--count", "10", options="partitions=3", check=False)
    assert (run.returncode, f"Topic has 2 partitions, not the 3 asked for: {topic}" in run.stderr) == (2, True)
    run = pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "10", options="retention.ms=5000&timestamp=now")
    assert f"Topic exists and keeps its retention.ms=604800000, not the 5000 asked for: {topic}" in run.stderr
    assert len(read(kafka, topic)) == 10


def test_history_that_a_topic_would_delete_is_told(kafka, topic, pour):
    run = pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "10", options="retention.ms=86400000")
    assert re.search(rf"Topic deletes records older than 24 hours, .* retention.ms=-1 .*timestamp=now keeps them: {topic}", run.stderr)
    run = pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "10", options="timestamp=now")
    assert "deletes records" not in run.stderr


def test_records_too_large_for_the_topic_are_set_aside_and_the_rest_arrives(kafka, topic, pour, tmp_path, lines):
    expected = lines("--count", "2000", pack=PACK)
    limit = 1000
    run = pour(kafka.bootstrap, topic, "--count", "2000", pack=PACK, options=f"max.message.bytes={limit}&retention.ms=-1")
    letters = [json.loads(line) for line in (tmp_path / "headwater-dead-letters.jsonl").read_text().splitlines()]
    arrived = {int(record.row): record.value.decode() for record in read(kafka, topic)}
    refused = {letter["first_row"]: letter["payload"] for letter in letters}
    assert {**arrived, **refused} == dict(enumerate(expected))
    assert len(arrived) + len(refused) == 2000
    assert min(len(value) for value in refused.values()) > max(len(value) for value in arrived.values())
    assert all("larger than the topic takes (max.message.bytes=1000)" in letter["reason"] for letter in letters)
    assert f"{len(letters):,} records, kept in headwater-dead-letters.jsonl" in run.stderr


def test_records_that_the_broker_refuses_are_set_aside_and_their_neighbours_arrive(kafka, topic, pour, tmp_path):
    """A broker refuses a whole batch for one time that is too old."""
    make_topic(kafka, NewTopic(topic, 1, config={"message.timestamp.before.max.ms": "86400000"}))
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1, seconds=60)
    pour(kafka.bootstrap, topic, "--start", start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--count", "1000", "--set", "pace=5/s", pack=PACK,
         options="topics=check")
    letters = [json.loads(line) for line in (tmp_path / "headwater-dead-letters.jsonl").read_text().splitlines()]
    assert all("Kafka refuses the record (Broker: Invalid timestamp)" in letter["reason"] for letter in letters)
    refused = {letter["first_row"] for letter in letters}
    arrived = {int(record.row) for record in read(kafka, topic)}
    assert refused and arrived and not refused & arrived
    assert refused | arrived == set(range(1000))
    assert max(refused) < min(arrived)


def test_a_producer_that_fails_for_good_is_replaced_without_loss_or_repetition(kafka, topic, pour):
    run = pour(kafka.bootstrap, topic, "--streams", "transactions", "--count", "200k", environment={"HEADWATER_KAFKA_FATAL_AFTER": "30000"})
    assert "Kafka's producer failed (Broker: Broker received an out of order sequence number) and is replaced" in run.stderr
    assert_each_once_in_order(read(kafka, topic), 200_000)


@pytest.fixture
def begin(program, tmp_path):
    """Gives a function that starts the program and returns at once; what still runs after the test is killed."""
    processes = []

    def begin(*words):
        processes.append(subprocess.Popen([program, "run", *words], cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def start(begin):
    """Gives a function that starts to pour transactions."""

    def start(servers, topic, *arguments, options="retention.ms=-1"):
        return begin("payments", "--streams", "transactions", "--to", f"kafka://{servers}/{topic}?{options}", *arguments)

    return start


def end_of(consumer, topic, partition):
    """Gives where a partition ends; 0 while it is being made."""
    try:
        return consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), PATIENCE_S)[1]
    except confluent_kafka.KafkaException:
        return 0


def wait_for_records(kafka, topic, count, run):
    """Returns when the topic holds that many records, which `run` makes."""
    consumer = confluent_kafka.Consumer({**kafka.client_options(), "group.id": "watcher", "log_level": 0})
    try:
        def held():
            partitions = consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions
            return sum(end_of(consumer, topic, one) for one in partitions)

        wait_until(lambda: held() >= count, run, PATIENCE_S)
    finally:
        consumer.close()


def memory_of(process):
    """Gives the most memory a process ever used, in MiB."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


@pytest.mark.parametrize("away_s", [5, pytest.param(360, marks=pytest.mark.long)])
def test_a_broker_that_is_killed_and_comes_back_has_everything_once(own_kafka, topic, start, away_s):
    run = start(own_kafka.bootstrap, topic, "--count", "1M")  # more than memory may hold meanwhile
    wait_for_records(own_kafka, topic, 50_000, run)
    own_kafka.kill()
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(away_s)
    assert memory_of(run) < 200
    own_kafka.start()
    _, told = run.communicate(timeout=PATIENCE_S * 2)
    assert run.returncode == 0, told
    rows = rows_by_kcat(own_kafka.bootstrap, topic)
    assert sorted(itertools.chain(*rows.values())) == list(range(1_000_000))
    assert all(of_partition == sorted(of_partition) for of_partition in rows.values())


def test_a_topic_that_is_deleted_ends_the_run(kafka, topic, start):
    run = start(kafka.bootstrap, topic, "--rate", "5k/s", "--for", "300s", options="retention.ms=-1&topic.metadata.propagation.max.ms=500")
    wait_for_records(kafka, topic, 5_000, run)
    admin = kafka.admin()
    admin.delete_topics([topic])[topic].result(PATIENCE_S)
    _, told = run.communicate(timeout=PATIENCE_S)
    assert (run.returncode, f"Topic or partition is gone: {topic}" in told) == (1, True), told


@pytest.mark.parametrize("time", TIMES)
def test_a_leader_that_is_killed_is_replaced_by_another(kafka3, topic, start, time):
    run = start(kafka3.bootstrap, topic, *PACED, "--count", "200k", options=f"retention.ms=-1&partitions=3&timestamp={time}")
    wait_for_records(kafka3, topic, 20_000, run)
    leader = kafka3.admin().list_topics(topic, PATIENCE_S).topics[topic].partitions[0].leader
    kafka3.kill(leader)
    _, told = run.communicate(timeout=PATIENCE_S * 3)
    assert run.returncode == 0, told
    kafka3.start(leader)
    assert_each_once_in_order(read(kafka3, topic), 200_000)


@pytest.mark.parametrize("identity", ["headers", "none"])
def test_a_run_that_is_killed_goes_on_without_gap_or_repetition(kafka, topic, start, begin, identity):
    run = start(kafka.bootstrap, topic, *PACED, "--count", "300k", "--state", "./state", "--identity", identity)
    for count in (30_000, 90_000, 150_000):
        wait_for_records(kafka, topic, count, run)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run = begin("--resume", "./state")
    _, told = run.communicate(timeout=PATIENCE_S * 2)
    assert run.returncode == 0, told
    records = read(kafka, topic)
    if identity == "headers":
        assert_each_once_in_order(records, 300_000)
    else:
        assert len({record.key for record in records}) == len(records) == 300_000


@pytest.mark.parametrize("time", TIMES)
def test_answers_that_get_lost_repeat_nothing(own_kafka, kafka_proxy, topic, start, time):
    run = start(kafka_proxy.address, topic, *PACED, "--count", "200k", options=f"retention.ms=-1&timestamp={time}")
    for count in range(20_000, 180_000, 20_000):
        wait_for_records(own_kafka, topic, count, run)
        kafka_proxy.reset()
    _, told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, told
    assert_each_once_in_order(read(own_kafka, topic), 200_000)


@pytest.mark.parametrize("time", TIMES)
def test_one_answer_that_gets_lost_repeats_nothing(own_kafka, kafka_proxy, topic, start, time):
    kafka_proxy.lose_answer_to(b"headwater-row")
    run = start(kafka_proxy.address, topic, "--count", "100k", options=f"retention.ms=-1&compression=none&timestamp={time}")
    assert kafka_proxy.wait_until_tripped()
    _, told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, told
    assert_each_once_in_order(read(own_kafka, topic), 100_000)


@pytest.mark.parametrize("time", TIMES)
def test_a_broker_that_falls_silent_is_left_after_the_time_out(own_kafka, kafka_proxy, topic, start, time):
    run = start(kafka_proxy.address, topic, *PACED, "--count", "100k", options=f"retention.ms=-1&socket.timeout.ms=1000&timestamp={time}")
    wait_for_records(own_kafka, topic, 20_000, run)
    before = kafka_proxy.connections
    kafka_proxy.hold()
    wait_until(lambda: kafka_proxy.connections > before, run)
    kafka_proxy.mend()
    _, told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, told
    assert_each_once_in_order(read(own_kafka, topic), 100_000)


def test_batches_larger_than_the_topic_takes_are_halved_until_they_fit(kafka, topic, pour, tmp_path):
    """The topic's limit is not looked up, so that the broker says it."""
    make_topic(kafka, NewTopic(topic, 2, config={"max.message.bytes": "700", "retention.ms": "-1"}))
    run = pour(kafka.bootstrap, topic, "--count", "2000", pack=PACK, options="topics=off&compression=none")
    assert "producer failed" not in run.stderr
    letters = [json.loads(line) for line in (tmp_path / "headwater-dead-letters.jsonl").read_text().splitlines()]
    assert all("Kafka refuses the record (Broker: Message size too large)" in letter["reason"] for letter in letters)
    arrived = read(kafka, topic)
    refused = {letter["first_row"]: letter["payload"] for letter in letters}
    assert len(arrived) + len(refused) == 2000
    assert {int(record.row) for record in arrived} | set(refused) == set(range(2000))
    assert max(len(record.value) for record in arrived) <= min(map(len, refused.values()))
    for partition in (0, 1):
        rows = [int(record.row) for record in arrived if record.partition == partition]
        assert rows == sorted(rows)


def test_a_broker_that_forgets_the_writer_of_history_repeats_nothing(own_kafka, kafka_proxy, topic, start):
    """A broker that starts again forgets producers of old records, and would append a repeated batch once more."""
    make_topic(own_kafka, NewTopic(topic, 1, config={"retention.ms": "-1"}))
    kafka_proxy.lose_answer_to(b"headwater-row")
    run = start(kafka_proxy.address, topic, "--count", "100k", options="compression=none")
    assert kafka_proxy.wait_until_tripped()
    kafka_proxy.cut()
    own_kafka.kill()
    own_kafka.start()
    kafka_proxy.mend()
    _, told = run.communicate(timeout=PATIENCE_S * 2)
    assert run.returncode == 0, told
    assert_each_once_in_order(read(own_kafka, topic), 100_000)
