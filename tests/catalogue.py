"""For tests that run over everything that is registered: the program's own tables of formats, envelopes and targets."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("HEADWATER", ROOT / "build" / "release" / "headwater"))
TOYS = PROGRAM.with_name("headwater_toys")  # the same program with a toy format and a toy target


def catalogue(program):
    """Reads the tables; a program that is not built has none."""
    if not program.exists():
        return {"outputs": [], "formats": [], "envelopes": [], "targets": []}
    return json.loads(subprocess.run([program, "reference", "catalogue"], capture_output=True, text=True, check=True).stdout)


def packs(program):
    """Names the packs there are."""
    if not program.exists():
        return []
    listed = subprocess.run([program, "packs"], capture_output=True, text=True, check=True, cwd="/").stdout
    return [line.split()[0] for line in listed.splitlines()]


def pairs(programs=(PROGRAM, TOYS)):
    """Gives each (program, format, target) that go together, once: those of the toys hold a toy."""
    known = set()
    for program in programs:
        tables = catalogue(program)
        for form in tables["formats"]:
            for target in tables["targets"]:
                fits = form["stands_alone"] if target["takes_messages"] else target["takes_objects"] or not form["makes_objects"]
                if fits and (form["name"], target["scheme"]) not in known:
                    known.add((form["name"], target["scheme"]))
                    yield program, form, target
