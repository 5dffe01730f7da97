"""For what the README shows: a paced run into a Kafka whose brokers die meanwhile, and kcat finds each record once."""
import itertools
import os
import subprocess

import pytest

from test_kafka import wait_for_records
from topics import rows_by_kcat

LONG = os.environ.get("HEADWATER_LONG") == "1"
SECONDS = 60 if LONG else 6
ROWS = 50_000 * SECONDS
EVERY = 100_000  # rows between two kills
PATIENCE_S = 240


@pytest.mark.parametrize("name", ["own_kafka", "kafka3"])
def test_brokers_killed_during_a_paced_run_have_each_record_once(name, request, program, tmp_path):
    cluster = request.getfixturevalue(name)
    topic = f"shown-{name}"
    run = subprocess.Popen([program, "run", "payments", "--streams", "transactions", "--to", f"kafka://{cluster.bootstrap}/{topic}?retention.ms=-1",
                            "--rate", "50k/s", "--count", str(ROWS)], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        for kill, count in enumerate(range(EVERY // 2, ROWS, EVERY)):
            wait_for_records(cluster, topic, count, run)
            node = list(cluster.nodes)[kill % len(cluster.nodes)]
            cluster.kill(node)
            cluster.start(node)
        _, told = run.communicate(timeout=PATIENCE_S)
    finally:
        run.kill()
    assert run.returncode == 0, told
    assert sorted(itertools.chain(*rows_by_kcat(cluster.bootstrap, topic).values())) == list(range(ROWS))
    assert f"payments.transactions  {ROWS:,} records" in told
