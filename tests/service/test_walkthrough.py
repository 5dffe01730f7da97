"""For the page that walks through the service: its commands run, and print what stands there."""
import os
import pathlib
import subprocess
import sys

from service.serving import PATIENCE_S, Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL, PAGE = ROOT / "tools" / "walkthrough.py", ROOT / "docs" / "walkthrough.md"


def walk(action, page, service):
    return subprocess.run([sys.executable, TOOL, action, page], env={**os.environ, "SERVICE_PORT": str(service.port)},
                          capture_output=True, text=True, timeout=2 * PATIENCE_S)


def test_the_walk_through_the_service_prints_what_the_page_says(program, tmp_path, minio):
    service = Service(program, tmp_path / "service", MINIO_ENDPOINT=minio.endpoint.split("//")[1], MINIO_ACCESS_KEY=minio.user,
                      MINIO_SECRET_KEY=minio.password)
    told = walk("check", PAGE, service)
    assert service.stop() == 0
    assert told.returncode == 0, told.stdout + told.stderr + "\ntools/walkthrough.py write docs/walkthrough.md makes it again"


def test_a_page_that_says_something_else_is_found(service, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ curl http://localhost:8000/livez\n{\"status\":\"bad\"}\n```\n")
    assert walk("check", page, service).returncode == 1
    assert walk("write", page, service).returncode == 0
    assert page.read_text() == "```console\n$ curl http://localhost:8000/livez\n{\"status\":\"ok\"}\n```\n"
    assert walk("check", page, service).returncode == 0
