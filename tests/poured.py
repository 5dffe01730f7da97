"""For looking at what a run poured into a folder: its manifest, its objects, their bytes and rows."""
import gzip
import hashlib
import json
import pathlib

import pyarrow

PACKS = pathlib.Path(__file__).resolve().parent / "packs"
PAYMENTS = ("transactions", "user_profiles", "device_logs")
SHAPES = PACKS / "shapes" / "shapes.yaml"
ORDERS = PACKS / "orders" / "orders.yaml"
ROWS = pathlib.Path(__file__).resolve().parents[1] / "docs" / "examples" / "rows_that_change.yaml"


def manifest(folder, name="manifest.json"):
    """Reads the manifest of a folder."""
    return json.loads((pathlib.Path(folder) / name).read_text(encoding="utf-8"))


def stream_of(folder, stream, name="manifest.json"):
    """Gives what a manifest says of one stream, named without its pack."""
    return next(entry for entry in manifest(folder, name)["streams"] if entry["name"].endswith("." + stream))


def paths(folder, stream):
    """Gives the paths of a stream's objects in the order of their rows."""
    objects = sorted(stream_of(folder, stream)["objects"], key=lambda entry: entry["first_row"])
    return [pathlib.Path(folder) / entry["name"] for entry in objects]


def files_in(folder):
    """Names every file below a folder, hidden ones too, relative to it."""
    folder = pathlib.Path(folder)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def sha256(content):
    """Gives the digest of bytes or of a file as hex digits."""
    return hashlib.sha256(content if isinstance(content, bytes) else pathlib.Path(content).read_bytes()).hexdigest()


def uncompressed(path):
    """Gives the bytes of a file of records, by the ending of its name."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    codec = {".zst": "zstd", ".lz4": "lz4"}.get(path.suffix)
    if codec:
        return pyarrow.CompressedInputStream(str(path), codec).read()
    return path.read_bytes()


def json_rows(folder, stream):
    """Reads the rows of JSON lines objects; numbers with a point stay the text that they are."""
    rows = []
    for path in paths(folder, stream):
        rows += [json.loads(line, parse_float=str) for line in uncompressed(path).decode("utf-8").splitlines()]
    return rows
