"""For how soon after its instant a live record lies in a topic, at several rates, and for what a live run costs that has nothing to do."""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tools"))
PROGRAM = os.environ.get("HEADWATER", str(HERE.parent / "build/release/headwater"))
RATES = (1, 1_000, 20_000, 100_000)
SECONDS = 20 if os.environ.get("HEADWATER_LONG") else 6
START_S = 1  # what happened before is made while the target is looked for
READ = 20_000  # records of a topic that are looked at
IDLE = "1/h"

PACK = """pack: paced
version: 1
summary: Records that tell their instant.
streams:
  ticks:
    rate: {rate}
    types: {{at: instant(us)}}
    fields: {{at: =time}}
"""


def live_run(folder, rate, target, *words):
    """Starts a live run."""
    pack = folder / "paced.yaml"
    pack.write_text(PACK.format(rate=rate), encoding="utf-8")
    command = [PROGRAM, "run", pack, "--live", *words, "--to", target]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def instant_of(value):
    """Gives the instant that a record tells, in seconds."""
    return datetime.datetime.fromisoformat(json.loads(value)["at"].replace("Z", "+00:00")).timestamp()


def make_topic(kafka, name):
    """Makes a topic whose records bear the instants at which the broker wrote them."""
    from confluent_kafka.admin import NewTopic

    settings = {"message.timestamp.type": "LogAppendTime", "retention.bytes": str(256 << 20), "retention.ms": "-1"}
    admin = kafka.admin()
    admin.create_topics([NewTopic(name, 1, config=settings)])[name].result(30)


def delays_ms(kafka, topic):
    """Gives how late records lie in a topic: a broker tells whole milliseconds, so that up to one is added, never left out."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**kafka.client_options(), "group.id": topic})
    end = consumer.get_watermark_offsets(TopicPartition(topic, 0), 30)[1]
    consumer.assign([TopicPartition(topic, 0, 0)])
    step, delays, first, offset = max(1, end // READ), [], None, -1
    while offset + 1 < end:
        for message in consumer.consume(10_000, 30):
            offset = message.offset()
            first = first or instant_of(message.value())
            if offset % step == 0 and (instant := instant_of(message.value())) > first + START_S:
                delays.append(message.timestamp()[1] + 1 - instant * 1e3)
    consumer.close()
    return sorted(delays)


def idle_share(folder, target):
    """Gives the share of a core that a live run takes whose records hardly ever come."""
    run = live_run(folder, IDLE, target)
    try:
        time.sleep(START_S)
        before, began = processor_s(run.pid), time.monotonic()
        time.sleep(SECONDS)
        return (processor_s(run.pid) - before) / (time.monotonic() - began)
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()


def processor_s(pid):
    """Gives the processor time of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    from servers.kafka import Kafka

    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as name:
        folder = pathlib.Path(name)
        kafka = Kafka(folder / "kafka")
        kafka.start()
        try:
            for rate in RATES:
                make_topic(kafka, topic := f"live{rate}")
                seconds = SECONDS if rate > 1 else 3 * SECONDS
                with live_run(folder, f"{rate}/s", f"kafka://{kafka.bootstrap}/{topic}", "--for", f"{seconds}s") as run:
                    assert run.wait() == 0
                delays = delays_ms(kafka, topic)
                median, late = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
                print(f"live at {rate:>7,}/s  {median:6.1f} ms from instant to topic, 99 % within {late:6.1f} ms", flush=True)
            print(f"live and idle      {100 * idle_share(folder, f'kafka://{kafka.bootstrap}/idle'):6.2f} % of a core")
        finally:
            kafka.stop()


if __name__ == "__main__":
    main()
