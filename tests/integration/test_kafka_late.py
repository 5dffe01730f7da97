"""For requests that are still on their way when a run is killed: through a slow link they arrive long after, and are refused.

The checker shares no code with the program: other clients read what landed, record by record.
"""
import os
import random
import shutil
import signal
import subprocess
import time
import uuid

import pytest
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from killing import Killer
from servers.kafka import Kafka
from slow_link import SlowLink
from test_kafka import read, wait_for_records
from test_resume_kafka import check_once_and_in_order, landed

LONG = os.environ.get("HEADWATER_LONG") == "1"
RUNS = 60 if LONG else 1
ROWS = 120_000 if LONG else 20_000
RATE = 300_000  # bytes a second
POINTS = ("kafka.entered", "kafka.transaction_begun", "kafka.shut_out")
FOUND_OUT_S = 20


@pytest.fixture
def link(kafka):
    """Gives a slow link to the only node of Kafka; who comes in by it is sent back to it."""
    ports = kafka.nodes[1].ports
    with SlowLink(ports.proxied, ports.proxy, RATE) as link:
        yield link


def name_of_topic():
    return f"late-{uuid.uuid4().hex[:8]}"


def to(link, topic, *more, options=""):
    return ["payments", "--streams", "transactions", "--count", ROWS, "--to", f"kafka://{link.address}/{topic}?partitions=5&retention.ms=-1{options}",
            *more]


def kill_when_carried(killer, link, count):
    """Starts or goes on, and kills when the link has carried that many bytes more; the rest is on its way then."""
    run = killer.start()
    if not link.wait_until_carried(count, run):
        assert run.returncode == 0, run.communicate()[1]
        killer.has_ended = True
        return
    run.kill()
    link.mark_dead()
    run.communicate()
    killer.kills += 1


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.parametrize("identity", ["headers", "none"])
def test_killed_with_requests_on_their_way_a_topic_has_each_record_once(identity, seed, kafka, link, program, headwater, tmp_path):
    topic = name_of_topic()
    killer = Killer(program, tmp_path, to(link, topic, "--identity", identity))
    chance = random.Random(seed)
    for _ in range(2):
        kill_when_carried(killer, link, chance.randrange(100_000, 700_000))
    killer.finish()
    assert killer.kills > 0
    assert link.late_bytes > 50_000, "nothing was late"
    if identity == "headers":
        return check_once_and_in_order(landed(kafka.bootstrap, topic), ROWS)
    expected = headwater("run", "payments", "--streams", "transactions", "--count", ROWS, "--to", "stdout", "--quiet").stdout
    assert sorted(record.value.decode() for record in read(kafka, topic)) == sorted(expected.splitlines())


def test_killed_while_it_shuts_out_the_one_before_a_topic_has_each_record_once(kafka, link, program, tmp_path):
    topic = name_of_topic()
    killer = Killer(program, tmp_path, to(link, topic))
    kill_when_carried(killer, link, 300_000)
    for point in POINTS:
        assert killer.kill_at(point)
    killer.finish()
    check_once_and_in_order(landed(kafka.bootstrap, topic), ROWS)


def test_two_outputs_to_one_cluster_shut_out_their_own_alone(kafka, link, program, tmp_path):
    topic = name_of_topic()
    arguments = ["payments", "--count", ROWS // 2, "--to", f"kafka://{link.address}/{topic}-$(stream)?partitions=40&retention.ms=-1",
                 "--answer-key", f"kafka://{link.address}/{topic}-key?retention.ms=-1"]
    killer = Killer(program, tmp_path, arguments)
    for count in (200_000, 400_000):
        kill_when_carried(killer, link, count)
    killer.finish()
    check_once_and_in_order(landed(kafka.bootstrap, f"{topic}-transactions"), ROWS // 2)
    keys = [record for records in landed(kafka.bootstrap, f"{topic}-key").values() for record in records]
    assert keys and len(keys) == len(set(keys))


def test_in_a_compacted_topic_nothing_old_comes_over_what_is_new(kafka, link, program, tmp_path):
    """What may have arrived is written again there, so each kill may go back once; what came late would go back more often."""
    topic = name_of_topic()
    killer = Killer(program, tmp_path, to(link, topic, options="&cleanup.policy=compact"))
    for count in (200_000, 400_000):
        kill_when_carried(killer, link, count)
    killer.finish()
    found = landed(kafka.bootstrap, topic)
    assert {int(row) for records in found.values() for _, _, row in records} == set(range(ROWS))
    for records in found.values():
        numbers = [int(row) for _, _, row in records]
        assert sum(later <= earlier for earlier, later in zip(numbers, numbers[1:])) <= killer.kills


def test_a_run_that_is_frozen_leaves_its_topic_to_the_one_that_goes_on(kafka, program, tmp_path):
    topic, folder = name_of_topic(), tmp_path / "run"
    folder.mkdir()
    rows = 40_000
    killer = Killer(program, folder, ["payments", "--streams", "transactions", "--count", rows, "--rate", "5k/s", "--to",
                                      f"kafka://{kafka.bootstrap}/{topic}?retention.ms=-1"])
    frozen = killer.start()
    wait_for_records(kafka, topic, 5_000, frozen)
    frozen.send_signal(signal.SIGSTOP)
    # A copy takes the folder's place; the frozen one keeps its own, and its lock.
    shutil.copytree(folder, tmp_path / "copy")
    folder.rename(tmp_path / "frozen")
    (tmp_path / "copy").rename(folder)
    Killer(program, folder, []).finish()
    frozen.send_signal(signal.SIGCONT)
    _, said = frozen.communicate(timeout=60)
    assert frozen.returncode == 1
    assert "Another process goes on with this run" in said
    check_once_and_in_order(landed(kafka.bootstrap, topic), rows)


def test_a_run_takes_its_place_anew_before_brokers_forget_it(kafka, program, tmp_path):
    topic = name_of_topic()
    killer = Killer(program, tmp_path, ["payments", "--streams", "transactions", "--count", ROWS, "--rate", "10k/s", "--to",
                                        f"kafka://{kafka.bootstrap}/{topic}?retention.ms=-1"], {"HEADWATER_KAFKA_STALE_AFTER_MS": "0"})
    run = killer.start()
    wait_for_records(kafka, topic, ROWS // 4, run)
    run.kill()
    run.communicate()
    killer.finish()
    check_once_and_in_order(landed(kafka.bootstrap, topic), ROWS)


@pytest.fixture(scope="session")
def kafka_without_transactions(tmp_path_factory):
    """Gives a Kafka of one node whose log of transactions wants three copies, and that has rights (ACLs)."""
    server = Kafka(tmp_path_factory.mktemp("kafka_without_transactions"), more={
        "transaction.state.log.replication.factor": 3, "allow.everyone.if.no.acl.found": "true",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users": "User:ANONYMOUS"})
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["Coordinator not available", "Transactional Id authorization failed"])
def reason(request, kafka_without_transactions):
    """Has the cluster refuse an id, and gives the reason that it tells; the rights are those of users with a password."""
    if "authorization" not in request.param:
        yield request.param
        return
    admin = kafka_without_transactions.admin()
    rule = AclBinding(ResourceType.TRANSACTIONAL_ID, "headwater-", ResourcePatternType.PREFIXED, f"User:{kafka_without_transactions.user}", "*",
                      AclOperation.ALL, AclPermissionType.DENY)
    admin.create_acls([rule])[rule].result(FOUND_OUT_S)
    yield request.param


def test_where_no_id_is_to_be_had_a_run_says_so_at_once_and_waits_when_it_goes_on(kafka_without_transactions, reason, program, tmp_path):
    kafka, topic = kafka_without_transactions, name_of_topic()
    environment = {"KAFKA_SASL_USERNAME": kafka.user, "KAFKA_SASL_PASSWORD": kafka.password}
    killer = Killer(program, tmp_path, ["payments", "--streams", "transactions", "--count", 20_000, "--rate", "5k/s", "--to",
                                        f"kafka://{kafka.sasl_bootstrap}/{topic}?retention.ms=-1&security.protocol=SASL_SSL"
                                        f"&sasl.mechanism=PLAIN&ssl.ca.location={kafka.ca_file}"], environment)
    begin = time.monotonic()
    run = killer.start()
    wait_for_records(kafka, topic, 5_000, run)
    assert time.monotonic() - begin < FOUND_OUT_S
    run.kill()
    assert f"{reason}): " in run.communicate()[1]
    killer.finish()
    check_once_and_in_order(landed(kafka.bootstrap, topic), 20_000)
