"""For the users' guide: every pack on it has no mistake, fits the schema and runs; every scenario too."""
import json
import pathlib
import re

import jsonschema
import plain_yaml
import pytest

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "language.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def name_of(block):
    return plain_yaml.read(block).get("pack") or plain_yaml.read(block)["scenario"]


def test_the_guide_has_examples():
    assert len(BLOCKS) >= 10


@pytest.mark.parametrize("block", BLOCKS, ids=name_of)
def test_an_example_runs(headwater, tmp_path, block):
    path = tmp_path / "example.yaml"
    path.write_text(block, encoding="utf-8")
    lint = headwater("lint", path, check=False)
    assert lint.returncode == 0, lint.stdout
    tree = plain_yaml.read(block)
    schema = json.loads(headwater("schema", "pack" if "pack" in tree else "scenario").stdout)
    jsonschema.validate(tree, schema)
    if "pack" not in tree:
        headwater("run", path, "--quiet", cwd=tmp_path)
        assert list((tmp_path / "out").rglob("*.parquet"))
        return
    lines = headwater("run", path, "--count", 3, "--to", "stdout:", "--quiet").stdout.splitlines()
    streams = [*tree.get("streams", {}).values(), *tree.get("tables", {}).values()]
    flat = [stream for stream in streams if "follows" not in stream and "from" not in stream]
    living = [stream for stream in streams if "from" in stream]  # these end together, with the third record of one of them
    assert len(lines) >= 3 * (len(flat) + bool(living))
    assert all(json.loads(line) for line in lines)
