"""For what lets tests run side by side: servers shared by workers, ports of their own, and files and groups handed out whole."""
import pathlib
import subprocess
import sys
import threading

import pytest

import workers
from servers import ports
from servers.process import Process
from sharing import SharedServers

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_S = 30


class Idler:
    """The simplest server: it is there."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.process = folder, None

    def start(self):
        self.process = Process.started(["sleep", "1000"], self.folder, bound=True)

    def is_running(self):
        return self.process.is_running()

    def stop(self):
        self.process.kill()


@pytest.fixture
def worker(tmp_path):
    """Gives a function that makes what a worker has of the servers it shares; all end with the test."""
    made = []

    def make():
        made.append(SharedServers(tmp_path / "shared"))
        return made[-1]

    yield make
    closing = [threading.Thread(target=one.close) for one in made if not one.is_closed()]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join(PATIENCE_S)


def test_the_second_worker_finds_what_the_first_started(worker):
    first, second = worker().get("idler", Idler), worker().get("idler", Idler)
    assert first.process.pid == second.process.pid
    assert second.process.is_running()


def test_servers_of_other_names_are_others(worker):
    one = worker()
    assert one.get("idler", Idler).process.pid != one.get("another", Idler).process.pid


def test_a_server_ends_with_the_last_worker_and_not_before(worker):
    first, second = worker(), worker()
    process = first.get("idler", Idler).process
    second.get("idler", Idler)
    closing = threading.Thread(target=first.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive() and process.is_running(), "the first waits for the second"
    second.close()
    closing.join(PATIENCE_S)
    assert not closing.is_alive() and not process.is_alive()


def test_who_comes_when_all_have_gone_starts_anew(worker, tmp_path):
    first = worker()
    pid = first.get("idler", lambda folder: Idler(tmp_path / "first")).process.pid
    first.close()
    again = worker().get("idler", lambda folder: Idler(tmp_path / "second"))
    assert again.process.pid != pid and again.process.is_running()


def test_a_server_that_died_with_its_worker_is_started_again(worker, tmp_path):
    program = ("import pathlib, sys; from sharing import SharedServers; from tools.test_sharing import Idler; "
               f"SharedServers(pathlib.Path({str(tmp_path / 'shared')!r})).get('idler', lambda _: Idler(pathlib.Path({str(tmp_path / 'first')!r}))); "
               "print('up', flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", program], env={"PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'tools'}", "PATH": "/usr/bin:/bin"},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"up\n"
        died = Process.found(tmp_path / "first")
        other.kill()
    assert died.ends_within(PATIENCE_S)
    again = worker().get("idler", lambda _: Idler(tmp_path / "second"))
    assert again.process.is_running()


def test_a_shared_server_cannot_be_taken_away(worker):
    idler = worker().get("idler", Idler)
    for way in ("stop", "kill", "pause"):
        with pytest.raises(AssertionError, match="shared with tests that run beside"):
            getattr(idler, way)()
    assert idler.process.is_running()


def test_programs_side_by_side_draw_from_ranges_of_their_own(monkeypatch):
    drawn = []
    for number in (0, 1, 2):
        monkeypatch.setattr(ports, "FIRST", 20_000)
        monkeypatch.setattr(ports, "LAST", 20_999)
        monkeypatch.setenv("HEADWATER_PORTS", "")
        ports.take_share(number, 2)
        drawn.append({ports.free_port() for _ in range(50)})
    assert max(drawn[0]) < 20_500 <= min(drawn[1])
    assert max(drawn[2]) < 20_500, "one that takes the place of another has that one's share"


def run_pytest(folder, *arguments, **variables):
    """Runs the tests of a folder as ./dev does, with our conftest, and gives what was said."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "tools"), **variables}
    done = subprocess.run([sys.executable, "-m", "pytest", "-c", ROOT / "tests" / "pytest.ini", "--rootdir", folder, "-p", "conftest",
                           *arguments, folder], cwd=ROOT / "tests", env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def some_tests(tmp_path):
    """Gives a folder with tests of which each writes down its worker."""
    folder = tmp_path / "suite"
    for name in ("one/test_a.py", "one/test_b.py", "two/test_c.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(
            "import os, pathlib, pytest\n"
            "@pytest.fixture(scope='session')\ndef own_kafka():\n    return None\n"
            "def note(name):\n"
            "    with open(os.environ['NOTES'], 'a') as notes:\n        notes.write(f\"{name} {os.environ.get('PYTEST_XDIST_WORKER')}\\n\")\n"
            f"@pytest.mark.parametrize('number', range(4))\ndef test_file(number):\n    note({name!r})\n"
            "def test_group(own_kafka):\n    note('group')\n"
            "@pytest.mark.parametrize('server', ['own_kafka'])\ndef test_asked_for_by_name(server):\n    note('group')\n")
    return folder


def test_a_file_and_those_that_need_a_server_for_themselves_stay_in_one_worker(some_tests, tmp_path):
    notes = tmp_path / "notes"
    said = run_pytest(some_tests, "-n", "2", "--dist", "loadgroup", NOTES=str(notes))
    assert "18 passed" in said
    lines = notes.read_text().splitlines()
    ran = {}
    for name, worker in map(str.split, lines):
        ran.setdefault(name, set()).add(worker)
    assert len(lines) == 18 and {name: len(found) for name, found in ran.items()} == {
        "one/test_a.py": 1, "one/test_b.py": 1, "two/test_c.py": 1, "group": 1}
    assert set().union(*ran.values()) == {"gw0", "gw1"}


@pytest.mark.parametrize("flags", [(), ("-n", "2", "--dist", "loadgroup")], ids=["one process", "two workers"])
def test_seconds_are_added_up_by_folder(some_tests, tmp_path, flags):
    table = tmp_path / "suites.tsv"
    table.write_text("build\t3\n")
    (some_tests / "one" / "test_slow.py").write_text("import threading\ndef test_slow():\n    threading.Event().wait(0.5)\n")
    run_pytest(some_tests, *flags, NOTES=str(tmp_path / "notes"), HEADWATER_SUITES=str(table))
    first, *rest = table.read_text().splitlines()
    seconds = {name: float(taken) for name, taken in (line.split("\t") for line in rest)}
    assert first == "build\t3" and set(seconds) == {"tests/one", "tests/two"}
    assert 0.5 <= seconds["tests/one"] and seconds["tests/two"] < 0.5


def test_what_takes_longest_is_there():
    """A name that is not there any more would move nothing to the front."""
    for scope in workers.LONGEST_FIRST:
        assert scope in workers.OWN_SERVERS or (ROOT / "tests" / scope).exists(), scope
