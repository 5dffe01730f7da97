"""For the table of suites: what the tests of each folder took, whichever workers ran them."""
import collections
import pathlib


class FolderSeconds:
    """A plugin of pytest that adds the seconds of each folder of tests/ to a table, one line each: name, tab, seconds."""

    def __init__(self, target: pathlib.Path):
        self._target = target
        self._seconds = collections.Counter()

    def pytest_runtest_logreport(self, report):
        folder, is_folder, _ = report.nodeid.split("::")[0].partition("/")
        self._seconds[f"tests/{folder}" if is_folder else "tests/*.py"] += report.duration

    def pytest_sessionfinish(self):
        with self._target.open("a", encoding="utf-8") as table:
            table.writelines(f"{name}\t{seconds:.1f}\n" for name, seconds in sorted(self._seconds.items()))
