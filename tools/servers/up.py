"""For servers that outlive the program which started them: `./dev up` and `./dev down`."""
import json
import os
import pathlib
import shlex
import sys
import time

from servers import versions
from servers.errors import ServerError
from servers.kafka import Kafka
from servers.minio import Minio
from servers.process import Process

NAMES = ("kafka", "kafka3", "minio")
DEFAULT = ("kafka", "minio")


def _new(name: str, usual_ports: bool):
    folder = versions.STATE / name
    if name == "minio":
        return Minio(folder, bound=False, usual_ports=usual_ports)
    return Kafka(folder, nodes=3 if name == "kafka3" else 1, bound=False, usual_ports=usual_ports)


def _processes(folder: pathlib.Path) -> list[Process]:
    """Gives the live processes of a server, whichever of them are left after a crash."""
    found = (Process.found(path.parent) for path in sorted(folder.rglob("pid")))
    return [process for process in found if process]


def _running(name: str) -> dict[str, str] | None:
    """Gives the environment of a server that is up with all its processes, or None."""
    folder = versions.STATE / name
    try:
        environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    pids = environment[f"{name.upper()}_PIDS"].split()
    return environment if sorted(pids) == sorted(str(process.pid) for process in _processes(folder)) else None


def _stop(name: str) -> int:
    """Stops what runs of a server and gives the number of its processes."""
    folder = versions.STATE / name
    processes = _processes(folder)
    for process in processes:
        process.kill() if len(processes) > 1 else process.stop()
    (folder / "environment.json").unlink(missing_ok=True)
    return len(processes)


def _start(name: str, usual_ports: bool) -> dict[str, str]:
    _stop(name)
    server = _new(name, usual_ports)
    try:
        server.start()
    except BaseException:
        _stop(name)
        raise
    environment = server.environment()
    (versions.STATE / name / "environment.json").write_text(json.dumps(environment, indent=1), encoding="utf-8")
    return environment


def environment_text(environments: list[dict[str, str]], build: pathlib.Path) -> str:
    """Gives what a shell sources to know servers, and to find the program of a build and the tools that pages name."""
    lines = [f"export {key}={shlex.quote(value)}\n" for environment in environments for key, value in environment.items()]
    folders = ":".join(shlex.quote(str(folder)) for folder in (build, pathlib.Path(sys.prefix) / "bin"))
    return "# For `source`: the servers that ./dev up started, the program, and Python with its tools.\n" + "".join(lines) + f"export PATH={folders}:${{PATH:-/usr/bin:/bin}}\n"


def _write_environment() -> None:
    """Writes what a shell needs to know of all servers that are up; no file when none is."""
    environments = [environment for name in NAMES if (environment := _running(name))]
    if not environments:
        versions.ENVIRONMENT.unlink(missing_ok=True)
        return
    versions.ENVIRONMENT.write_text(environment_text(environments, versions.ENVIRONMENT.parent / "release"), encoding="utf-8")


def _address(name: str, environment: dict[str, str]) -> str:
    return environment["MINIO_ENDPOINT" if name == "minio" else f"{name.upper()}_BOOTSTRAP"]


def up(names: list[str], usual_ports: bool) -> None:
    """Starts the servers named that are not up, and says where each is."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ServerError(f"No such server, there are {', '.join(NAMES)}: {unknown[0]}")
    try:
        for name in names or DEFAULT:
            begin, environment = time.monotonic(), _running(name)
            how = "was up already" if environment else ""
            if not environment:
                environment = _start(name, usual_ports)
                how = f"up in {time.monotonic() - begin:.1f} s"
            print(f"{name:7} {_address(name, environment)}  {how}", flush=True)
    finally:
        _write_environment()
    print(f"source {os.path.relpath(versions.ENVIRONMENT)}")


def down() -> None:
    """Stops every server that `up` started, also when `up` did not live to say so. Data stays."""
    for name in NAMES:
        if count := _stop(name):
            print(f"{name:7} stopped, {count} process{'es' if count > 1 else ''}", flush=True)
    versions.ENVIRONMENT.unlink(missing_ok=True)
