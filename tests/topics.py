"""For reading what a topic holds by another client than the program's."""
import collections
import subprocess
import time

from confluent_kafka import Consumer, KafkaError, TopicPartition

PATIENCE_S = 60
GATHERED_S = 0.1  # for so long messages are gathered that come one by one


def read_partitions(options, topic):
    """Gives the messages of a topic, a list by the number of each partition, with a client of these options.

    A partition ends where its end is told: the last offsets may be marks that shut a killed run out, which no client is given.
    """
    consumer = Consumer({**options, "group.id": "reader", "enable.auto.commit": False, "enable.partition.eof": True, "log_level": 0})
    try:
        found = {number: [] for number in sorted(consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions)}
        consumer.assign([TopicPartition(topic, number, 0) for number in found])
        ended, until = set(), time.monotonic() + PATIENCE_S
        while len(ended) < len(found):
            for message in consumer.consume(10_000, GATHERED_S):
                until = time.monotonic() + PATIENCE_S
                if not message.error():
                    found[message.partition()].append(message)
                    continue
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                ended.add(message.partition())
            assert time.monotonic() < until, f"Kafka tells no end of the partitions {set(found) - ended} of {topic}"
        return found
    finally:
        consumer.close()


def read_messages(options, topic):
    """Gives the messages of a topic, partition by partition."""
    return [message for messages in read_partitions(options, topic).values() for message in messages]


def rows_by_kcat(bootstrap, topic):
    """Gives the rows that the identities of records name, in order, by the number of each partition: for millions of records."""
    read = subprocess.run(["kcat", "-q", "-C", "-e", "-b", bootstrap, "-t", topic, "-f", "%p %h\n"], capture_output=True, text=True,
                          timeout=4 * PATIENCE_S, check=True)
    rows = collections.defaultdict(list)
    for line in read.stdout.splitlines():
        rows[int(line.partition(" ")[0])].append(int(line.rpartition("headwater-row=")[2]))
    return rows
