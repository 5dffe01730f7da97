#!/usr/bin/env python3
"""For what verify costs: records a second of one core, and memory, over what is read and what is made again.

Prints one line per measure. Processor time counts, all threads together, so that other work on the machine matters little.
"""
import os
import pathlib
import subprocess
import tempfile

HEADWATER = os.environ.get("HEADWATER", "build/release/headwater")
# Of the larger counts the entries do not fit into memory and are spilled.
COUNTS = {"json": (2_000_000, 6_000_000), "csv": (2_000_000,), "parquet": (2_000_000,)}
LONG = 10_000_000
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
        long = (LONG,) if os.environ.get("HEADWATER_LONG") == "1" else ()
        for form, count in ((form, count) for form, counts in COUNTS.items() for count in long or counts):
            target = pathlib.Path(folder) / form
            subprocess.run([HEADWATER, "run", "payments", "--streams", "transactions", "--count", str(count), "--to",
                            f"file:{target}?format={form}", "--identity", "column", "--quiet", "--state", "none"], check=True)
            size = sum(path.stat().st_size for path in target.rglob("transactions/*")) / count
            for match in ("identity", "content"):
                turns = [measured(HEADWATER, "verify", target / "manifest.json", "--match", match, "--quiet")
                         for _ in range(TURNS)]
                seconds, memory = min(turns)[0], max(turn[1] for turn in turns)
                print(f"verify {form:8} {match:9} {count / 1e6:3.0f} M records {count / seconds / 1e6:5.2f} M records/s/core  {size:4.0f} bytes/record  "
                      f"{memory:4.0f} MiB", flush=True)
            for path in sorted(target.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()


if __name__ == "__main__":
    main()
