#!/usr/bin/env python3
"""For files that are made from the code: writes them, or checks that they are not stale.

    generated.py write|check [ROOT]    checks print file:1: message for each stale file and exit 1
"""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import NamedTuple

PROGRAM = "headwater"  # stands for the built program; entries that need it are left out where it is not built


class Generated(NamedTuple):
    """How one file is made: the output of a command, as it is or as a page under a title."""

    file: str
    command: tuple[str, ...]
    title: str = ""

    def text_of(self, output: str) -> str:
        """Gives the whole file for the command's output."""
        if not self.title:
            return output
        return f"# {self.title}\n\nMade by `./dev generate`.\n\n```\n{output.rstrip()}\n```\n"


GENERATED = (
    Generated("docs/reference/dev.md", ("./dev", "help"), "The developer's command"),
    Generated("docs/reference/cli.md", (PROGRAM, "reference", "commands")),
    Generated("docs/reference/pack.md", (PROGRAM, "reference", "pack")),
    Generated("docs/reference/functions.md", (PROGRAM, "reference", "functions")),
    Generated("docs/reference/faults.md", (PROGRAM, "reference", "faults")),
    Generated("docs/reference/targets.md", (PROGRAM, "reference", "targets")),
    Generated("docs/examples.md", ("python3", "tools/examples.py", PROGRAM)),
    Generated("docs/reference/pack.schema.json", (PROGRAM, "schema", "pack")),
    Generated("docs/reference/scenario.schema.json", (PROGRAM, "schema", "scenario")),
)


def make(entry: Generated, root: pathlib.Path) -> str | None:
    """Runs the command and gives the file's text, or None when the program that it needs is not built."""
    command = list(entry.command)
    if PROGRAM in command:
        program = pathlib.Path(os.environ.get("HEADWATER", root / "build" / "release" / "headwater"))
        if not program.exists():
            return None
        command[command.index(PROGRAM)] = str(program)
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return entry.text_of(result.stdout)


def main() -> int:
    action = sys.argv[1] if len(sys.argv) > 1 else ""
    if action not in {"write", "check"}:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).resolve().parent.parent
    stale = 0
    for entry in GENERATED:
        text, path = make(entry, root), root / entry.file
        if text is None:
            print(f"{entry.file}: not looked at, the program is not built")
        elif action == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{entry.file}:1: stale: ./dev generate writes it again")
            stale = 1
    if action == "check" and not stale:
        print("generated files: none is stale")
    return stale


if __name__ == "__main__":
    sys.exit(main())
