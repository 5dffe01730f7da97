"""For the developer's command: what it lists it does, and it refuses the rest."""
import pathlib
import re
import subprocess

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
