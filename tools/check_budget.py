"""For the time that tests may take: shows what each suite of ./dev test took, and fails when one grew past its budget.

    python3 tools/check_budget.py [--show] [TABLE [BUDGETS]]

A budget is what the suite takes on two quiet cores when nothing is compiled or fetched yet. Other machines are slower, and
this one is not always quiet: a suite fails when it takes FACTOR times as long and GRACE_S more. A suite that grew for a good
reason gets another budget, in the same commit.
"""
import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = ROOT / "build" / "suites.tsv"
BUDGETS = ROOT / "tools" / "budgets.tsv"
FACTOR = 2
GRACE_S = 15  # what a moment of other work costs, which is much for a suite of seconds


def read(path: pathlib.Path) -> dict[str, float]:
    """Reads suites and their seconds: a line each, with a tab between."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {name: float(seconds) for name, seconds in (line.split("\t") for line in lines)}


def mistakes(taken: dict[str, float], budgets: dict[str, float]) -> list[str]:
    """Names the suites that took too long, and those that have no budget."""
    return [
        *(f"Suite takes longer than {FACTOR} times its budget of {budgets[name]:g} s and {GRACE_S} s: {name}, {seconds:g} s"
          for name, seconds in taken.items() if name in budgets and seconds > FACTOR * budgets[name] + GRACE_S),
        *(f"Suite has no budget, give it one in tools/budgets.tsv: {name}" for name in taken if name not in budgets),
    ]


def table(taken: dict[str, float], budgets: dict[str, float]) -> str:
    """Gives the suites as they ran, with their seconds and budgets."""
    width = max(len(name) for name in ("suite", *taken))
    rows = [f"{'suite':{width}}  seconds  budget"]
    rows += [f"{name:{width}}  {seconds:7.0f}  {f'{budgets[name]:6.0f}' if name in budgets else '     -'}" for name, seconds in taken.items()]
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", action="store_true", help="show the table, compare nothing")
    parser.add_argument("table", nargs="?", type=pathlib.Path, default=TABLE)
    parser.add_argument("budgets", nargs="?", type=pathlib.Path, default=BUDGETS)
    arguments = parser.parse_args()
    taken, budgets = read(arguments.table), read(arguments.budgets)
    print(table(taken, budgets))
    found = [] if arguments.show else mistakes(taken, budgets)
    for mistake in found:
        print(f"budget: {mistake}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
