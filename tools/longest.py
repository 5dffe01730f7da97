#!/usr/bin/env python3
"""For what a build spent its time on: longest.py BUILD_FOLDER SECONDS, after ninja, with its log of before beside the new one."""
import pathlib
import sys

LISTED = 5
WORTH_TELLING_S = 5


def steps(log: pathlib.Path) -> dict[str, tuple[str, ...]]:
    """Gives for each output the line of its last making."""
    lines = (line.split("\t") for line in log.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {line[3]: tuple(line) for line in lines if len(line) == 5}


def tell(folder: pathlib.Path, seconds: int) -> str | None:
    """Says what was made and what of it took longest, or nothing where that was quick."""
    before = steps(folder / "before.ninja_log")
    made = [line for output, line in steps(folder / ".ninja_log").items() if before.get(output) != line]
    if not made or seconds < WORTH_TELLING_S:
        return None
    processor_seconds = sum(map(float, (folder / "processor_seconds").read_text(encoding="utf-8").split()))
    lasted = sorted(((int(line[1]) - int(line[0])) / 1000, line[3]) for line in made)[::-1]
    longest = "".join(f"\n  {s:5.1f} s  {name_of(output)}" for s, output in lasted[:LISTED])
    return f"{len(made)} steps in {seconds} s, {processor_seconds:.0f} s of processor time; the longest:{longest}"


def name_of(output: str) -> str:
    """Gives the source of an object, and other outputs as they are."""
    return output.split(".dir/", 1)[-1].removesuffix(".o") if output.endswith(".o") else output


if __name__ == "__main__":
    told = tell(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
    if told:
        print(told)
