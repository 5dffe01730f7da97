"""For copies whose bytes are damaged at random: verify grades them all, and never ends otherwise."""
import json
import pathlib
import random

import pytest

import grading

SHAPES = pathlib.Path(__file__).resolve().parents[1] / "packs" / "shapes" / "shapes.yaml"
TARGETS = ["format=json", "format=json-array", "format=csv", "format=parquet", "compression=gzip", "compression=zstd",
           "compression=lz4"]
TURNS = 12


def damaged(content, chance):
    """Flips, cuts out, puts in or cuts off some bytes."""
    content = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(content))
        what = chance.random()
        if what < 0.5:
            content[at] ^= chance.randint(1, 255)
        elif what < 0.7:
            del content[at:at + chance.randint(1, 400)]
        elif what < 0.9:
            content[at:at] = chance.randbytes(chance.randint(1, 50))
        else:
            del content[at + 1:]
    return bytes(content)


@pytest.mark.parametrize("target", TARGETS)
def test_damage_is_graded_whatever_it_is(headwater, tmp_path, target):
    chance = random.Random(target)
    headwater("run", SHAPES, "--count", 200, "--start", "2026-01-01", "--to", f"file:{tmp_path / 'out'}?{target}", "--quiet")
    manifest = tmp_path / "out" / "manifest.json"
    entry = json.loads(manifest.read_text())["streams"][0]["objects"][0]
    content = (manifest.parent / entry["name"]).read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    found = 0
    for _ in range(TURNS):
        (copy / "object").write_bytes(damaged(content, chance))
        code, report = grading.grade(headwater, manifest, "--from", f"file:{copy}", "--report",
                                     f"html={tmp_path / 'grade.html'}", tmp=tmp_path)
        total = report["total"]
        assert total["sent"] == 200 == total["equal"] + total["altered"] + total["lost"]
        found += code
    assert found >= TURNS - 2  # a flip may hit what says nothing: a blank, a name of a compressed file
