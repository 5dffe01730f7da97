"""For what a run needs however long it is: the time to its first record, and its memory after few and after many records."""

import os
import pathlib
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ.get("HEADWATER", str(HERE.parent / "build/release/headwater"))
FEW, MANY = 100_000, 100_000_000 if os.environ.get("HEADWATER_LONG") else 10_000_000
STARTS = 9


def first_record_ms(pack):
    """Gives the median and the best time from the start of the process to the end of the first record, read from a pipe."""
    times = []
    for _ in range(STARTS):
        began = time.perf_counter()
        with subprocess.Popen([PROGRAM, "run", pack, "--to", "stdout:"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            run.stdout.readline()
            times.append((time.perf_counter() - began) * 1e3)
            run.kill()
    return statistics.median(times), min(times)


def peak_mib(pack, count):
    """Gives the highest resident memory of a run, as the kernel last told before the run ended."""
    command = [PROGRAM, "run", pack, "--count", str(count), "--to", "discard:"]
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None:
            status = pathlib.Path(f"/proc/{run.pid}/status").read_text(encoding="utf-8")
            lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM")]
            peak = max(peak, int(lines[0][1]) if lines else 0)
            time.sleep(0.0005)
    return peak / 1024


def main():
    event = str(HERE / "event.yaml")
    for name, pack in (("event", event), ("payments", "payments")):
        median, best = first_record_ms(pack)
        print(f"first record of {name:<10} {median:7.1f} ms after the start, median of {STARTS}; best {best:.1f}")
    few, many = peak_mib(event, FEW), peak_mib(event, MANY)
    print(f"memory after {FEW:<13} {few:7.1f} MiB")
    print(f"memory after {MANY:<13} {many:7.1f} MiB  {many - few:+.1f}")


if __name__ == "__main__":
    main()
