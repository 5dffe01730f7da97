"""For how soon after its instant a live record is there, at several rates, and for what a live run costs that has nothing to do."""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ.get("HEADWATER", str(HERE.parent / "build/release/headwater"))
RATES = (1, 1_000, 20_000, 100_000)
SECONDS = 20 if os.environ.get("HEADWATER_LONG") else 5
IDLE = "1/h"

PACK = """pack: paced
version: 1
summary: Records that tell their instant.
streams:
  ticks:
    rate: {rate}
    types: {{at: instant(us)}}
    fields: {{at: =time}}
"""


def live_run(folder, rate, *words):
    """Starts a live run into a pipe."""
    pack = folder / "paced.yaml"
    pack.write_text(PACK.format(rate=rate), encoding="utf-8")
    command = [PROGRAM, "run", pack, "--live", *words, "--to", "stdout:"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def instant_of(line):
    """Gives the instant that a record tells, in seconds."""
    return datetime.datetime.fromisoformat(json.loads(line)["at"].replace("Z", "+00:00")).timestamp()


def delays_ms(folder, rate):
    """Gives how late records arrive, one of each read, for reading every one of them would be measured instead."""
    delays = []
    with live_run(folder, f"{rate}/s", "--for", f"{SECONDS}s") as run:
        while chunk := os.read(run.stdout.fileno(), 1 << 20):
            now = time.time()
            lines = chunk.split(b"\n")
            delays += [(now - instant_of(line)) * 1e3 for line in (lines[1], lines[-2]) if len(lines) > 3 and line]
            if len(lines) == 2:
                delays.append((now - instant_of(lines[0])) * 1e3)
    return sorted(delays)


def idle_share(folder):
    """Gives the share of a core that a live run takes whose records hardly ever come."""
    run = live_run(folder, IDLE)
    try:
        time.sleep(1)
        before, began = processor_s(run.pid), time.monotonic()
        time.sleep(SECONDS)
        return (processor_s(run.pid) - before) / (time.monotonic() - began)
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()


def processor_s(pid):
    """Gives the processor time of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as name:
        folder = pathlib.Path(name)
        for rate in RATES:
            delays = delays_ms(folder, rate)
            median, late = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
            print(f"live at {rate:>7,}/s  {median:6.1f} ms after its instant, 99 % within {late:6.1f} ms", flush=True)
        print(f"live and idle  {100 * idle_share(folder):6.2f} % of a core")


if __name__ == "__main__":
    main()
