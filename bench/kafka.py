"""For what a record costs on its way to a real broker, generation and all, against librdkafka with ready records."""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tools"))
PROGRAM = os.environ.get("HEADWATER", str(HERE.parent / "build/release/headwater"))
RIVAL = pathlib.Path(PROGRAM).parent / "bench" / "kafka_rival"
COUNT = 4_000_000 if os.environ.get("HEADWATER_LONG") else 1_000_000
READY = 100_000  # lines that the rival sends again and again
ROUNDS = 5
BARE = "identity=none&timestamp=now"


def processor_s():
    """Gives the processor time of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    """One broker, and the ways to pour into it."""

    def __init__(self, kafka, folder):
        self.kafka = kafka
        self.ready = folder / "ready.jsonl"
        with self.ready.open("w", encoding="utf-8") as lines:
            subprocess.run([PROGRAM, "run", HERE / "kafka.yaml", "--streams", "plain", "--count", str(READY), "--to", "stdout:"],
                           stdout=lines, stderr=subprocess.DEVNULL, check=True)
        self.bytes = self.ready.stat().st_size / READY - 1
        self.topics = 0

    def topic(self, partitions):
        """Makes a topic that forgets soon, so that the disk does not fill."""
        from confluent_kafka.admin import NewTopic

        self.topics += 1
        name = f"bench{self.topics}"
        admin = self.kafka.admin()
        settings = {"retention.bytes": str(64 << 20), "segment.bytes": str(32 << 20), "retention.ms": "-1"}
        admin.create_topics([NewTopic(name, partitions, config=settings)])[name].result(30)
        return name

    def ours(self, stream, options, partitions=6):
        """Gives the processor time of a record in nanoseconds, by headwater."""
        target = f"kafka://{self.kafka.bootstrap}/{self.topic(partitions)}?{options}"
        before = processor_s()
        subprocess.run([PROGRAM, "run", HERE / "kafka.yaml", "--streams", stream, "--count", str(COUNT), "--state", "none", "--to", target],
                       check=True, stderr=subprocess.DEVNULL, cwd=self.ready.parent)
        return 1e9 * (processor_s() - before) / COUNT

    def rival(self, compression, partitions=6):
        """Gives the processor time of a record in nanoseconds, by librdkafka's own batches."""
        most = (32 << 20) // int(self.bytes + 256)
        words = [self.kafka.bootstrap, self.topic(partitions), partitions, compression, self.ready, COUNT // READY, most]
        return float(subprocess.run([RIVAL, *map(str, words)], check=True, capture_output=True, text=True).stdout)

    def compare(self, name, one, other, unit):
        """Measures two things in turns and prints the ratio of their medians."""
        pairs = [(one(), other()) for _ in range(ROUNDS)]
        first, second = (statistics.median(values) for values in zip(*pairs))
        print(f"{name:<34} {first:7.0f} ns/record  {second:7.0f} ns  {first / second:5.2f} times {unit}", flush=True)


def main():
    from servers.kafka import Kafka

    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        kafka = Kafka(pathlib.Path(folder) / "kafka")
        kafka.start()
        try:
            bench = Bench(kafka, pathlib.Path(folder))
            print(f"records of {bench.bytes:.0f} bytes, {COUNT} a round, median of {ROUNDS} rounds; user and system time")
            for compression in ("none", "lz4"):
                def rival(compression=compression):
                    return bench.rival(compression)

                for what, options in (("bare", BARE), ("event time", "identity=none"), ("event time and headers", "")):
                    bench.compare(f"{compression}, {what}", lambda: bench.ours("plain", f"{options}&compression={compression}".lstrip("&")),
                                  rival, "librdkafka's batches")
            bench.compare("lz4, 64 partitions, zipf keys", lambda: bench.ours("keyed", BARE, 64), lambda: bench.ours("plain", BARE, 64),
                          "the same without keys")
        finally:
            kafka.stop()


if __name__ == "__main__":
    main()
