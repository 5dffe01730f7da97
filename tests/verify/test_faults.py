"""For runs that break their records on purpose: a copy is held against what was sent, breaks included."""
import json

import pytest

FAULTS = ["fault: drop, chance: 1%", "fault: duplicate, chance: 1%", "fault: nullify, field: merchant, chance: 2%",
          "fault: perturb, field: amount, how: sign, chance: 1%", "fault: delay, by: 1min, chance: 2%", "fault: reorder, chance: 1%"]


@pytest.fixture(scope="module")
def broken(headwater, tmp_path_factory):
    """Gives a folder with a run that faults struck."""
    folder = tmp_path_factory.mktemp("broken") / "out"
    words = [word for fault in FAULTS for word in ("--chaos", fault)]
    headwater("run", "payments", "--streams", "transactions", "--count", "20k", "--identity", "column", "--quiet", *words,
              "--to", f"file:{folder}")
    return folder


def test_what_was_broken_on_purpose_is_no_mistake_of_the_platform(headwater, broken):
    assert "clean:" in headwater("verify", broken, "--from", f"file:{broken}").stdout


def test_mistakes_of_the_platform_are_found_among_those_on_purpose(headwater, broken, tmp_path):
    entry = json.loads((broken / "manifest.json").read_text())["streams"][0]
    name = entry["objects"][0]["name"]
    lines = (broken / name).read_bytes().splitlines(keepends=True)
    copy = tmp_path / name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"".join(lines[:100] + lines[101:5000] + lines[4999:]))
    ended = headwater("verify", broken, "--from", f"file:{tmp_path}", "--report", f"json={tmp_path / 'report.json'}", check=False)
    assert ended.returncode == 1
    assert "2 differences" in ended.stdout
