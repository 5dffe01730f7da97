"""For holding the JSON Schemas, the packs and the programs' readings of them together."""
import json
import pathlib
import re

import jsonschema
import plain_yaml
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKS = sorted(path for path in (ROOT / "packs").rglob("*.yaml"))
PROGRAMS = sorted((ROOT / "tests" / "language").glob("*.yaml"))


@pytest.fixture(scope="session")
def schemas(headwater):
    """Gives the validators of packs and scenarios as the program prints them."""
    loaded = {name: json.loads(headwater("schema", name).stdout) for name in ("pack", "scenario")}
    for schema in loaded.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    return {name: jsonschema.Draft202012Validator(schema) for name, schema in loaded.items()}


def mistakes(validator, text):
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(plain_yaml.read(text))]


@pytest.mark.parametrize("path", PACKS + PROGRAMS, ids=lambda path: path.stem)
def test_every_pack_and_scenario_fits_its_schema(schemas, path):
    text = path.read_text(encoding="utf-8")
    kind = "scenario" if re.search(r"^(scenario|packs):", text, re.MULTILINE) else "pack"
    assert mistakes(schemas[kind], text) == []


@pytest.mark.parametrize(("name", "text"), [
    ("an unknown key", "pack: p\nstreams: {a: {fields: {x: 1}, rates: 3/s}}\n"),
    ("a rate without unit", "pack: p\nstreams: {a: {rate: 100, fields: {x: 1}}}\n"),
    ("no streams", "pack: p\n"),
    ("a curve of three hours", "pack: p\ncurves: {c: {hour: [1, 2, 3]}}\nstreams: {a: {fields: {x: 1}}}\n"),
    ("an unknown spacing", "pack: p\nstreams: {a: {spacing: odd, fields: {x: 1}}}\n"),
    ("a name that is none", "pack: p\nstreams: {a-b: {fields: {x: 1}}}\n"),
])
def test_a_mistake_does_not_fit(schemas, name, text):
    assert mistakes(schemas["pack"], text), name


@pytest.mark.parametrize("text", [
    "packs: {payments: {}}\noutputs: [{to: 'stdout:', layout: heap}]\n",
    "packs: {payments: {}}\nclock: {start: today}\n",
    "scenario: s\n",
])
def test_a_mistake_of_a_scenario_does_not_fit(schemas, text):
    assert mistakes(schemas["scenario"], text)
