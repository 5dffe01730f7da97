"""For promtool, the judge of pages that Prometheus is to read."""
import pathlib
import shutil
import subprocess

from servers.installing import once, program, run


def install() -> pathlib.Path:
    """Gives the program: the one that is installed, else the one inside the distribution's package, which is not installed."""
    installed = shutil.which("promtool")
    return pathlib.Path(installed) if installed else once("promtool", _fetch) / "promtool"


def _fetch(folder: pathlib.Path) -> None:
    download = [program("apt-get"), "download", "prometheus"]
    if subprocess.run(download, cwd=folder, capture_output=True, check=False).returncode != 0:
        run([program("apt-get"), "update"])
        run(download, cwd=folder)
    [package] = folder.glob("*.deb")
    run([program("dpkg-deb"), "--extract", package, folder / "package"])
    (folder / "package/usr/bin/promtool").rename(folder / "promtool")
    shutil.rmtree(folder / "package")
    package.unlink()


def check(page: str) -> str:
    """Gives what promtool complains about on a page of metrics; nothing when there is nothing."""
    done = subprocess.run([install(), "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode != 0 else done.stderr
