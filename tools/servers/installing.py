"""For fetching a server once: whole or not at all, by one process at a time, kept in the cache."""
import fcntl
import pathlib
import shutil
import subprocess
from collections.abc import Callable

from servers import versions
from servers.errors import ServerError

INSTALL = {
    "apt-get": "a Debian, or promtool by other means",
    "dpkg-deb": "apt-get install dpkg",
    "go": "Go 1.26 or newer",
    "java": "apt-get install openjdk-17-jre-headless",
    "mvn": "apt-get install maven",
    "npm": "apt-get install npm",
    "openssl": "apt-get install openssl",
}
LAST_LINES = 15


def program(name: str) -> str:
    """Finds a program that a server needs, or says what to install."""
    path = shutil.which(name)
    if path is None:
        raise ServerError(f"{name} is missing, install it: {INSTALL[name]}")
    return path


def run(command: list, **options) -> None:
    """Runs a step to its end; when it fails, the error has the last lines of its output."""
    result = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if result.returncode != 0:
        last = "\n".join(result.stdout.splitlines()[-LAST_LINES:])
        raise ServerError(f"{last}\nCommand failed with {result.returncode}: {' '.join(map(str, command[:4]))} ...")


def once(name: str, make: Callable[[pathlib.Path], None]) -> pathlib.Path:
    """Gives the cached folder of that name; fills it with make(folder) when it is not there yet."""
    folder = versions.CACHE / name
    if folder.is_dir():
        return folder
    versions.CACHE.mkdir(parents=True, exist_ok=True)
    with open(versions.CACHE / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second waits, then finds it made
        if not folder.is_dir():
            unfinished = versions.CACHE / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
