"""A small stream job: takes payments from one topic, validates them, and writes them to another or to a dead-letter topic.

    stream_job.py SERVERS SOURCE CLEAN DEAD [--mended]

It has two mistakes, as such jobs have. `headwater verify` finds both; --mended runs it without them.
"""
import json
import sys

import confluent_kafka
import confluent_kafka.admin

BATCH = 500
MOST = 4000  # a payment above this is for people to look at


def trouble_of(payment):
    """Says what is wrong with a payment, or nothing."""
    if not 0 < payment["amount"] <= MOST:
        return "amount is out of range"
    if len(payment["currency"]) != 3:
        return "currency is not three letters"
    return None


def all_messages(servers, topic):
    """Gives the messages of a topic up to where it ends now, partition by partition."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": servers, "group.id": "stream-job", "log_level": 0})
    try:
        for partition in consumer.list_topics(topic, 30).topics[topic].partitions:
            place = confluent_kafka.TopicPartition(topic, partition, 0)
            end = consumer.get_watermark_offsets(place, 30)[1]
            consumer.assign([place])
            left = end
            while left > 0:
                messages = consumer.consume(min(left, BATCH), 30)
                if not messages:
                    raise TimeoutError(f"{left} messages of {topic}[{partition}] do not come")
                left -= len(messages)
                yield from messages
    finally:
        consumer.close()


def make_topics(servers, names):
    """Makes the topics that are missing."""
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": servers, "log_level": 0})
    missing = [name for name in names if name not in admin.list_topics(timeout=30).topics]
    for made in admin.create_topics([confluent_kafka.admin.NewTopic(name, 3, 1) for name in missing]).values() if missing else ():
        made.result(30)


def run(servers, source, clean, dead, is_mended):
    """Moves all payments that there are."""
    make_topics(servers, (clean, dead))
    producer = confluent_kafka.Producer({"bootstrap.servers": servers, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    batch = []

    def flush():
        # Mistake 1: a batch that is full keeps its last payment for the next one, and forgets it there.
        for message, payment in batch if is_mended or len(batch) < BATCH else batch[:-1]:
            write(message, payment)
        batch.clear()
        producer.flush()

    def write(message, payment):
        trouble = trouble_of(payment)
        headers = message.headers()
        if trouble:
            producer.produce(dead, message.value(), message.key(), headers=[*headers, ("reason", trouble.encode())])
            return
        # Mistake 2: thousands go through a float of six digits.
        if not is_mended and payment["amount"] >= 1000:
            payment["amount"] = float(f"{payment['amount']:.5g}")
        producer.produce(clean, json.dumps(payment).encode(), message.key(), headers=headers)

    for message in all_messages(servers, source):
        batch.append((message, json.loads(message.value())))
        if len(batch) == BATCH:
            flush()
    flush()


if __name__ == "__main__":
    run(*sys.argv[1:5], is_mended="--mended" in sys.argv[5:])
