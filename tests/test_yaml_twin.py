"""For packs being plain YAML: a second parser, PyYAML, reads every pack and every example to the same tree as ours."""
import json
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("packs", "tests/packs", "tests/language")
PACKS = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.yaml"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples():
    """Gives every block of YAML in the documentation, with its page and its position among them."""
    for page in PAGES:
        text = page.read_text()
        # The fence may be indented, as inside a list.
        for i, block in enumerate(re.finditer(r"^( *)```yaml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL), 1):
            indent = block[1]
            yield page, i, "".join(line.removeprefix(indent) for line in block[2].splitlines(keepends=True))


@pytest.fixture(scope="module")
def our_tree(program):
    """Gives our reading of a file: lists, ordered maps, and every scalar as text."""
    dumper = program.parent / "headwater_dump_tree"

    def read(path):
        result = subprocess.run([dumper, path], capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    return read


def their_tree(text):
    """Gives PyYAML's reading without types of its own; keys keep their order."""
    return json.dumps(yaml.load(text, Loader=yaml.BaseLoader), ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pack_reads_alike(our_tree, pack):
    assert our_tree(pack) == their_tree(pack.read_text())


@pytest.mark.parametrize("page, i, text", list(examples()), ids=lambda value: value.name if isinstance(value, pathlib.Path) else str(value)[:3])
def test_an_example_of_the_documentation_reads_alike(our_tree, tmp_path, page, i, text):
    file = tmp_path / f"{page.stem}-{i}.yaml"
    file.write_text(text)
    assert our_tree(file) == their_tree(text)


def test_another_tree_is_noticed(our_tree, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("a: [1, {b: 'x y'}]\nc: 012\n")
    assert our_tree(file) == '{"a":["1",{"b":"x y"}],"c":"012"}' == their_tree(file.read_text())
    assert our_tree(file) != their_tree("a: [1, {b: x}]\nc: 012\n")
