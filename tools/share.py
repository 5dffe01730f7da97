#!/usr/bin/env python3
"""For what is installed beside the program: completions, the man page, and the licences of what it links.

    share.py PROGRAM PYTHON FOLDER    writes into FOLDER, which becomes share/; PYTHON has pyarrow and swagger-ui-bundle
"""
import gzip
import pathlib
import re
import shutil
import subprocess
import sys

COMPLETIONS = {
    "bash": "bash-completion/completions/headwater",
    "zsh": "zsh/site-functions/_headwater",
    "fish": "fish/vendor_completions.d/headwater.fish",
}
# Linked without a shared library of their own: headers, and one archive.
BUILT_IN = ("libboost1.*-dev", "libcli11-dev", "libsqlitecpp-dev", "nlohmann-json3-dev")
WHEELS = ("pyarrow", "swagger_ui_bundle_v2")


def output_of(*command) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout


def write_completions(program: pathlib.Path, folder: pathlib.Path) -> None:
    for shell, name in COMPLETIONS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(output_of(program, "completion", shell), encoding="utf-8")


def in_roff(text: str) -> str:
    """Gives a text that roff takes as it is."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", r"\\&.", escaped, flags=re.MULTILINE)


def man_page(reference: str, version: str) -> str:
    """Makes a man page of the page of commands: a section for each, with its help as it is printed."""
    parts = [f'.TH HEADWATER 1 "" "headwater {version}"', ".SH NAME", "headwater \\- makes streams of records, breaks them on purpose, "
             "and knows what is in them", ".SH SYNOPSIS", ".B headwater", ".I COMMAND", "[OPTIONS]"]
    for heading, body in re.findall(r"^## headwater (.+?)\n+```\n(.*?)```", reference, re.MULTILINE | re.DOTALL):
        parts += [f".SH HEADWATER {in_roff(heading.upper())}", ".nf", in_roff(body.strip("\n")), ".fi"]
    return "\n".join(parts) + "\n"


def write_man_page(program: pathlib.Path, folder: pathlib.Path) -> None:
    page = man_page(output_of(program, "reference", "commands"), output_of(program, "--version").split()[-1])
    path = folder / "man" / "man1" / "headwater.1.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(page.encode(), mtime=0))


def packages_linked(binary: pathlib.Path) -> set[str]:
    """Gives the packages of the system whose libraries a program or module links itself."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-d", binary)))
    packages = set()
    for name, path in re.findall(r"(\S+) => (/\S+)", output_of("ldd", binary)):
        if name in needed and "pyarrow" not in path:
            file = str(pathlib.Path(path).resolve())
            owner = subprocess.run(["dpkg", "-S", file, file.removeprefix("/usr")], capture_output=True, text=True).stdout
            packages.add(owner.split(":")[0])
    return packages - {""}


def write_licences(program: pathlib.Path, python: pathlib.Path, folder: pathlib.Path) -> None:
    licences = folder / "doc" / "headwater" / "licences"
    licences.mkdir(parents=True, exist_ok=True)
    system = pathlib.Path("/usr/share/doc")
    packages = {name for binary in (program, *program.parent.glob("headwater_*.so")) for name in packages_linked(binary)}
    for pattern in {*packages, *BUILT_IN}:
        for file in system.glob(f"{pattern}/copyright"):
            shutil.copy(file, licences / file.parent.name)
    site_packages = next((python.parents[1] / "lib").glob("python3*/site-packages"))
    for wheel in WHEELS:
        for file in [path for path in site_packages.glob(f"{wheel}-*.dist-info/**/*") if re.match("(LICENSE|NOTICE)", path.name)]:
            shutil.copy(file, licences / f"{wheel}-{file.name}")


def main() -> None:
    program, python, folder = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    write_completions(program, folder)
    write_man_page(program, folder)
    write_licences(program, python, folder)


if __name__ == "__main__":
    main()
