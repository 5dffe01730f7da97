"""For waiting until a process has brought something about: no longer than needed, and not beyond the end of the process."""
import contextlib
import subprocess
import time

PATIENCE_S = 60
REST_S = 0.02  # between two looks, so that looking does not take the core that the process needs


def wait_until(holds, process, patience_s=PATIENCE_S):
    """Gives the first true value of holds(); fails when the process ends without it, and when patience does."""
    until = time.monotonic() + patience_s
    while True:
        has_ended = process.poll() is not None  # asked first, so that what it did last is seen
        if found := holds():
            return found
        assert not has_ended, f"process ended before, with exit code {process.returncode}"
        assert time.monotonic() < until, f"process does not bring it about within {patience_s} s"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(REST_S)
