"""For proving that a stale generated file is found, and that writing mends it."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "generated.py"


def run(action: str, root: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, TOOL, action, root], capture_output=True, text=True,
                          env={"HEADWATER": "nowhere", "PATH": "/usr/bin:/bin"})


def test_a_stale_page_is_found_and_mended(tmp_path):
    shutil.copy(ROOT / "dev", tmp_path / "dev")
    assert run("check", tmp_path).returncode == 1, "a missing page is stale"
    assert run("write", tmp_path).returncode == 0
    assert run("check", tmp_path).returncode == 0

    page = tmp_path / "docs" / "reference" / "dev.md"
    page.write_text(page.read_text() + "by hand\n")
    result = run("check", tmp_path)
    assert result.returncode == 1
    assert "docs/reference/dev.md:1: stale" in result.stdout
