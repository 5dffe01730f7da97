"""For the promises about schemas that change at an instant: each record has the version of its time, and no object mixes them."""
import json

import duckdb
import pyarrow.parquet
import pytest

from poured import PACKS, files_in, manifest, paths, sha256, stream_of, uncompressed

WEATHER = PACKS / "weather" / "weather.yaml"
RUN = ["run", WEATHER, "--streams", "readings", "--until", "2026-01-01T00:30:00Z", "--run-id", "r", "--quiet"]
SECOND, THIRD = "2026-01-01T00:10:00.000Z", "2026-01-01T00:20:00.000Z"
FIELDS = {
    1: ["id", "station", "seen", "at", "celsius", "volts", "place"],
    2: ["id", "station", "seen", "at", "celsius", "humidity", "place"],
    3: ["id", "station", "seen", "at", "celsius", "humidity", "volts", "place"],
}


def version_of(record):
    """Gives the version that a record of this true time has."""
    return 1 + (record["seen"] >= SECOND) + (record["seen"] >= THIRD)


def lines_of(folder, stream="readings"):
    return [line for path in paths(folder, stream) for line in uncompressed(path).splitlines()]


@pytest.fixture(scope="module")
def poured(headwater, tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    headwater(*RUN, "--to", f"file:{folder}", "--answer-key", f"file:{folder}/key")
    return folder


@pytest.fixture(scope="module")
def records(poured):
    return [json.loads(line, parse_float=str) for line in lines_of(poured)]


def test_each_record_has_the_fields_of_its_time(records):
    seen = {version_of(record) for record in records}
    assert seen == {1, 2, 3}
    for record in records:
        version = version_of(record)
        assert list(record) == FIELDS[version]
        assert ("floor" in record["place"]) == (version > 1)
        assert isinstance(record["celsius"], str)  # a number with a point is read as text here
    celsius = {version: [line for line in records if version_of(line) == version] for version in (1, 3)}
    assert all("." in record["celsius"] for record in celsius[1] + celsius[3])


def test_types_change(poured):
    for line in lines_of(poured):
        record = json.loads(line)
        assert isinstance(record["celsius"], str if version_of(record) == 3 else float)
    volts = [line.split(b'"volts":')[1].split(b",")[0] for line in lines_of(poured) if b'"volts":' in line]
    assert {len(text.split(b".")[1]) for text in volts if text != b"null"} == {1, 3}


def test_a_late_record_keeps_the_version_of_its_time(records):
    late = [record for i, record in enumerate(records) if i > 0 and version_of(record) < version_of(records[i - 1])]
    assert len(late) > 3


def test_versions_change_no_value(headwater, records, tmp_path):
    lines = WEATHER.read_text("utf-8").splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.strip() == "versions:")
    (tmp_path / "weather.yaml").write_text("".join(lines[:start] + lines[start + 3:]), encoding="utf-8")
    headwater("run", tmp_path / "weather.yaml", *RUN[2:], "--to", f"file:{tmp_path}/out")
    whole = [json.loads(line, parse_float=str) for line in lines_of(tmp_path / "out")]
    assert len(whole) == len(records)
    for record, all_fields in zip(records, whole):
        for name, value in record.items():
            if name == "place":
                assert value.items() <= all_fields[name].items()
            elif name != "volts" or version_of(record) == 1:
                assert value == all_fields[name], name


def test_the_manifest_counts_each_version(poured, records):
    versions = stream_of(poured, "readings")["versions"]
    assert [(one["version"], one["from"]) for one in versions] == [(1, None), (2, "2026-01-01T00:10:00Z"), (3, "2026-01-01T00:20:00Z")]
    for one in versions:
        assert [field["name"] for field in one["fields"]] == FIELDS[one["version"]]
        assert one["rows"] == sum(version_of(record) == one["version"] for record in records)
    assert {field["name"]: field["type"] for field in versions[2]["fields"]}["celsius"] == "text"


@pytest.mark.parametrize("layout", ["grouped", "chunked&max_chunk_size=256KiB", "hive&target_size=256KiB"])
@pytest.mark.parametrize("form", ["csv", "json-array", "parquet"])
def test_no_object_mixes_versions(form, layout, headwater, records, tmp_path):
    headwater(*RUN, "--to", f"file:{tmp_path}?format={form}&layout={layout}")
    rows, found = 0, {}
    for entry in stream_of(tmp_path, "readings")["objects"]:
        path = tmp_path / entry["name"]
        fields = FIELDS[entry["schema_version"]]
        if form == "parquet":
            table = pyarrow.parquet.read_table(path)
            assert table.column_names == fields
            assert duckdb.sql(f"select count(*), min(id) from '{path}'").fetchall()[0][0] == entry["rows"]
            count = table.num_rows
        elif form == "json-array":
            objects = json.loads(path.read_text("utf-8"))
            assert all(list(one) == fields for one in objects)
            count = len(objects)
        else:
            head, *lines = path.read_text("utf-8").splitlines()
            flat = [name for name in fields if name != "place"] + ["place.row"] + (["place.floor"] if "humidity" in fields else [])
            assert head.split(",") == flat and all(line.count(",") == head.count(",") for line in lines)
            count = len(lines)
        assert count == entry["rows"]
        rows += count
        found[entry["schema_version"]] = found.get(entry["schema_version"], 0) + count
    assert rows == len(records)
    assert found == {one["version"]: one["rows"] for one in stream_of(tmp_path, "readings")["versions"]}


def test_every_version_is_read_back_with_the_values_that_were_sent(headwater, records, tmp_path):
    headwater(*RUN, "--to", f"file:{tmp_path}?format=parquet")
    sent = {record["id"]: record for record in records}
    for path in paths(tmp_path, "readings"):
        for row in pyarrow.parquet.read_table(path).to_pylist():
            record = sent.pop(row["id"])
            assert list(row) == list(record) and row["place"] == record["place"]
            assert str(row["celsius"]) == record["celsius"] and row["station"] == record["station"]
    assert not sent
    have = duckdb.sql(f"select count(*), count(humidity) from read_parquet('{tmp_path}/readings/*.parquet', union_by_name = true)")
    assert have.fetchall() == [(len(records), sum("humidity" in record for record in records))]


def test_single_objects_have_the_version_of_their_record(headwater, tmp_path):
    headwater("run", WEATHER, "--streams", "readings", "--for", "40s", "--set", "second=20s", "--quiet", "--to",
              f"file:{tmp_path}?layout=single&format=csv")
    for entry in stream_of(tmp_path, "readings")["objects"]:
        head = (tmp_path / entry["name"]).read_text("utf-8").split("\n")[0].split(",")
        assert ("volts" in head, "humidity" in head) == ((True, False) if entry["schema_version"] == 1 else (False, True))


@pytest.mark.parametrize("words", [("--threads", "2"), ("--threads", "3"), ("--threads", "8"), ("--rate", "200k/s")], ids=" ".join)
def test_threads_and_windows_change_no_byte(words, headwater, poured, tmp_path):
    headwater(*RUN, "--to", f"file:{tmp_path}", "--answer-key", f"file:{tmp_path}/key", *words)
    for name in files_in(poured):
        if "manifest" not in name:
            assert sha256(tmp_path / name) == sha256(poured / name), name


def test_living_streams_change_their_schema_too(headwater, tmp_path):
    headwater("run", WEATHER, "--streams", "levels", "--for", "20min", "--quiet", "--to", f"file:{tmp_path}?format=csv")
    assert [(entry["schema_version"]) for entry in stream_of(tmp_path, "levels")["objects"]] == [1, 2]
    heads = {path.read_text("utf-8").split("\n")[0] for path in paths(tmp_path, "levels")}
    assert heads == {"id,at,level", "id,at"}


def test_a_pipe_gets_a_head_for_each_version(headwater, tmp_path):
    text = headwater("run", WEATHER, "--streams", "readings", "--for", "40s", "--set", "second=20s", "--set", "share=0", "--quiet",
                     "--to", "stdout:?format=csv").stdout
    heads = [line for line in text.splitlines() if line.startswith("id,")]
    assert heads == ["id,station,seen,at,celsius,volts,place.row", "id,station,seen,at,celsius,humidity,place.row,place.floor"]
    array = json.loads(headwater("run", WEATHER, "--streams", "readings", "--for", "40s", "--set", "second=20s", "--quiet", "--to",
                                 "stdout:?format=json-array").stdout)
    assert {"volts" in record for record in array} == {True, False}


@pytest.mark.parametrize("form", ["json", "csv", "parquet", "json-array"])
def test_verify_grades_every_version(form, headwater, tmp_path):
    headwater(*RUN, "--identity", "column", "--to", f"file:{tmp_path}?format={form}")
    assert "clean:" in headwater("verify", tmp_path, "--from", f"file:{tmp_path}").stdout


def test_verify_finds_a_field_that_came_too_early(headwater, tmp_path):
    headwater(*RUN, "--identity", "column", "--to", f"file:{tmp_path}")
    path, = paths(tmp_path, "readings")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5] = lines[5].replace(b'"celsius"', b'"humidity":50,"celsius"')
    path.write_bytes(b"".join(lines))
    done = headwater("verify", tmp_path, "--from", f"file:{tmp_path}", check=False)
    assert done.returncode == 1 and "1 altered" in done.stdout.replace(",", "") and "humidity" in done.stdout


def test_faults_fit_the_versions_that_have_their_field(headwater, poured, tmp_path):
    fault = "fault: nullify, streams: readings, field: humidity, chance: 50%"
    headwater(*RUN, "--chaos", fault, "--to", f"file:{tmp_path}", "--answer-key", f"file:{tmp_path}/key")
    struck = [json.loads(line)["humidity"] is None for line in lines_of(tmp_path) if b'"humidity"' in line]
    assert sum(struck) == stream_of(tmp_path, "readings")["faults"][0]["strokes"] > 1000
    before = [line for line in lines_of(tmp_path) if b'"humidity"' not in line]
    assert before == [line for line in lines_of(poured) if b'"humidity"' not in line]
    labels = [json.loads(line) for line in lines_of_key(tmp_path)]
    assert [one for one in labels if one["kind"] == "label"] == [json.loads(line) for line in lines_of_key(poured)]


def lines_of_key(folder):
    return [line for path in sorted((folder / "key").rglob("*.json")) for line in path.read_bytes().splitlines()]


def test_preview_and_describe_tell_of_versions(headwater):
    text = headwater("describe", WEATHER).stdout
    assert "    version 2 from 2026-01-01T00:10:00Z\n      add   [humidity, place.floor]\n      drop  volts\n" in text
    described = json.loads(headwater("describe", WEATHER, "--format", "json").stdout)[0]["streams"][0]
    assert [[field["name"] for field in one["fields"]] for one in described["versions"]] == list(FIELDS.values())
    shown = headwater("preview", WEATHER, "--set", "second=10ms", "--records", "4").stdout
    assert "# version 2" in shown or "# version 3" in shown


def test_parts_hold_the_same_records(headwater, records, tmp_path):
    found, rows = [], {}
    for part in range(3):
        headwater(*RUN, "--parts", "3", "--part", part, "--to", f"file:{tmp_path / str(part)}")
        stream, = manifest(tmp_path / str(part), f"manifest-{part}-of-3.json")["streams"]
        for entry in stream["objects"]:
            found += [json.loads(line, parse_float=str) for line in (tmp_path / str(part) / entry["name"]).read_bytes().splitlines()]
        for one in stream["versions"]:
            rows[one["version"]] = rows.get(one["version"], 0) + one["rows"]
    assert sorted(found, key=lambda record: record["id"]) == sorted(records, key=lambda record: record["id"])
    assert rows == {version: sum(version_of(record) == version for record in records) for version in FIELDS}
