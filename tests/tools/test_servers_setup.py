"""For what servers start from: a cache filled once, whole or not at all, by whoever comes first; and ports of their own."""
import os
import pathlib
import socket
import subprocess
import sys
import threading

import pytest

from servers import ports, versions
from servers.errors import ServerError
from servers.installing import once, program, run
from servers.ports import HOST, usual_or_free

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(versions, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def test_what_is_there_is_not_made_again(cache):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "program").write_text("1")

    assert (once("thing-1", make) / "program").read_text() == "1"
    assert once("thing-1", make) == cache / "thing-1"
    assert len(made) == 1
    once("thing-2", make)
    assert len(made) == 2, "another version is another thing"


def test_what_failed_halfway_is_not_taken_for_whole(cache):
    def fail(folder):
        (folder / "half").write_text("1")
        raise ServerError("cut")

    with pytest.raises(ServerError):
        once("thing", fail)
    assert not (cache / "thing").exists()
    folder = once("thing", lambda folder: (folder / "program").write_text("1"))
    assert [path.name for path in folder.iterdir()] == ["program"]


def test_the_second_waits_for_the_first_and_makes_nothing(cache):
    making, go_on, made = threading.Event(), threading.Event(), []

    def slow(folder):
        making.set()
        assert go_on.wait(30)
        made.append("first")

    first = threading.Thread(target=once, args=("thing", slow))
    second = threading.Thread(target=once, args=("thing", lambda folder: made.append("second")))
    first.start()
    assert making.wait(30)
    second.start()
    second.join(0.2)
    assert second.is_alive(), "it waits"
    go_on.set()
    first.join()
    second.join()
    assert made == ["first"]


def test_a_step_that_fails_shows_what_it_said():
    with pytest.raises(ServerError, match=r"(?s)no such thing\nCommand failed with 3: sh -c"):
        run(["sh", "-c", "echo no such thing; exit 3"])


@pytest.mark.parametrize("tool, what", [("mvn", "apt-get install maven"), ("java", "apt-get install openjdk-17-jre-headless"), ("go", "Go 1.26 or newer")])
def test_a_missing_tool_is_named_with_what_to_install(tool, what, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError) as refused:
        program(tool)
    assert str(refused.value) == f"{tool} is missing, install it: {what}"


def test_the_command_line_says_so_in_one_line(tmp_path):
    """A machine without Java: nothing is cached, and nothing can be fetched."""
    code = ("import pathlib, sys; from servers import versions; versions.CACHE = pathlib.Path(sys.argv.pop()); "
            "from servers.__main__ import main; sys.exit(main())")
    result = subprocess.run([sys.executable, "-c", code, "install", tmp_path], capture_output=True, text=True,
                            env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(ROOT / "tools")})
    assert result.returncode == 1
    assert result.stderr == "dev: java is missing, install it: apt-get install openjdk-17-jre-headless\n"


def test_every_port_drawn_is_another_one():
    drawn = [ports.free_port() for _ in range(300)]
    assert len(set(drawn)) == len(drawn)


def test_a_port_that_somebody_has_is_not_drawn(monkeypatch):
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(ports, "FIRST", port)
        monkeypatch.setattr(ports, "LAST", port)
        with pytest.raises(ServerError, match="No free port"):
            ports.free_port()
    assert ports.free_port() == port


def test_a_usual_port_that_is_taken_is_refused():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ServerError, match=f"^Port is taken: {port}$"):
            usual_or_free(port)
    assert usual_or_free(port) == port
