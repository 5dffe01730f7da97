"""For the pack language as data: small packs, each beside the records it must make.

HEADWATER_UPDATE=1 writes the records anew; check every value that changes by hand before it is kept.
"""
import json
import os
import pathlib
import re

import pytest

FOLDER = pathlib.Path(__file__).parent / "language"
PACKS = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def records(headwater):
    """Gives a pack's first records of each stream, as JSON lines."""
    return lambda pack, *flags: headwater("run", pack.name, "--count", 5, "--to", "stdout", "--quiet", *flags, cwd=FOLDER).stdout


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_a_pack_makes_the_expected_records(records, pack):
    made = records(pack)
    expected = pack.with_suffix(".expected")
    if os.environ.get("HEADWATER_UPDATE") == "1":
        expected.write_text(made)
    assert made == expected.read_text()


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_threads_change_no_record(records, pack):
    assert records(pack, "--threads", 1) == records(pack, "--threads", 3) == pack.with_suffix(".expected").read_text()


def test_another_seed_draws_other_values(records):
    pack = FOLDER / "draws.yaml"
    assert records(pack, "--seed", 7) != records(pack)
    assert records(pack, "--seed", 42) == records(pack)


def test_every_function_of_the_language_is_called_by_some_pack():
    text = "\n".join(pack.read_text() for pack in PACKS)
    reference = (FOLDER.parents[1] / "docs" / "reference" / "functions.md").read_text()
    names = set(re.findall(r"^\| `(\w+)\(", reference, re.MULTILINE))
    assert len(names) > 50
    assert not {name for name in names if f"{name}(" not in text}


def test_items_with_names_keep_their_values_when_one_is_added_before_them(records):
    def values(name):
        lines = records(FOLDER / f"{name}.yaml").splitlines()
        return [{item["name"]: item["value"] for item in json.loads(line)["sensors"]} for line in lines]
    for few, more in zip(values("items_by_name"), values("items_by_name_added"), strict=True):
        assert more == {**few, "roof": more["roof"]}
