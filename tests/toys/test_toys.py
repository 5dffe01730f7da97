"""The recipes of CONTRIBUTING.md, followed: a format and a target that are a folder, one line of CMake and one of a table are known
everywhere."""
import json
import subprocess

import pytest

from catalogue import PROGRAM, TOYS, catalogue
from service.serving import Service

pytestmark = pytest.mark.skipif(not TOYS.exists(), reason="headwater_toys is not built")


def told(*words, program=TOYS, code=0, **options):
    ended = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **options)
    assert ended.returncode == code, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("words", [
    ("run", "--help"), ("verify", "--help"), ("completion", "bash"), ("completion", "zsh"), ("completion", "fish"),
    ("schema", "scenario"), ("reference", "pack"), ("reference", "commands"), ("reference", "targets"),
], ids=" ".join)
def test_the_toy_format_is_known_where_formats_are_named(words):
    assert "netstring" in told(*words) and "netstring" not in told(*words, program=PROGRAM)


@pytest.mark.parametrize("words", [("run", "--help"), ("verify", "--help"), ("schema", "scenario"), ("reference", "targets")], ids=" ".join)
def test_the_toy_target_is_known_where_targets_are_named(words):
    assert "shelf:DIR" in told(*words) and "shelf:DIR" not in told(*words, program=PROGRAM)


def test_their_options_have_their_place_on_the_page():
    page = told("reference", "targets")
    for line in ("| `digits` | `N` | 0 | yes | Digits of every length, at least. |", "| `shelf` | `TEXT` | top | yes | Which shelf. |",
                 "| `list` | `FILE` |  | no | What is on it. |"):
        assert line in page


@pytest.mark.parametrize("to, said", [
    ("shelf:out?digits=3", "Format json has no such option: digits"),
    ("shelf:out?format=netstring&digits=10", "Option digits is not a whole number from 0 to 9: 10"),
    ("shelf:out?format=netstring&depth=3", "Format netstring and target shelf: have no such option: depth"),
    ("shelf:", "Target names no folder, as shelf:out does: shelf:"),
    ("shelf:out?key=hush", "Target is seen by others and so takes no secrets; carry it in your pocket: key"),
    ("ftp://x", "Target is none of stdout: shelf:DIR discard: file:DIR s3://BUCKET/PREFIX kafka://HOST:PORT/TOPIC: ftp://x"),
])
def test_mistakes_are_told_as_for_every_other(to, said, tmp_path):
    text = told("run", "payments", "--count", 5, "--to", to, code=2, cwd=tmp_path)
    assert said in text and "hush" not in text


def test_what_stands_in_a_netstring_is_what_stands_in_json():
    run = ("run", "payments", "--streams", "transactions", "--count", 300, "--quiet", "--to")
    lines = told(*run, "stdout:?format=netstring&digits=6").splitlines()
    plain = told(*run, "stdout:").splitlines()
    assert lines == [f"{len(line.encode()):06}:{line}," for line in plain] and len(plain) == 300


def test_damaged_netstrings_are_known_again(tmp_path):
    told("run", "payments", "--streams", "transactions", "--count", 4000, "--to", f"shelf:{tmp_path}/out?format=netstring", "--quiet",
         "--chaos", "fault: truncate, chance: 2%", "--chaos", "fault: duplicate, chance: 1%", cwd=tmp_path)
    text = told("verify", tmp_path / "out" / "top", cwd=tmp_path)
    assert "truncate" in text
    landed = next((tmp_path / "out" / "top").rglob("*.netstring"))
    content, mark = landed.read_bytes(), b'"transaction_id":"'
    assert mark in content
    at = content.index(mark) + len(mark)
    landed.write_bytes(content[:at] + b"z" + content[at + 1:])
    told("verify", tmp_path / "out" / "top", cwd=tmp_path, code=1)


def test_clients_of_the_service_find_them_and_may_say_what_is_allowed(tmp_path):
    service = Service(TOYS, tmp_path / "service")
    try:
        document = json.dumps(service.get("/openapi.json"))
        assert "netstring" in document and "shelf:DIR: shelf=TEXT" in document
        scenario = {"packs": {"payments": {}}, "clock": {"until": "2026-01-01T01:00:00Z"}, "outputs": [{"streams": "transactions", "format": "netstring"}]}
        for option, status in (("shelf=low", 202), ("list=/etc/passwd", 400), ("key=x", 400)):
            scenario["outputs"][0]["to"] = f"shelf:{tmp_path}/rest?{option}"
            answered, _, body = service.ask("POST", "/v1/runs", scenario)
            assert answered == status, body
            if option.startswith("list"):
                assert "not for clients of the service, who may say format, " in body["detail"] and body["detail"].endswith(": list")
                assert "digits" in body["detail"] and "shelf" in body["detail"]
    finally:
        service.stop()


def test_a_start_loads_no_library_that_only_a_module_needs():
    needed = {"librdkafka": {"kafka"}, "libcurl": {"kafka", "s3"}, "libparquet": {"parquet"}}
    for binary in (PROGRAM, TOYS, *PROGRAM.parent.glob("headwater_*.so")):
        libraries = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
        for library, modules in needed.items():
            assert library not in libraries or binary.stem.removeprefix("headwater_") in modules, (binary, library)


def test_every_entry_says_what_it_is():
    tables = catalogue(TOYS)
    for table in ("formats", "envelopes", "targets"):
        for entry in tables[table]:
            assert entry["help"].endswith("."), entry
    for entry in tables["outputs"] + [option for table in ("formats", "targets") for one in tables[table] for option in one["options"]]:
        assert entry["help"].endswith("."), entry
        assert not (entry["over_rest"] and (entry["is_secret"] or entry["names_file"])), entry
