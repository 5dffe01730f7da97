"""For keeping the README true: its commands run as they stand, one after the other, in an empty folder."""
import pathlib
import re
import shlex
import subprocess

README = pathlib.Path(__file__).parent.parent / "README.md"


def commands() -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", README.read_text(), re.S)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.startswith("headwater ")]


def test_the_readme_has_commands():
    assert len(commands()) >= 8


def test_every_command_of_the_readme_runs(program, tmp_path):
    for command in commands():
        words = [str(program), *shlex.split(command)[1:]]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
