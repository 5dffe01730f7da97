#!/usr/bin/env python3
"""For the page of small packs: each of docs/examples/ under what its author wanted, beside the records it makes.

    examples.py PROGRAM    prints the page
"""
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path("docs/examples")
LINES = 3  # of each stream
WIDTH = 160
INTRODUCTION = """# Small packs

Each of these is a whole pack of at most forty lines, and below it stand the first records of its streams. Copy one and run
`headwater run NAME.yaml --for 1d`; the [guide to the language](language.md) explains every key. Made by `./dev generate`."""


def summary_of(text: str) -> str:
    """Gives what the pack is for, as its author would say it."""
    return next(line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("summary:"))


def records_of(program: str, pack: pathlib.Path) -> str:
    """Gives the first records of every stream, long ones cut."""
    command = [program, "run", str(pack), "--count", str(LINES), "--for", "30d", "--quiet", "--threads", "1", "--to", "stdout:"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    return "\n".join(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in made.splitlines())


def main() -> int:
    program = sys.argv[1]
    print(INTRODUCTION)
    for pack in sorted(FOLDER.glob("*.yaml")):
        text = pack.read_text(encoding="utf-8")
        print(f"\n## {summary_of(text)}\n\n```yaml\n{text.rstrip()}\n```\n\n```\n{records_of(program, pack)}\n```")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
