"""For what a run promises to whoever starts it: an end, places of its own, nothing lost without a word."""
import json
import subprocess
import time

import duckdb
import pyarrow.parquet
import pytest

NEVER = """pack: never
entities:
  e: {count: 5, state: {n: 0}, lifecycle: {on: {every: 1s, do: [{when: n > 100, emit: s}]}}}
streams:
  s: {from: e, fields: {id: =number}}
"""
BARREN = """pack: barren
streams:
  o: {rate: 10/s, fields: {id: =number}}
  p: {follows: o, after: 1s..2s, chance: 0%, fields: {id: =o.id}}
"""
MACHINES = """pack: machines
entities:
  machine:
    count: 50
    state: {made: 0}
    lifecycle:
      running: {every: 10s, do: [{set: {made: =made + 1}, emit: parts}], leave: [{to: broken, when: made < 0}]}
      broken: {enter: [{emit: warnings}]}
streams:
  parts: {from: machine, fields: {id: =number, at: =time}}
  warnings: {from: machine, fields: {id: =number, at: =time}}
"""
ONE_COLUMN = """pack: single
streams:
  s: {fields: {note: =if chance(50%) then null else "x"}}
  full: {fields: {note: x}}
"""
DATED = """pack: dated
streams:
  s: {rate: 1/h, fields: {id: =number, DT: x}}
"""


@pytest.fixture
def run(headwater, tmp_path):
    """Gives a function that runs a pack given as text, in an empty folder."""

    def start(text, *arguments, command="run", **options):
        (tmp_path / "pack.yaml").write_text(text)
        return headwater(command, "./pack.yaml", *arguments, cwd=tmp_path, **{"check": False, "timeout": 120, **options})

    return start


# An end


def test_a_stream_to_which_nothing_leads_does_not_hold_up_a_run(run):
    done = run(BARREN, "--to", "discard:", timeout=20)
    assert done.returncode == 0 and "barren.o  1,000 records" in done.stderr and "empty       barren.p" in done.stderr
    assert "count of o reached" in done.stderr


@pytest.mark.parametrize("arguments", [(NEVER,), (BARREN, "--streams", "p")])
def test_a_run_that_waits_in_vain_says_so_and_ends(arguments, run):
    done = run(*arguments, "--to", "discard:")
    assert done.returncode == 0 and "No record came for 2 s" in done.stderr
    assert "Run ends, as nothing came since 2026-01-01T00:00:00Z" in done.stderr and "nothing came\n" in done.stderr


def test_a_run_with_an_end_waits_for_it(run):
    done = run(NEVER, "--for", "100s", "--to", "discard:")
    assert done.returncode == 0 and "until reached" in done.stderr and "Run ends" not in done.stderr


def test_a_summary_tells_who_is_alive_and_what_stayed_empty(run):
    told = run(MACHINES, "--for", "1min", "--to", "discard:").stderr
    assert "alive       machine 50 running\n" in told and "empty       machines.warnings\n" in told


@pytest.mark.parametrize("pack", [MACHINES, NEVER])
def test_a_preview_shows_what_there_is_and_says_what_it_waits_for(pack, run):
    began = time.monotonic()
    done = run(pack, command="preview")
    assert done.returncode == 0 and time.monotonic() - began < 30
    assert "# no record until 20" in done.stdout and "no longer waited for; alive then: " in done.stdout
    assert pack is NEVER or done.stdout.count('"at"') == 5


def test_a_paced_run_says_both_its_ends(run):
    told = run(BARREN, "--rate", "1k/s", "--for", "200ms", "--to", "discard:").stderr
    assert "With --rate, --for is real time: the run ends at " in told and "say --until 200ms" in told
    told = run(BARREN, "--rate", "1k/s", "--until", "10s", "--to", "discard:").stderr
    assert "Run ends at 2026-01-01T00:00:10Z of simulated time, by the clock at about " in told


def test_an_end_may_be_a_duration_behind_the_start(run, tmp_path):
    lines = run(BARREN, "--streams", "o", "--start", "2026-03-01", "--until", "20s").stdout.splitlines()
    assert len(lines) in range(150, 250)
    scenario = "packs: {pack: {}}\nclock: {start: 2026-03-01, until: PT20S}\noutputs: [{streams: o, to: 'stdout:'}]\n"
    (tmp_path / "barren.yaml").write_text(BARREN)
    assert run(scenario.replace("{pack: {}}", "{barren: {}}")).stdout.splitlines() == lines


def test_an_endless_run_into_a_target_that_keeps_is_told(program, run, tmp_path):
    (tmp_path / "pack.yaml").write_text(BARREN)
    endless = subprocess.Popen([program, "run", "./pack.yaml", "--rate", "10/s", "--to", "file:out"], cwd=tmp_path,
                               stderr=subprocess.PIPE, text=True)
    told = endless.stderr.readline()
    while told and "Nothing ends this run but a stop" not in told:
        told = endless.stderr.readline()
    endless.terminate()
    endless.communicate()
    assert "file:out" in told
    assert "Nothing ends" not in run(BARREN, "--rate", "1k/s", "--count", 10, "--to", "file:out").stderr


@pytest.mark.parametrize("length", ["1m30s", "90s", "PT1M30S", "1min 30s", "0.025h"])
def test_durations_are_read_as_others_write_them(length, run):
    wanted = run(BARREN, "--streams", "o", "--for", "90000ms").stdout
    assert run(BARREN, "--streams", "o", "--for", length).stdout == wanted != ""


# Places


@pytest.mark.parametrize("first, second", [
    ("file:x", "file:./x/"), ("file:x", "file:y/../x"), ("file:link", "file:x"), ("stdout:", "stdout"),
    ("file:x/$(stream)", "file:./x/$(stream)/?format=csv"), ("file:x", "file:x/$(stream)"), ("file:x?layout=hive", "file:x/$(stream)"),
    ("file:x/$(pack)", "file:x/barren/$(stream)"), ("file:x/$(stream)/$(date)", "file:x/$(stream)/2026-01-01"),
    ("file:x/$(date)/$(hour)/$(stream)", "file:x/2026-01-01/$(hour)/$(stream)"),
    ("s3://lake/p", "s3://lake/p/"), ("s3://lake/p", "s3://lake/p/$(stream)?format=csv"),
    ("s3://lake?endpoint=http://Host:9", "s3://lake?endpoint=http://host:9/"),
    ("kafka://localhost:9/t", "kafka://LOCALHOST:9/t"), ("kafka://localhost:9/barren.o", "kafka://127.0.0.1:9/$(pack).$(stream)"),
    ("kafka://one:9092,two:9/o", "kafka://ONE/$(stream)?partitions=2"), ("kafka://h", "kafka://h/$(stream)?format=csv")])
def test_two_outputs_to_one_place_are_refused_by_name(first, second, run, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "link").symlink_to("x")
    done = run(BARREN, "--to", first, "--to", second)
    assert done.returncode == 2 and "write barren.o to one place" in done.stderr and list((tmp_path / "x").iterdir()) == []
    assert first.split("?")[0] in done.stderr and second.split("?")[0] in done.stderr


@pytest.mark.parametrize("first, second", [("file:x", "file:x/$(stream)/$(date)"), ("file:x/2026-01-01", "file:x/2026-01-02"),
                                           ("file:x/$(date)", "file:x/2026-01/$(stream)"), ("file:x", "file:x/o")])
def test_two_outputs_beside_each_other_are_not_one_place(first, second, run):
    done = run(BARREN, "--to", first, "--to", second, "--count", 5)
    assert done.returncode == 0, done.stderr


def test_one_topic_is_for_one_output(run, tmp_path):
    (tmp_path / "barren.yaml").write_text(BARREN)
    done = run("packs: {barren: {}}\noutputs:\n  - {streams: o, to: 'kafka://h/t'}\n  - {streams: p, to: 'kafka://h/t'}\n")
    assert done.returncode == 2 and "Two outputs write barren.o and barren.p to one place" in done.stderr


def test_an_answer_key_has_a_place_of_its_own(run):
    done = run(BARREN, "--to", "file:x", "--answer-key", "file:./x")
    assert done.returncode == 2 and "Answer key and an output write barren.o to one place" in done.stderr


def test_streams_of_their_own_may_share_a_folder(run, tmp_path):
    (tmp_path / "barren.yaml").write_text(BARREN)
    done = run("packs: {barren: {}}\noutputs:\n  - {streams: o, to: 'file:x'}\n  - {streams: p, to: 'file:x', format: csv}\n")
    assert done.returncode == 0, done.stderr


def test_records_of_another_run_are_told_of_and_can_be_overwritten(run, tmp_path):
    assert "lie there" not in run(BARREN, "--count", 20, "--to", "file:x").stderr
    assert "lie there" not in run(BARREN, "--count", 20, "--to", "file:x").stderr, "the same command replaces its own"
    before = set((tmp_path / "x" / "o").iterdir())
    told = run(BARREN, "--count", 20, "--seed", 7, "--to", "file:x").stderr
    assert "will lie beside those of this one; --overwrite removes them first" in told and ": x\n" in told
    run(BARREN, "--count", 20, "--seed", 8, "--to", "file:x", "--overwrite")
    after = set((tmp_path / "x" / "o").iterdir())
    assert len(before) == 1 and before < after and len(after) == 2, "what the last manifest named is gone"


def test_an_output_says_that_it_overwrites(run, tmp_path):
    (tmp_path / "barren.yaml").write_text(BARREN)
    scenario = "packs: {barren: {}}\nclock: {for: 5s}\nseed: SEED\noutputs: [{streams: o, to: 'file:x', overwrite: true}]\n"
    for seed in ("1", "2", "3"):
        assert "lie there" not in run(scenario.replace("SEED", seed)).stderr
    assert len(list((tmp_path / "x" / "o").iterdir())) == 1
    assert run(scenario.replace("true", "perhaps")).returncode == 2
    assert "lie there" not in run(BARREN, "--to", "file:x?overwrite=true", "--for", "6s").stderr
    for other in ("stdout:", "kafka://h/t", "discard:"):
        done = run(BARREN, "--overwrite", "--to", other)
        assert done.returncode == 2 and "Only a folder or prefix is overwritten" in done.stderr


def started(program, tmp_path, *arguments):
    """Gives a run that goes on until it is stopped, once it has begun to write to x."""
    (tmp_path / "pack.yaml").write_text(BARREN)
    slow = subprocess.Popen([program, "run", "./pack.yaml", "--rate", "100/s", *arguments, "--to", "file:x"], cwd=tmp_path,
                            stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "x" / "o").exists() and slow.poll() is None:
        pass
    return slow


def test_runs_in_one_folder_at_one_time_are_told_of_each_other(program, run, tmp_path):
    slow = started(program, tmp_path, "--seed", "1", "--run-id", "first")
    fast = run(BARREN, "--count", 20, "--seed", 2, "--run-id", "second", "--to", "file:x")
    assert "Run first is writing there or was cut off" in fast.stderr
    slow.terminate()
    assert "Run second wrote there meanwhile" in slow.communicate()[1]
    assert not (tmp_path / "x" / ".headwater-writing").exists()


def test_what_was_cut_off_is_told_of_until_it_goes_on_or_is_cleaned(program, headwater, run, tmp_path):
    slow = started(program, tmp_path, "--run-id", "first", "--state", "state")
    slow.kill()
    slow.communicate()
    assert json.loads((tmp_path / "x" / ".headwater-writing").read_text())["run"] == "first"
    headwater("clean", "./state", cwd=tmp_path)
    assert not (tmp_path / "x").exists() or list((tmp_path / "x").iterdir()) == []
    assert "was cut off," not in run(BARREN, "--count", 20, "--to", "file:x").stderr


@pytest.mark.parametrize("parts", [(), ("--parts", 2, "--part", 0)])
def test_a_query_reads_the_run_that_prints_it(parts, run, tmp_path):
    run(BARREN, "--count", 20, "--seed", 2, *parts, "--to", "file:x")
    told = run(BARREN, "--count", 20, "--seed", 3, *parts, "--to", "file:x").stderr
    [query] = [line.split('"')[1] for line in told.splitlines() if "duckdb -c" in line]
    found = duckdb.sql(query.replace("'x/", f"'{tmp_path}/x/").replace("limit 5", "")).fetchall()
    assert len(found) == (10 if parts else 20)


@pytest.mark.parametrize("words", [["--to", "file:~/x"], ["--to=file:~"], ["--answer-key", "file:~/x"], ["--state=~/x"]])
def test_a_tilde_that_no_shell_filled_in_is_refused_with_its_mend(words, run, tmp_path):
    done = run(BARREN, *words)
    assert done.returncode == 2 and "$HOME" in done.stderr and not (tmp_path / "~").exists()


# Forms


def test_csv_of_one_column_that_may_be_null_is_refused(run):
    done = run(ONE_COLUMN, "--to", "file:x", "--format", "csv")
    assert done.returncode == 2 and "blank lines" in done.stderr and done.stderr.rstrip().endswith("single.s")
    assert run(ONE_COLUMN, "--streams", "full", "--to", "file:x", "--format", "csv").returncode == 0
    assert run(ONE_COLUMN, "--to", "file:y", "--format", "csv", "--identity", "column").returncode == 0
    nullified = run(ONE_COLUMN, "--streams", "full", "--chaos", "fault: nullify, field: note, chance: 50%", "--to", "file:z?format=csv")
    assert nullified.returncode == 2


@pytest.mark.parametrize("layout", ["grouped", "chunked", "hive"])
def test_a_stream_without_records_has_its_head(layout, run, tmp_path):
    for form in ("csv", "parquet", "json-array", "json"):
        assert run(BARREN, "--count", 20, "--to", f"file:{form}", "--format", form, "--layout", layout).returncode == 0
    only = {form: [path for path in (tmp_path / form / "p").rglob("*") if path.is_file()] for form in ("csv", "parquet", "json-array")}
    assert only["csv"][0].read_text() == "id\n" and json.loads(only["json-array"][0].read_text()) == []
    table = pyarrow.parquet.read_table(only["parquet"][0])
    assert table.num_rows == 0 and table.column_names[0] == "id"
    assert not (tmp_path / "json" / "p").exists()
    objects = json.loads((tmp_path / "csv" / "manifest.json").read_text())["streams"][1]["objects"]
    assert [entry["rows"] for entry in objects] == [0]


def test_standard_output_has_a_head_without_records(run):
    assert run(BARREN, "--streams", "o", "--count", 0, "--format", "csv").stdout == "id\n"


@pytest.mark.parametrize("words", [["--layout", "hive", "--to", "file:x"], ["--to", "file:x/$(stream)/dt=$(date)"]])
def test_a_field_called_like_its_folders_is_refused(words, run):
    done = run(DATED, "--count", 5, *words)
    assert done.returncode == 2 and "hide the field" in done.stderr and done.stderr.rstrip().endswith("dated.s.DT")
    assert run(DATED, "--count", 5, "--to", "file:y/$(stream)/day=$(date)").returncode == 0


# Printing


@pytest.mark.parametrize("words", [["preview", "payments"], ["describe", "payments"], ["describe", "payments", "--diagram"],
                                   ["lint", "pack.yaml"], ["lint", "--format", "json", "pack.yaml"], ["schema", "pack"],
                                   ["packs"], ["version"], ["--version"], ["--help"], ["run", "--help"],
                                   ["completion", "bash"], ["serve", "--print-config"], ["reference", "faults"]])
def test_a_full_disk_is_told_by_whatever_prints(words, program, tmp_path):
    (tmp_path / "pack.yaml").write_text(BARREN.replace("chance: 0%", "chance: 0"))
    with open("/dev/full", "w") as full:
        ended = subprocess.run([program, *words], stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60)
    assert ended.returncode == 74 and "Cannot write to standard output" in ended.stderr
