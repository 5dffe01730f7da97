"""For what linters of OpenAPI say of a description: those of Spectral and Redocly, with the rules that each recommends."""
import json
import os
import pathlib
import re
import subprocess

from servers import versions
from servers.errors import ServerError
from servers.installing import once, program, run

PATIENCE_S = 300


def install() -> pathlib.Path:
    """Gives the folder of both programs, fetched by npm the first time."""
    def make(folder: pathlib.Path) -> None:
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        run([program("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts",
             f"@stoplight/spectral-cli@{versions.SPECTRAL}", f"@redocly/cli@{versions.REDOCLY}"], cwd=folder)
        (folder / "spectral.yaml").write_text('extends: ["spectral:oas"]\n', encoding="utf-8")

    return once(f"openapi-linters-{versions.SPECTRAL}-{versions.REDOCLY}", make)


def complaints(document: pathlib.Path) -> list[str]:
    """Gives what both say of a document, errors and warnings alike; nothing where all is well."""
    folder = install()
    programs = folder / "node_modules" / ".bin"
    spectral = _said([programs / "spectral", "lint", "--quiet", "--ruleset", folder / "spectral.yaml", "--format", "json", document])
    redocly = _said([programs / "redocly", "lint", "--format", "json", document])["problems"]
    return [f"Spectral, {one['code']}: {one['message']}" for one in spectral] + [f"Redocly, {one['ruleId']}: {one['message']}" for one in redocly]


def _said(command):
    told = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
    begin = re.search(r"^[\[{]", told.stdout, re.MULTILINE)
    if begin is None:
        raise ServerError(f"Linter says nothing that can be read: {told.stdout}{told.stderr}")
    return json.JSONDecoder().raw_decode(told.stdout[begin.start():])[0]
