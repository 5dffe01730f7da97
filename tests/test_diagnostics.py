"""For what a user reads about a mistake: one file per mistake beside the message it must give, place included.

HEADWATER_UPDATE=1 writes the messages anew; read every line that changes before it is kept.
"""
import json
import os
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parent / "diagnostics"
MISTAKES = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def lint(headwater):
    """Gives what lint prints of a file, read in its folder so that the path is short."""
    return lambda name, *flags: headwater("lint", "--no-color", *flags, name, check=False, cwd=FOLDER)


def test_there_is_a_file_for_each_of_many_mistakes():
    assert len(MISTAKES) >= 150
    assert not {path.stem for path in FOLDER.glob("*.expected")} - {path.stem for path in MISTAKES}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_a_mistake_is_told_as_expected(lint, mistake):
    result = lint(mistake.name)
    expected = mistake.with_suffix(".expected")
    if os.environ.get("HEADWATER_UPDATE") == "1":
        expected.write_text(result.stdout)
    assert result.returncode == 2, "a mistake is bad input"
    assert result.stdout == expected.read_text()
    assert result.stderr == ""


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_editors_are_told_the_same(lint, mistake):
    told = json.loads(lint(mistake.name, "--format", "json").stdout)
    places = [f"{one['file']}:{one['line']}:{one['column']}: {one['severity']}: {one['message']}" for one in told]
    lines = mistake.with_suffix(".expected").read_text().splitlines()
    assert places == [line for line in lines if ": error: " in line or ": warning: " in line]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_the_caret_stands_below_the_place_that_is_named(mistake):
    lines = mistake.with_suffix(".expected").read_text().splitlines()
    for i, line in enumerate(lines):
        if i + 2 < len(lines) and lines[i + 1].lstrip()[:1].isdigit():
            column = int(line.split(": ")[0].split(":")[2])
            assert lines[i + 2].index("^") - lines[i + 2].index("|") - 2 == column - 1, line
