"""Laws of every registered format, target and pack: the same bytes however they are made, and read back as what was put in."""
import subprocess
import uuid

import pytest

from catalogue import PROGRAM, catalogue, packs, pairs
from poured import files_in, sha256

PAIRS = [pytest.param(*pair, id=f"{pair[1]['name']}-{pair[2]['scheme']}") for pair in pairs()]
KEPT = [pair for pair in PAIRS if pair.values[2]["has_reader"]]
FORMATS = [form["name"] for form in catalogue(PROGRAM)["formats"]]


def run(program, *words, **options):
    ended = subprocess.run([program, *map(str, words)], capture_output=True, timeout=300, stdin=subprocess.DEVNULL, **options)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended


def place(target, request, tmp_path):
    """Gives an address of a target, and the variables by which it is reached."""
    if "DIR" in target["form"]:
        return target["form"].replace("DIR", f"{tmp_path}/out"), None
    if target["scheme"] == "s3":
        minio = request.getfixturevalue("minio")
        keys = {"AWS_ENDPOINT_URL": minio.endpoint, "AWS_ACCESS_KEY_ID": minio.user, "AWS_SECRET_ACCESS_KEY": minio.password}
        return f"s3://law-{uuid.uuid4().hex}/law", keys
    if target["scheme"] == "kafka":
        kafka = request.getfixturevalue("kafka")
        return f"kafka://{kafka.bootstrap}/law-{tmp_path.name}", None
    assert target["form"] == target["scheme"] + ":", f"this test knows no server for a target: {target['form']}"
    return target["form"], None


@pytest.mark.parametrize("program, form, target", PAIRS)
def test_a_run_delivers_the_same_bytes_for_any_threads(program, form, target, tmp_path):
    if target["module"]:
        pytest.skip("its servers number and date what they get; its tests compare")
    landed = []
    for threads in (1, 3):
        folder = tmp_path / str(threads)
        to = target["form"].replace("DIR", f"{folder}/out")
        ended = run(program, "run", "payments", "--count", 1500, "--run-id", "r", "--threads", threads,
                    "--to", f"{to}?format={form['name']}", "--quiet", "--state", "none")
        objects = {name: sha256(folder / name) for name in files_in(folder) if not name.endswith("manifest.json")} if folder.exists() else {}
        assert bool(objects) == ("DIR" in target["form"])
        landed.append((sha256(ended.stdout), objects))
    assert landed[0] == landed[1]


@pytest.mark.parametrize("program, form, target", KEPT)
def test_what_landed_is_read_back_as_what_was_put_in(program, form, target, request, tmp_path):
    to, variables = place(target, request, tmp_path)
    manifest = tmp_path / "manifest.json"
    options = f"?format={form['name']}"
    run(program, "run", "payments", "--streams", "transactions", "--count", 2000, "--to", to + options, "--manifest", manifest,
        "--quiet", env=variables, cwd=tmp_path)
    run(program, "verify", manifest, "--from", to + options, env=variables, cwd=tmp_path)


@pytest.mark.parametrize("pack", packs(PROGRAM))
@pytest.mark.parametrize("form", FORMATS)
def test_every_pack_is_read_back_from_every_format(form, pack, tmp_path):
    run(PROGRAM, "run", pack, "--count", 300, "--to", f"file:{tmp_path}/out?format={form}", "--quiet", cwd=tmp_path)
    run(PROGRAM, "verify", tmp_path / "out", cwd=tmp_path)


@pytest.mark.parametrize("program, form, target", [pair for pair in KEPT if pair.values[2]["is_cleaned"] and not pair.values[2]["module"]])
def test_what_a_run_made_is_removed(program, form, target, tmp_path):
    to = target["form"].replace("DIR", f"{tmp_path}/out")
    ended = run(program, "run", "payments", "--count", 100, "--to", f"{to}?format={form['name']}", "--state", tmp_path / "state", cwd=tmp_path)
    assert files_in(tmp_path / "out"), ended.stderr
    run(program, "clean", tmp_path / "state", cwd=tmp_path)
    assert not (tmp_path / "out").exists() or files_in(tmp_path / "out") == []
