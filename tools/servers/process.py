"""For one server process: started, signalled, awaited, and found again by another program through its pid file."""
import concurrent.futures
import os
import pathlib
import select
import signal
import subprocess
import time
from collections.abc import Callable

from servers.errors import ServerError

STOP_S = 15
LAST_LINES = 15

# The kernel ends a bound process when the thread that started it ends, so one thread that lasts starts them all.
_starter = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


def _stat(pid: int) -> tuple[str, str]:
    """Gives state and start of a process; the start tells it from a later one with the same pid. Empty when there is none."""
    try:
        words = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return words[0], words[19]


class Process:
    """A process of ours. Its descriptor stays its own, also when the pid is given to somebody else."""

    def __init__(self, pid: int, log: pathlib.Path, child: subprocess.Popen | None = None):
        self.pid = pid
        self.log = log
        self._child = child
        self._descriptor = os.pidfd_open(pid)

    def __del__(self):
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def __reduce__(self):
        """Pickles it for another program, which may signal and await it as long as it lives."""
        return Process, (self.pid, self.log)

    @classmethod
    def started(cls, command: list, folder: pathlib.Path, bound: bool, environment: dict | None = None) -> "Process":
        """Starts a command with its output in folder/log and its pid in folder/pid; a bound one dies with this program."""
        log = folder / "log"
        words = [*(("setpriv", "--pdeathsig", "KILL") if bound else ()), *map(str, command)]
        with open(log, "ab") as output:
            child = _starter.submit(subprocess.Popen, words, stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT, start_new_session=True,
                                    env={**os.environ, **(environment or {})}).result()
        (folder / "pid").write_text(f"{child.pid} {_stat(child.pid)[1]}\n", encoding="utf-8")
        return cls(child.pid, log, child)

    @classmethod
    def found(cls, folder: pathlib.Path) -> "Process | None":
        """Gives the process that was started in a folder, if it lives and is still the same."""
        try:
            pid, _, start = (folder / "pid").read_text(encoding="utf-8").strip().partition(" ")
            process = cls(int(pid), folder / "log")
        except (OSError, ValueError):
            return None
        return process if start and _stat(process.pid)[1] == start and process.is_alive() else None

    def ends_within(self, seconds: float) -> bool:
        """Waits for the end of the process, that long at most, and tells whether it ended."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        ended = bool(poll.poll(seconds * 1000))
        if ended and self._child is not None:
            self._child.wait()
        return ended

    def is_alive(self) -> bool:
        """Tells whether the process has not ended; a paused one is alive."""
        return not self.ends_within(0)

    def is_running(self) -> bool:
        """Tells whether the process is alive and not paused."""
        return self.is_alive() and _stat(self.pid)[0] != "T"

    def send(self, number: signal.Signals) -> None:
        """Sends a signal; nothing happens when the process has ended."""
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            pass

    def pause(self) -> None:
        """Freezes the process: its connections stay, nothing answers."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused process go on."""
        self.send(signal.SIGCONT)

    def stop(self) -> None:
        """Asks the process to end, and makes it end when it does not."""
        self.resume()
        self.send(signal.SIGTERM)
        if not self.ends_within(STOP_S):
            self.kill()

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        self.send(signal.SIGKILL)
        if not self.ends_within(STOP_S):
            raise ServerError(f"Process does not end: {self.pid}")

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Asks again and again until ready; fails early, with the last lines of the log, when the process ends."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self.ends_within(0.05):
                raise ServerError(f"{self.last_lines()}\n{what} ended while it started, see its log: {self.log}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.last_lines()}\n{what} did not answer within {timeout_s:g} s, see its log: {self.log}")

    def last_lines(self) -> str:
        """Gives the end of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
