"""For what the README shows: a paced run into a Kafka whose brokers die meanwhile, and kcat finds each record once."""
import collections
import os
import subprocess

import pytest

LONG = os.environ.get("HEADWATER_LONG") == "1"
SECONDS = 60 if LONG else 8
PATIENCE_S = 240


def rows_by_kcat(bootstrap, topic):
    """Gives how often each row is in a topic."""
    read = subprocess.run(["kcat", "-q", "-C", "-e", "-b", bootstrap, "-t", topic, "-f", "%h\n"], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=True)
    return collections.Counter(int(line.rpartition("headwater-row=")[2]) for line in read.stdout.splitlines())


@pytest.mark.parametrize("name", ["own_kafka", "kafka3"])
def test_brokers_killed_during_a_paced_run_have_each_record_once(name, request, program, tmp_path):
    cluster = request.getfixturevalue(name)
    topic = f"shown-{name}"
    run = subprocess.Popen([program, "run", "payments", "--streams", "transactions", "--to", f"kafka://{cluster.bootstrap}/{topic}?retention.ms=-1",
                            "--rate", "50k/s", "--for", f"{SECONDS}s"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    kills = 0
    try:
        while run.poll() is None:
            try:
                run.wait(2)
            except subprocess.TimeoutExpired:
                node = list(cluster.nodes)[kills % len(cluster.nodes)]
                cluster.kill(node)
                cluster.start(node)
                kills += 1
        _, told = run.communicate(timeout=PATIENCE_S)
    finally:
        run.kill()
    assert run.returncode == 0 and kills > 0, told
    rows = rows_by_kcat(cluster.bootstrap, topic)
    assert set(rows.values()) == {1}
    assert sorted(rows) == list(range(len(rows)))
    assert f"payments.transactions  {len(rows):,} records" in told
