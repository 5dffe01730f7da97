"""For every command of every page: they run as they stand, page by page, in a shell that knows build/servers.env and nothing else."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest

from servers.ports import free_port
from servers.up import environment_text

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if "reference" not in page.parts)]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = ("", "sh", "console")  # what blocks of commands say they are; others are files or output
PROGRAMS = ("headwater ", "duckdb ", "kcat ", "curl ", "./dev ", "python ", "export ")
# What builds and tests is how this test came to run; servers are up already, and others use them too.
DEV = "#!/bin/sh\ncase $1 in up|down|run|setup|build|test|help) ;; *) exit 64;; esac\n"
TIME_S = 400
ANSWERS = "until curl -sko /dev/null http://localhost:8000/livez || curl -sko /dev/null https://localhost:8000/livez; do kill -0 $! || exit 1; done"
DIFFERENCES = 1  # of headwater verify
NAME = re.compile(r"(?:pack|scenario): (\w+)\n")


def is_open(command):
    """Tells whether a command goes on in the next line."""
    if document := re.search(r"<<'(\w+)'", command):
        return not command.endswith(f"\n{document[1]}")
    return command.endswith("\\") or command.count("'") % 2 == 1 or command.count('"') % 2 == 1


def commands_of(text):
    """Gives the commands of a page: what stands behind `$ `, or, in a block without that, lines that begin with a program."""
    commands = []
    for language, block in BLOCK.findall(text):
        if language not in SHELLS:
            continue
        is_marked = re.search(r"^\$ ", block, re.MULTILINE)
        goes_on = False
        for line in block.splitlines():
            if goes_on:
                commands[-1] += "\n" + line
            elif is_marked and line.startswith("$ "):
                commands.append(line[2:])
            elif not is_marked and line.startswith(PROGRAMS):
                commands.append(line)
            else:
                continue
            goes_on = is_open(commands[-1])
    return commands


def files_of(text):
    """Gives the packs and scenarios of a page, which readers save under their names."""
    return [(NAME.match(block)[1], block) for language, block in BLOCK.findall(text) if language == "yaml" and NAME.match(block)]


def script_of(commands):
    """Gives a script that says each command before it runs it, and ends with the first that fails."""
    lines = ["set -o pipefail", "trap 'kill $(jobs -p) 2>/dev/null' EXIT"]
    for command in commands:
        lines += ["cat >&2 <<'COMMAND'", "$ " + command, "COMMAND"]
        if command.startswith("headwater serve") and "--print-config" not in command:
            # It serves until the page is over.
            lines += ["kill %% 2>/dev/null && wait", f"{command} &", ANSWERS]
        elif command.startswith("headwater verify"):
            lines += [f"{command} || [ $? = {DIFFERENCES} ] || exit 1"]
        else:
            lines += [f"{command} || exit 1"]
    return "\n".join(lines) + "\n"


@pytest.fixture
def bare(program, kafka, minio, tmp_path):
    """Gives a function that runs a script in a bare shell, in a folder that looks like a clone with servers."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "servers.env").write_text(environment_text([kafka.environment(), minio.environment()], program.parent), encoding="utf-8")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "dev").write_text(DEV, encoding="utf-8")
    (tmp_path / "dev").chmod(0o755)
    port = free_port()
    (tmp_path / ".curlrc").write_text(f'connect-to = "localhost:8000:127.0.0.1:{port}"\n', encoding="utf-8")

    def run(commands, files=()):
        for name, text in files:
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        script = "source build/servers.env\n" + script_of(commands)
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HEADWATER_PORT": str(port)}
        shell = subprocess.Popen(["bash", "-c", script], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            said = shell.communicate(timeout=TIME_S)
            return subprocess.CompletedProcess(commands, shell.returncode, *said)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)

    return run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_runs(page, bare):
    text = page.read_text(encoding="utf-8")
    done = bare(commands_of(text), files_of(text))
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_command_that_fails_is_found(bare):
    assert bare(["headwater packs", "headwater run nothing"]).returncode != 0
    assert bare(["headwater packs | cat", "kcat -L -b $KAFKA_BOOTSTRAP"]).returncode == 0
    assert bare(["kcat -L -b $KAFKA"]).returncode != 0


def test_the_commands_of_a_page_are_found_with_the_lines_in_which_they_go_on():
    text = "```\n$ a 'b\nc'\nout\n$ d \\\n  e\n```\n\n```\nheadwater f\noutput\n```\n\n```yaml\nheadwater g\n```\n\n```\n$ cat > h <<'X'\ni\nX\n```\n"
    assert commands_of(text) == ["a 'b\nc'", "d \\\n  e", "headwater f", "cat > h <<'X'\ni\nX"]
