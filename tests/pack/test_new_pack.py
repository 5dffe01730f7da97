"""For packs made from samples: they have no mistake, they run, and their records have the fields and types of the sample."""
import csv
import json
import pathlib
import re

import pytest

SAMPLES = sorted((pathlib.Path(__file__).resolve().parents[1] / "samples").iterdir())
RECORDS = [path for path in SAMPLES if path.suffix in {".json", ".jsonl", ".csv"}]
RESERVED = {"time", "start", "number", "rule", "because", "index", "born"}
RUNS = 60


@pytest.fixture(scope="session")
def made(headwater, tmp_path_factory):
    """Gives a function that makes a pack of a sample and gives its file; each is made once."""
    folder = tmp_path_factory.mktemp("packs")

    def make(sample):
        name = re.sub(r"\W", "_", sample.name)
        path = folder / f"{name}.yaml"
        if not path.exists():
            headwater("new", "pack", name, "--from", sample, "--output", folder)
        return path

    return make


@pytest.fixture(scope="session")
def poured(headwater, made, tmp_path_factory):
    """Gives a function that runs the pack of a sample and gives the records of each stream."""
    known = {}

    def pour(sample):
        if sample not in known:
            out = tmp_path_factory.mktemp("out")
            headwater("run", made(sample), "--count", RUNS, "--to", f"file:{out}", "--format", "json", "--quiet")
            streams = {}
            for path in sorted(out.rglob("*.json*")):
                if "manifest" not in path.name:
                    streams.setdefault(path.parent.name, []).extend(map(json.loads, path.read_text().splitlines()))
            known[sample] = streams
        return known[sample]

    return pour


def kind(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "text", list: "list", dict: "record", type(None): "null"}[type(value)]


def in_pack(name):
    """Gives the name that a field of the sample has in a pack."""
    name = re.sub(r"[^A-Za-z0-9]", "_", name.encode().decode("latin-1"))
    name = "_" + name if name[0].isdigit() else name
    return name + "_" if name in RESERVED else name


def records_of(sample):
    text = sample.read_text(encoding="utf-8")
    if sample.suffix == ".csv":
        rows = list(csv.DictReader(text.splitlines()))
        return [{name: typed(cell) for name, cell in row.items()} for row in rows]
    if sample.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    read = json.loads(text)
    return read if isinstance(read, list) else [read]


def typed(cell):
    if cell in {"", "true", "false"}:
        return {"": None, "true": True, "false": False}[cell]
    return float(cell) if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", cell) else cell


def compare(seen, drawn, path):
    """Says where a drawn value is of another kind than those of the sample."""
    kinds = {kind(value) for value in seen}
    if kind(drawn) == "null":
        return [] if "null" in kinds or len(seen) == 0 or seen == [{}] * len(seen) else [f"{path}: null was never seen"]
    if kind(drawn) not in kinds:
        return [f"{path}: {kind(drawn)} instead of {kinds}"]
    wrong = []
    if isinstance(drawn, dict):
        objects = [value for value in seen if isinstance(value, dict)]
        for name, value in drawn.items():
            wrong += compare([one.get(name) for one in objects], value, f"{path}.{name}")
    if isinstance(drawn, list):
        items = [item for value in seen if isinstance(value, list) for item in value]
        for item in drawn:
            wrong += compare(items, item, path)
    return wrong


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_the_pack_of_a_sample_has_no_mistake(headwater, made, sample):
    result = headwater("lint", made(sample), check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("sample", RECORDS, ids=lambda path: path.name)
def test_its_records_have_the_fields_and_types_of_the_sample(poured, sample):
    seen = records_of(sample)
    (records,) = poured(sample).values()
    assert len(records) == RUNS
    names = list(dict.fromkeys(name for record in seen for name in record))
    taken = {}
    for name in names:
        taken[name] = in_pack(name)
        while list(taken.values()).count(taken[name]) > 1:
            taken[name] += "_"
    assert list(records[0]) == [taken[name] for name in names]
    for record in records:
        for name in names:
            values = [one.get(name) for one in seen]
            assert compare(values, record[taken[name]], name) == []


def test_a_sample_becomes_many_variants(poured):
    for sample in RECORDS:
        (records,) = poured(sample).values()
        assert len({json.dumps(record, sort_keys=True) for record in records}) > 0.9 * RUNS, sample.name


def sample_named(name):
    return next(path for path in SAMPLES if path.name == name)


def test_the_key_of_a_sample_is_never_repeated(poured):
    for name, key in (("order.json", "order_id"), ("events.json", "id"), ("people.csv", "id")):
        (records,) = poured(sample_named(name)).values()
        assert len({record[key] for record in records}) == RUNS, name


def test_decimals_keep_the_digits_of_the_sample(headwater, made):
    output = headwater("run", made(sample_named("people.csv")), "--count", 20, "--to", "stdout:", "--quiet").stdout
    assert len(re.findall(r'"balance":\d+\.\d\d,', output)) == 20


def test_foreign_keys_join(poured):
    streams = poured(sample_named("shop_postgres.sql"))
    assert set(streams) == {"customers", "orders", "order_lines"}
    customers = {record["id"] for record in streams["customers"]}
    assert customers == set(range(1, RUNS + 1)), "a table that others refer to has one row per key"
    assert {record["customer_id"] for record in streams["orders"]} <= set(range(1, 1001))
    assert {record["status"] for record in streams["orders"]} <= {"new", "paid", "shipped"}
    assert {record["channel"] for record in streams["orders"]} <= {"web", "app", "phone"}
    assert all(isinstance(record["tags"], list) for record in streams["customers"])


def test_a_schema_of_avro_becomes_its_types(poured):
    (records,) = poured(sample_named("payment.avsc")).values()
    record = records[0]
    assert list(record) == ["payment_id", "amount", "status", "previous_status", "created_at", "settled_on", "payer", "payee", "tags", "properties",
                            "retries", "risk", "flagged", "digest"]
    assert {one["status"] for one in records} <= {"OPEN", "PAID", "FAILED"}
    assert any(one["previous_status"] is None for one in records)
    assert re.fullmatch(r"[0-9a-f]{32}", record["digest"])
    assert [kind(record[name]) for name in ("amount", "payer", "tags", "properties", "risk", "flagged")] == ["number", "record", "list", "record", "number", "bool"]


def test_without_a_sample_there_is_a_pack_that_runs(headwater, tmp_path):
    headwater("new", "pack", "fresh", "--output", tmp_path)
    path = tmp_path / "fresh.yaml"
    assert headwater("lint", path, check=False).returncode == 0
    lines = headwater("run", path, "--count", 5, "--to", "stdout:", "--quiet").stdout.splitlines()
    assert len(lines) == 10


def test_nothing_is_written_over(headwater, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("keep me")
    result = headwater("new", "pack", "mine", "--output", tmp_path, check=False)
    assert result.returncode == 2
    assert "exists already" in result.stderr
    assert path.read_text() == "keep me"


@pytest.mark.parametrize(("name", "text", "message"), [
    ("s.json", "[1, 2]", "something else than records"),
    ("s.json", '{"a": ', "neither JSON nor JSON lines"),
    ("s.csv", "a,b\n", "needs a header and at least one row"),
    ("s.avsc", '{"type": "record", "fields": [{"name": "x", "type": "nothing"}]}', "Unknown Avro type"),
    ("s.sql", "SELECT 1;", "creates no table"),
    ("s.xml", "<a/>", "A sample ends in"),
])
def test_a_sample_that_cannot_be_read_is_bad_input(headwater, tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    result = headwater("new", "pack", "p", "--from", tmp_path / name, "--output", tmp_path, check=False)
    assert result.returncode == 2
    assert message in result.stderr
    assert not (tmp_path / "p.yaml").exists()
