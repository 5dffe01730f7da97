"""For keeping the pages true: their commands run from a bare shell that has sourced build/servers.env and nothing else."""
import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The service's page talks to a service that runs; docs/walkthrough.md is run by tests/service/test_walkthrough.py.
PAGES = sorted({ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "guides").glob("*.md"),
                *(ROOT / "docs" / "targets").glob("*.md"), *(ROOT / "docs" / "packs").glob("*.md")}
               - {ROOT / "docs" / name for name in ("service.md", "walkthrough.md", "servers.md")})
BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "\x1e"


def commands_of(page: str) -> list[str]:
    """Gives the commands of a page: behind `$ `, or in blocks without that what begins like one."""
    commands: list[str] = []
    for block in BLOCK.findall(page):
        goes_on = False
        for line in block.splitlines():
            begins = line.startswith("$ ") if "\n$ " in "\n" + block else line.startswith(("headwater ", "export "))
            if begins:
                commands.append(line.removeprefix("$ "))
            elif goes_on:
                commands[-1] += "\n" + line
            else:
                continue
            goes_on = line.endswith("\\")
    # Servers are there already, and behind a name that is kept for examples (RFC 2606) nobody answers.
    return [command for command in commands if not command.startswith("./dev ") and ".example" not in command]


def first_pack_of(page: str) -> str:
    """Gives the first block of YAML of a page."""
    return re.search(r"^```ya?ml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]


def with_commands() -> list[pathlib.Path]:
    return [page for page in PAGES if commands_of(page.read_text(encoding="utf-8"))]


@pytest.fixture
def shell(program, kafka, minio, tmp_path):
    """Gives a function that runs commands in one bare shell and returns their exit codes and what went wrong."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "headwater").symlink_to(program)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "dev").write_text(f"#!/bin/sh\nHOME={shlex.quote(os.environ['HOME'])} exec {shlex.quote(str(ROOT / 'dev'))} \"$@\"\n")
    (tmp_path / "dev").chmod(0o755)
    (tmp_path / "build").mkdir()
    known = {**kafka.environment(), **minio.environment()}
    (tmp_path / "build" / "servers.env").write_text("".join(f"export {key}={shlex.quote(str(value))}\n" for key, value in known.items()))

    def run(commands):
        script = "source build/servers.env\n" + "".join(f"{command}\nprintf '{MARK}%s\\n' $?\n" for command in commands)
        environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        return [int(part.split("\n", 1)[0]) for part in done.stdout.split(MARK)[1:]], done.stderr

    return run


def test_the_pages_have_commands():
    names = {str(page.relative_to(ROOT)) for page in with_commands()}
    assert {"README.md", "docs/guides/backfill-then-live.md", "docs/guides/grade-a-stream-job.md", "docs/targets/kafka.md"} <= names


@pytest.mark.parametrize("page", with_commands(), ids=lambda page: page.name)
def test_every_command_of_a_page_runs(page, shell, tmp_path):
    text = page.read_text(encoding="utf-8")
    if page.name == "language.md":
        (tmp_path / "shop.yaml").write_text(first_pack_of(text))
    commands = commands_of(text)
    codes, told = shell(commands)
    assert len(codes) == len(commands), told
    for command, code in zip(commands, codes):
        # Verify finds what the page shows: 1 says that it found something.
        assert code in ((0, 1) if command.startswith("headwater verify") else (0,)), f"{command}\n{told}"
