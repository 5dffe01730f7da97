"""For `headwater clean`: exactly what a run made goes, from every target, and nothing else."""
import re

import pytest

from killing import Killer
from waiting import wait_until

PATIENCE_S = 30
MADE = "If the run is cut off, it goes on by headwater run --resume "


def name_of(run):
    return re.search(re.escape(MADE) + r"(\S+)", run.stderr)[1]


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def pour(headwater, tmp_path):
    """Gives a function that runs in a folder of its own, and gives the name of the run."""

    def run(*arguments, **options):
        return name_of(headwater("run", "payments", "--count", "2k", *arguments, cwd=tmp_path, **options))

    return run


def test_files_go_and_what_was_there_stays(headwater, pour, tmp_path):
    mine = tmp_path / "out" / "transactions" / "mine.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    kept = pour("--to", "file:out", "--seed", "7")
    before = files_below(tmp_path / "out")
    gone = pour("--to", "file:out", "--to", "file:fresh?format=parquet&layout=hive", "--answer-key", "file:key")
    assert (tmp_path / "fresh").exists() and (tmp_path / "key").exists()
    headwater("clean", gone, cwd=tmp_path)
    # The manifest of the folder was the later run's, in place of the first one's.
    assert files_below(tmp_path / "out") == [name for name in before if name not in ("manifest.json", "_SUCCESS")]
    assert not (tmp_path / "fresh").exists() and not (tmp_path / "key").exists()
    assert headwater("clean", gone, cwd=tmp_path, check=False).returncode == 2
    headwater("clean", kept, cwd=tmp_path)
    assert files_below(tmp_path / "out") == ["transactions/mine.json"]
    assert not (tmp_path / ".headwater").exists()


def test_a_run_alike_in_the_same_folder_keeps_its_objects(headwater, pour, tmp_path):
    short = pour("--to", "file:out", "--streams", "transactions")
    long = name_of(headwater("run", "payments", "--count", "9k", "--to", "file:out", "--streams", "transactions", cwd=tmp_path))
    assert short != long
    headwater("clean", short, cwd=tmp_path)
    assert len([name for name in files_below(tmp_path / "out") if "0-8999" in name]) == 1
    assert "manifest.json" in files_below(tmp_path / "out")
    headwater("clean", long, cwd=tmp_path)
    assert not (tmp_path / "out").exists() or files_below(tmp_path / "out") == []


def test_a_run_that_was_cut_off_is_removed_too(headwater, program, tmp_path):
    killer = Killer(program, tmp_path, ["payments", "--count", "300k", "--to", "file:out?layout=chunked&max_chunk_size=256KiB", "--rate", "600k/s"])
    assert killer.kill_at("checkpoint.kept")
    state, = tmp_path.glob(".headwater/runs/*")
    assert files_below(tmp_path / "out")
    headwater("clean", state.name, cwd=tmp_path)
    assert not (tmp_path / "out").exists() and not (tmp_path / ".headwater").exists()


def test_a_run_that_goes_on_is_not_removed(headwater, program, tmp_path):
    killer = Killer(program, tmp_path, ["payments", "--streams", "transactions", "--rate", "50k/s", "--to", "file:out"])
    process = killer.start()
    wait_until(lambda: list(tmp_path.glob("out/transactions/.*")), process)
    state, = tmp_path.glob(".headwater/runs/*")
    told = headwater("clean", state.name, cwd=tmp_path, check=False)
    assert told.returncode == 2 and "still going on" in told.stderr
    process.terminate()
    process.communicate(timeout=PATIENCE_S)


def test_a_bucket_goes_with_what_the_run_put_there(headwater, pour, minio, tmp_path):
    client, environment = minio.client(), minio.environment()
    name = pour("--to", "s3://clean-lake/data", env=environment)
    assert "clean-lake" in [known["Name"] for known in client.list_buckets()["Buckets"]]
    headwater("clean", name, cwd=tmp_path, env=environment)
    assert "clean-lake" not in [known["Name"] for known in client.list_buckets()["Buckets"]]


def test_topics_that_the_run_made_go(headwater, pour, kafka, tmp_path):
    name = pour("--to", f"kafka://{kafka.bootstrap}/clean-by-command.$(stream)?timestamp=now")
    admin = kafka.admin()
    assert "clean-by-command.transactions" in admin.list_topics(timeout=PATIENCE_S).topics
    headwater("clean", name, cwd=tmp_path)
    assert not [topic for topic in admin.list_topics(timeout=PATIENCE_S).topics if topic.startswith("clean-by-command.")]
