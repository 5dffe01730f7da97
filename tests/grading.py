"""For grading copies in tests: runs, their copies, and what verify says of them."""
import json
import pathlib
import shutil

KINDS = ("lost", "duplicated", "reordered", "altered", "unexpected", "unreadable")


def pour(headwater, folder, *arguments, pack="payments", count=2000, identity="column"):
    """Runs a pack into a folder as JSON lines and gives the path of the manifest."""
    headwater("run", pack, "--count", count, "--to", f"file:{folder}", "--identity", identity, "--quiet", *arguments)
    return pathlib.Path(folder) / "manifest.json"


def grade(headwater, manifest, *arguments, tmp):
    """Gives exit code and JSON report of a grade."""
    report = tmp / "report.json"
    report.unlink(missing_ok=True)
    done = headwater("verify", manifest, "--report", f"json={report}", *arguments, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(report.read_text(encoding="utf-8"))


def counts(report):
    """Gives the kinds of differences that there are, with their numbers."""
    return {kind: report["total"][kind] for kind in KINDS if report["total"][kind]}


def of_kind(report, kind):
    """Gives the differences of a kind that are told in full."""
    return [one for one in report["differences"] if one["kind"] == kind]


def copy_of(folder, target):
    """Copies the objects of a run, without its manifest, into a folder of another name."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("manifest*.json", "_SUCCESS*"))
    return pathlib.Path(target)


def lines_of(path):
    """Reads the lines of a file with their ends."""
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def write_lines(path, lines):
    """Writes lines to a file."""
    path.write_text("".join(lines), encoding="utf-8")
