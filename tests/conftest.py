"""For what every test outside the unit tests needs: the program, and the choice of slow ones."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items):
    if os.environ.get("HEADWATER_LONG") == "1":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="slow: ./dev test --long runs it"))


@pytest.fixture(scope="session")
def program():
    """Gives the path of the program, for tests that start it on their own."""
    return pathlib.Path(os.environ.get("HEADWATER", ROOT / "build" / "release" / "headwater"))


@pytest.fixture(scope="session")
def headwater(program):
    """Gives a function that runs the program and returns its finished process; output is text."""

    def run(*arguments, check=True, **options):
        options = {"capture_output": True, "text": True, "timeout": 600, "stdin": subprocess.DEVNULL, **options}
        result = subprocess.run([program, *map(str, arguments)], **options)
        assert not check or result.returncode == 0, result.stderr
        return result

    return run
