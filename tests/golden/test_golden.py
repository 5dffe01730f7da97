"""For the seventh law: the first rows of every stream of every pack, and the digest of its first records, stay as they are.
`python tests/golden/test_golden.py PROGRAM` writes the golden file again; a change of it must be meant."""
import hashlib
import json
import pathlib
import subprocess
import sys

import pytest

GOLDEN = pathlib.Path(__file__).with_name("golden.json")
PACKS = pathlib.Path(__file__).resolve().parents[1] / "packs"
BUILT_IN = PACKS.parents[1] / "packs"
COUNT = 100_000
FIRST = 3

# Few sensors that fall silent often give what else would take days of telemetry; streams that end sooner give all they have.
RESTLESS = ["--set", "sensors=50", "--set", "silence=1h", "--for", "2d"]
STREAMS = {
    "payments.transactions": [], "payments.user_profiles": [], "payments.device_logs": [],
    "sensors.telemetry": [], "sensors.alerts": ["--for", "3h"], "sensors.repairs": RESTLESS,
    "shapes.everything": [], "orders.orders": [], "orders.shipments": [],
}


def made(program, name):
    """Gives the first rows of a stream and the count and digest of its first records."""
    pack, stream = name.split(".")
    own = PACKS / pack / f"{pack}.yaml"
    lines = subprocess.run([program, "run", own if own.exists() else pack, "--streams", stream, "--count", str(COUNT), "--quiet", *STREAMS[name]],
                           check=True, capture_output=True).stdout
    first = [json.loads(line, parse_float=str) for line in lines.splitlines()[:FIRST]]
    return {"first": first, "records": lines.count(b"\n"), "sha256": hashlib.sha256(lines).hexdigest()}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_as_it_was(name, program):
    assert made(program, name) == json.loads(GOLDEN.read_text(encoding="utf-8"))[name]


def test_every_stream_of_every_pack_is_golden(headwater, tmp_path):
    packs = [path.stem for path in BUILT_IN.glob("*/*.yaml") if path.stem == path.parent.name]
    assert {"payments", "sensors"} <= set(packs)
    for pack in packs:
        headwater("run", pack, "--count", 1, "--until", "2026-01-01T00:00:01Z", "--to", f"file:{tmp_path}/{pack}")
        streams = json.loads((tmp_path / pack / "manifest.json").read_text(encoding="utf-8"))["streams"]
        assert {stream["name"] for stream in streams} <= set(STREAMS)


if __name__ == "__main__":
    golden = {name: made(sys.argv[1], name) for name in STREAMS}
    GOLDEN.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
