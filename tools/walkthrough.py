#!/usr/bin/env python3
"""For pages whose commands are run and whose output is what they print: walkthrough.py write|check PAGE.md

Blocks marked ```console hold commands behind `$ `, with their continuation lines, and what they print. They run in one shell, in
the order of the page, against the service at localhost:8000; SERVICE_PORT says where that really is. What differs from one time
to the next (ids, instants, durations, speeds) is printed as if it did not. A check prints what differs and exits 1.
"""
from __future__ import annotations

import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

MARK = "\x1e"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")
STEADY = (
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"), "2026-11-21T12:00:00.000000Z"),
    (re.compile(r'"(elapsed_ms|lag_ms)":\d+'), r'"\1":250'),
    (re.compile(r'"records_per_second":[0-9.e+]+'), '"records_per_second":4000.0'),
    (re.compile(r'"limited_by":"[^"]+"'), '"limited_by":"rate"'),
    (re.compile(r'"version":"[0-9.]+"'), '"version":"0.1.0"'),
    (re.compile(r'"seed":\d{3,}'), '"seed":4711'),
    (re.compile(r"(?m)^(X-Request-Id: )\w+"), r"\g<1>edb9c2d81d541505"),
)
TIME_S = 120


def commands_of(block: str) -> list[str]:
    """Gives the commands of a block; a line that ends with a backslash, or is inside quotes, goes on."""
    commands: list[str] = []
    is_open = False
    for line in block.splitlines():
        if line.startswith("$ "):
            commands.append(line[2:])
        elif is_open:
            commands[-1] += "\n" + line
        else:
            continue
        is_open = commands[-1].endswith("\\") or commands[-1].count("'") % 2 == 1
    return commands


def run_all(commands: list[str]) -> list[str]:
    """Runs the commands one behind the other in one shell, and gives what each printed."""
    with tempfile.TemporaryDirectory() as folder:
        port = os.environ.get("SERVICE_PORT", "8000")
        pathlib.Path(folder, ".curlrc").write_text(f'silent\nshow-error\nconnect-to = "localhost:8000:127.0.0.1:{port}"\n', encoding="utf-8")
        script = "".join(f"{command}\nprintf '{MARK}'\n" for command in commands)
        done = subprocess.run(["bash", "-c", script], cwd=folder, env={**os.environ, "CURL_HOME": folder}, capture_output=True,
                              text=True, timeout=TIME_S, check=False, stdin=subprocess.DEVNULL)
    if done.stderr:
        raise SystemExit(f"A command complains: {done.stderr}")
    return done.stdout.replace("\r", "").split(MARK)[:-1]


def steady(outputs: list[str]) -> list[str]:
    """Gives the outputs as they would be if ids, instants and speeds were the same each time."""
    known: dict[str, str] = {}

    def same_each_time(found: re.Match) -> str:
        return known.setdefault(found[0], str(uuid.UUID(bytes=uuid.uuid5(uuid.NAMESPACE_URL, str(len(known))).bytes, version=4)))

    result = []
    for text in outputs:
        text = UUID.sub(same_each_time, text)
        for pattern, instead in STEADY:
            text = pattern.sub(instead, text)
        result.append(text)
    return result


def page_with(text: str, outputs: list[str]) -> str:
    """Gives the page with these outputs behind its commands."""
    left = iter(outputs)

    def filled(found: re.Match) -> str:
        parts = [f"$ {command}\n{next(left)}" for command in commands_of(found[0])]
        return "".join(part.rstrip("\n") + "\n" for part in parts)

    return BLOCK.sub(filled, text)


def main() -> int:
    if len(sys.argv) != 3 or sys.argv[1] not in {"write", "check"}:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    path = pathlib.Path(sys.argv[2])
    text = path.read_text(encoding="utf-8")
    commands = [command for block in BLOCK.findall(text) for command in commands_of(block)]
    made = page_with(text, steady(run_all(commands)))
    if sys.argv[1] == "write":
        path.write_text(made, encoding="utf-8")
        return 0
    sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), made.splitlines(True), str(path), "what is printed"))
    return int(made != text)


if __name__ == "__main__":
    sys.exit(main())
