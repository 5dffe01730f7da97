"""For outputs that take one phase of a run each: its history into files, what comes live into a topic. Both together are the run.

The checker shares no code with the program: other clients read what landed, record by record.
"""
import json
import os
import pathlib
import signal
import subprocess
import uuid
from collections import Counter

import pyarrow.parquet
import pytest

from killing import METERS, Killer
from test_kafka import read
from waiting import wait_until

LONG = os.environ.get("HEADWATER_LONG") == "1"
SEEDS = 40 if LONG else 2
ROWS, SEAM_ROW, RATE = 90_000, 60_000, 1000
POINTS = ("window.made", "checkpoint.kept", "history.closed", "manifest.written", "seam.passed", "lanes.closed", "journal.ended")
PACK = """pack: ticks
version: 1
streams:
  ticks:
    rate: {rate}/s
    spacing: even
    key: n
    types: {{at: instant(us)}}
    fields: {{at: =time, n: =number - 1}}
"""


@pytest.fixture
def ticks(tmp_path):
    """Gives a pack of one stream that tells the instant and the row of each record."""
    path = tmp_path / "ticks.yaml"
    path.write_text(PACK.format(rate=RATE), encoding="utf-8")
    return path


def bounded(ticks, *more):
    """A run whose seam lies where it was told, so that every attempt makes the same."""
    return [ticks, "--start", "2026-03-01T00:00:00Z", "--until", "2026-03-01T00:01:30Z", "--seam", "2026-03-01T00:01:00Z", "--rate", "60k/s", *more]


def rows_of_files(folder):
    return sorted(row for path in sorted(pathlib.Path(folder).rglob("*.parquet")) for row in pyarrow.parquet.read_table(path)["n"].to_pylist())


def rows_of_topic(kafka, topic):
    return sorted(int(record.headers["headwater-row"]) for record in read(kafka, topic))


def to_both(kafka, topic):
    return ["--to", "file:history?format=parquet&phase=history", "--to", f"kafka://{kafka.bootstrap}/{topic}?phase=live&partitions=3&retention.ms=-1"]


def check_union(kafka, topic, folder):
    assert rows_of_files(folder / "history") == list(range(SEAM_ROW))
    assert rows_of_topic(kafka, topic) == list(range(SEAM_ROW, ROWS))


def name_of_topic():
    return f"phases-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_named_points_each_record_is_there_once_and_in_its_phase(point, kafka, program, ticks, tmp_path):
    topic = name_of_topic()
    killer = Killer(program, tmp_path, bounded(ticks, *to_both(kafka, topic)))
    for count in (3, 1, 2) if point == "window.made" else (1, 1):
        if not killer.kill_at(point, count):
            break
    assert killer.kills > 0
    killer.finish()
    check_union(kafka, topic, tmp_path)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_random_instants_each_record_is_there_once_and_in_its_phase(seed, kafka, program, ticks, tmp_path):
    topic = name_of_topic()
    killer = Killer(program, tmp_path, bounded(ticks, *to_both(kafka, topic)))
    killer.kill_at_random(seed, times=4, longest=1.2)
    check_union(kafka, topic, tmp_path)


def test_the_history_is_whole_with_its_manifest_while_the_run_lives_on(kafka, program, headwater, ticks, tmp_path):
    topic = name_of_topic()
    run = subprocess.Popen([program, "run", ticks, "--history", "40s", "--live", "--manifest", "whole.json", *to_both(kafka, topic)],
                           cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: (tmp_path / "history/_SUCCESS").exists() and rows_of_topic(kafka, topic), run)
        history = json.loads((tmp_path / "history/manifest.json").read_text(encoding="utf-8"))
        assert run.poll() is None
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == 0, said
    seam = history["seam"]
    assert f"What happens before the seam goes to file:history, what happens from it on to kafka://{kafka.bootstrap}/{topic}: {seam}" in said
    assert (history["phase"], history["state"], history["reached"]) == ("history", "completed", seam)
    rows = rows_of_files(tmp_path / "history")
    assert history["streams"][0]["rows"] == len(rows) == pytest.approx(40 * RATE, rel=0.01)
    assert history["streams"][0]["ended"] == "seam reached"
    whole = json.loads((tmp_path / "whole.json").read_text(encoding="utf-8"))
    phases = whole["streams"][0]["phases"]
    assert phases["history"] == len(rows) and whole["streams"][0]["rows"] == sum(phases.values())
    assert rows + rows_of_topic(kafka, topic) == list(range(sum(phases.values())))
    assert history["streams"][0]["max_time"] < seam
    for options in (["history/manifest.json"], ["whole.json", "--from", f"kafka://{kafka.bootstrap}/{topic}"]):
        headwater("verify", *options, cwd=tmp_path)


def lines_of(folder):
    objects = (path for path in pathlib.Path(folder).rglob("*.json") if path.name != "manifest.json")
    return Counter(line for path in objects for line in path.read_text(encoding="utf-8").splitlines())


FAULTS = ["--chaos", "fault: drop, chance: 2%", "--chaos", "fault: duplicate, chance: 2%", "--chaos", "fault: delay, chance: 5%, by: 1s..90s"]


@pytest.mark.parametrize("words", [
    pytest.param([METERS, "--until", "2026-01-01T00:04:00Z", "--seam", "2026-01-01T00:02:30Z"], id="entities that live"),
    pytest.param(["payments", "--until", "2026-01-01T00:20:00Z", "--seam", "2026-01-01T00:13:00Z", *FAULTS], id="faults and followers")])
def test_both_phases_together_are_the_run_however_often_it_is_killed(words, program, headwater, tmp_path):
    one = ["--identity", "column", "--rate", "20k/s"]
    (tmp_path / "whole").mkdir()
    headwater("run", *words, "--identity", "column", "--to", "file:all", "--answer-key", "file:key", cwd=tmp_path / "whole")
    killer = Killer(program, tmp_path, [*words, *one, "--to", "file:history?phase=history", "--to", "file:live?phase=live", "--answer-key", "file:key"])
    for seconds in (0.8, 1.6, 1.0):
        killer.kill_after(seconds)
    killer.finish()
    assert killer.kills > 0
    history, live = lines_of(tmp_path / "history"), lines_of(tmp_path / "live")
    assert history and live
    assert history + live == lines_of(tmp_path / "whole/all")
    assert lines_of(tmp_path / "key") == lines_of(tmp_path / "whole/key")
    for folder in ("history", "live"):
        headwater("verify", f"{folder}/manifest.json", "--order", "none", cwd=tmp_path)  # that of entities hangs on the pace


def test_clean_removes_both_phases_and_keeps_a_topic_that_others_fill(kafka, program, headwater, ticks, tmp_path):
    topic = name_of_topic()
    headwater("run", *bounded(ticks, *to_both(kafka, topic)), cwd=tmp_path)
    name = next((tmp_path / ".headwater/runs").iterdir()).name
    # Fewer than the run made in all, more than went to the topic.
    headwater("run", ticks, "--count", 100, "--state", "none", "--to", f"kafka://{kafka.bootstrap}/{topic}", cwd=tmp_path)
    said = headwater("clean", name, cwd=tmp_path).stderr
    assert not (tmp_path / "history").exists()
    assert topic in said and "removed" not in said.split(topic)[0].splitlines()[-1]
    assert len(rows_of_topic(kafka, topic)) == ROWS - SEAM_ROW + 100


def test_phases_of_a_run_that_does_not_go_live_are_refused(headwater, ticks, tmp_path):
    said = headwater("run", ticks, "--for", "1s", "--to", "file:a?phase=history", cwd=tmp_path, check=False)
    assert said.returncode == 2 and "--live" in said.stderr
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("packs: {ticks: {}}\nclock: {for: 1s}\noutputs:\n  - to: file:a\n    phase: live\n", encoding="utf-8")
    said = headwater("lint", scenario, check=False)
    assert said.returncode == 2 and "has one phase only: live" in said.stdout + said.stderr
    scenario.write_text("packs: {ticks: {}}\nclock: {start: 2026-03-01, for: 10s, seam: 2026-02-01}\noutputs:\n  - to: file:a\n    phase: live\n", encoding="utf-8")
    said = headwater("lint", scenario, check=False)
    assert said.returncode == 2 and "The seam lies before the start" in said.stdout + said.stderr


def test_a_scenario_says_phases_as_the_command_line_does(headwater, ticks, tmp_path):
    scenario = tmp_path / "both.yaml"
    scenario.write_text("packs: {ticks: {}}\nclock: {start: 2026-03-01, for: 10s, seam: 2026-03-01T00:00:04Z}\noutputs:\n"
                        "  - to: file:past\n    phase: history\n  - to: file:present\n    phase: live\n", encoding="utf-8")
    headwater("run", scenario, cwd=tmp_path)
    assert (lines_of(tmp_path / "past").total(), lines_of(tmp_path / "present").total()) == (4 * RATE, 6 * RATE)
