#!/usr/bin/env python3
"""For what verify costs: records a second of one core, and memory, over what is read and what is made again.

Prints one line per measure. Processor time counts, all threads together, so that other work on the machine matters little.
"""
import os
import pathlib
import subprocess
import tempfile

HEADWATER = os.environ.get("HEADWATER", "build/release/headwater")
COUNT = 10_000_000 if os.environ.get("HEADWATER_LONG") == "1" else 2_000_000
TURNS = 3


def measured(*command):
    """Runs a command; gives its processor seconds and its peak of memory in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    with tempfile.TemporaryDirectory() as folder:
        for form in ("json", "csv", "parquet"):
            target = pathlib.Path(folder) / form
            subprocess.run([HEADWATER, "run", "payments", "--streams", "transactions", "--count", str(COUNT), "--to",
                            f"file:{target}?format={form}", "--identity", "column", "--quiet", "--state", "none"], check=True)
            size = sum(path.stat().st_size for path in target.rglob("transactions/*")) / COUNT
            for match in ("identity", "content"):
                turns = [measured(HEADWATER, "verify", target / "manifest.json", "--match", match, "--quiet")
                         for _ in range(TURNS)]
                seconds, memory = min(turns)[0], max(turn[1] for turn in turns)
                print(f"verify {form:8} {match:9} {COUNT / seconds / 1e6:5.2f} M records/s/core  {size:4.0f} bytes/record  "
                      f"{memory:4.0f} MiB", flush=True)
            for path in sorted(target.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()


if __name__ == "__main__":
    main()
