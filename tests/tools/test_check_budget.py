"""For the budgets of suites: one that grows past its own fails, by name; and every suite has one."""
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUDGETS = "# For trying.\nbuild\t100\ntests/cli\t10\nwhole\t200\n"


@pytest.fixture
def check(tmp_path):
    """Gives a function that checks a table of seconds."""

    def check(table, *flags, budgets=BUDGETS):
        (tmp_path / "suites.tsv").write_text(table)
        (tmp_path / "budgets.tsv").write_text(budgets)
        return subprocess.run([sys.executable, ROOT / "tools" / "check_budget.py", *flags, tmp_path / "suites.tsv", tmp_path / "budgets.tsv"],
                              capture_output=True, text=True)

    return check


def test_what_each_suite_took_is_shown_beside_its_budget(check):
    done = check("build\t120\ntests/cli\t9.6\nwhole\t190\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["suite      seconds  budget", "build          120     100", "tests/cli       10      10", "whole          190     200"]


@pytest.mark.parametrize("seconds, code", [(35, 0), (36, 1)])
def test_a_suite_fails_when_it_takes_twice_its_budget_and_more(check, seconds, code):
    done = check(f"build\t100\ntests/cli\t{seconds}\nwhole\t200\n")
    assert done.returncode == code
    said = "budget: Suite takes longer than 2 times its budget of 10 s and 15 s: tests/cli, 36 s"
    assert done.stdout.splitlines()[4:] == [said] * code


def test_a_suite_without_budget_is_named(check):
    done = check("build\t100\ntests/new\t1\nwhole\t200\n")
    assert done.returncode == 1
    assert done.stdout.splitlines()[4:] == ["budget: Suite has no budget, give it one in tools/budgets.tsv: tests/new"]


def test_a_table_may_be_shown_without_a_judgement(check):
    done = check("tests/cli\t1000\ntests/new\t1\n", "--show")
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["tests/cli     1000      10", "tests/new        1       -"])


def test_every_folder_of_tests_has_a_budget_and_the_whole_stays_below_25_minutes():
    lines = [line for line in (ROOT / "tools" / "budgets.tsv").read_text().splitlines() if not line.startswith("#")]
    budgets = {name: float(seconds) for name, seconds in (line.split("\t") for line in lines)}
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders | {"tests/*.py"} <= set(budgets)
    assert budgets["whole"] <= 25 * 60
    assert sum(seconds for name, seconds in budgets.items() if not name.startswith("tests/") and name != "whole") <= budgets["whole"]
