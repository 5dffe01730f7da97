"""For the developer's command: what it lists it does, and it refuses the rest."""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def dev(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_help_lists_every_command_there_is():
    listed = set(re.findall(r"^  ([a-z]+)\b", dev("help").stdout, re.MULTILINE))
    cases = re.search(r"case \$command in(.*?)\*\)", (ROOT / "dev").read_text(), re.DOTALL).group(1)
    known = {name for names in re.findall(r"^\s+([a-z| -]+)\)", cases, re.MULTILINE) for name in re.findall(r"[a-z]+", names)}
    assert listed == known - {"help", "h"}


def test_an_unknown_command_is_refused():
    result = dev("nonsense")
    assert result.returncode == 1
    assert "no such command: nonsense" in result.stderr


def test_ci_asks_nothing_and_runs_the_tests():
    text = (ROOT / ".ci" / "run").read_text()
    assert "exec ./dev test </dev/null" in text


INSTALLED = """#!/bin/sh
# For a machine that has every package of the system.
case "$1" in -W) printf installed ;; esac
"""
FAKE_PYTHON = """#!/bin/sh
# For a Python that makes virtual environments and installs into them by writing down what was asked.
echo "$@" >>"$LOG"
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
"""


@pytest.fixture
def machine(tmp_path):
    """Gives a function that makes a clone, one that runs ./dev in a clone, and the log of what Python was asked for."""
    tools = tmp_path / "programs"
    tools.mkdir()
    for name, text in {"dpkg-query": INSTALLED, "python3": FAKE_PYTHON, "apt-get": "#!/bin/sh\nexit 1\n"}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    log = tmp_path / "log"
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache"), "LOG": str(log)}

    def clone(name):
        folder = tmp_path / name
        (folder / "tools").mkdir(parents=True)
        shutil.copy(ROOT / "dev", folder)
        for file in [*ROOT.glob("tools/apt-packages*.txt"), *ROOT.glob("tools/requirements*.txt")]:
            shutil.copy(file, folder / "tools")
        return folder

    def run(folder, *arguments):
        return subprocess.Popen([folder / "dev", *arguments], env=environment, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    return clone, run, log


def finish(process):
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


def test_clones_that_set_up_at_once_share_one_environment(machine):
    clone, run, log = machine
    clones = [clone("one"), clone("two")]
    for process in [run(folder, "setup") for folder in clones]:
        assert "setup: complete" in finish(process)
    asked = log.read_text().splitlines()
    assert [line.split()[:2] for line in asked] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"]]
    first, second = (finish(run(folder, "python")) for folder in clones)
    assert first == second and pathlib.Path(first.strip()).exists()


def test_building_waits_for_no_package_of_the_tests(machine):
    clone, run, log = machine
    finish(run(clone("one"), "setup", "build"))
    assert log.read_text().count("pip install") == 1
    assert "tools/requirements-build.txt" in log.read_text()


def test_other_lists_get_another_environment(machine):
    clone, run, _ = machine
    one, two = clone("one"), clone("two")
    with open(two / "tools" / "requirements.txt", "a", encoding="utf-8") as list_of_two:
        list_of_two.write("another==1.0\n")
    assert finish(run(one, "python")) != finish(run(two, "python"))


def test_clean_says_what_it_removes_and_keeps_what_clones_share(machine):
    clone, run, _ = machine
    folder = clone("one")
    finish(run(folder, "setup"))
    python = pathlib.Path(finish(run(folder, "python")).strip())
    assert "removing build (" in finish(run(folder, "clean"))
    assert python.exists()
    assert f"removing {python.parents[1]} (" in finish(run(folder, "clean", "--all"))
    assert not python.exists()
    assert not list(folder.glob("build"))


def write_log(path, *steps):
    path.write_text("# ninja log v5\n" + "".join(f"{start}\t{end}\t0\t{output}\thash\n" for start, end, output in steps))


def test_a_build_tells_what_took_longest_of_what_it_made(tmp_path):
    old = (0, 90000, "CMakeFiles/a.dir/src/old.cpp.o")
    write_log(tmp_path / "before.ninja_log", old, (0, 5, "CMakeFiles/a.dir/src/again.cpp.o"))
    write_log(tmp_path / ".ninja_log", old, (0, 7000, "CMakeFiles/a.dir/src/again.cpp.o"), (7000, 16500, "CMakeFiles/b.dir/src/new.cpp.o"), (16500, 16600, "program"))
    (tmp_path / "processor_seconds").write_text("20.5 1.5\n")
    told = subprocess.run([sys.executable, ROOT / "tools" / "longest.py", tmp_path, "17"], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["3 steps in 17 s, 22 s of processor time; the longest:",
                                        "    9.5 s  src/new.cpp", "    7.0 s  src/again.cpp", "    0.1 s  program"]


def test_a_build_with_nothing_to_do_tells_nothing(tmp_path):
    for name in ("before.ninja_log", ".ninja_log"):
        write_log(tmp_path / name, (0, 9000, "program"))
    told = subprocess.run([sys.executable, ROOT / "tools" / "longest.py", tmp_path, "9"], capture_output=True, text=True, check=True)
    assert told.stdout == ""
