"""For proving that the layer check refuses what architecture forbids, and nothing else."""
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "tools" / "check_layers.py"


def run(root: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)


def tree(tmp_path: pathlib.Path, file: str, include: str) -> pathlib.Path:
    path = tmp_path / "src" / file
    path.parent.mkdir(parents=True)
    path.write_text(f"// For trying an arrow.\n#include {include}\n")
    return tmp_path


@pytest.mark.parametrize("file, include", [
    ("base/time.cpp", '"base/time.h"'),
    ("data/type.h", '"base/result.h"'),
    ("format/csv/csv.cpp", '"format/format.h"'),
    ("pack/lower.cpp", '"language/expression.h"'),
    ("pack/lower.cpp", '"generate/source.h"'),
    ("pack/lower.cpp", '"sink/targets.h"'),
    ("sample/inflate.cpp", '"pack/world.h"'),
    ("app/new_command.cpp", '"sample/inflate.h"'),
    ("engine/run.cpp", '"pack/plan.h"'),
    ("engine/object_lane.cpp", '"sink/compress.h"'),
    ("engine/object_lane_test.cpp", '"sink/file/file.h"'),
    ("app/main.cpp", '"service/server.h"'),
    ("language/yaml.cpp", "<libfyaml.h>"),
    ("format/parquet/parquet.cpp", "<arrow/c/bridge.h>"),
    ("sink/compress.cpp", "<zstd.h>"),
    ("data/print_test.cpp", "<nlohmann/json.hpp>"),
    ("service/api.h", "<nlohmann/json_fwd.hpp>"),
    ("base/print.cpp", "<charconv>"),
    ("base/math.cpp", "<immintrin.h>"),
    ("sink/file/file.cpp", "<sys/stat.h>"),
])
def test_an_allowed_arrow_passes(tmp_path, file, include):
    result = run(tree(tmp_path, file, include))
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("file, include, message", [
    ("base/time.cpp", '"data/type.h"', "base may not see data"),
    ("data/type.h", '"format/format.h"', "data may not see format"),
    ("format/csv/csv.cpp", '"sink/sink.h"', "format may not see sink"),
    ("generate/source.h", '"language/node.h"', "generate may not see language"),
    ("pack/lower.cpp", '"sink/sink.h"', "pack sees only sink/targets.h of sink"),
    ("pack/lower.cpp", '"format/csv/csv.h"', "pack sees only format/formats.h of format"),
    ("pack/lower.cpp", '"sample/sample.h"', "pack may not see sample"),
    ("pack/lower.cpp", '"engine/run.h"', "pack may not see engine"),
    ("engine/run.cpp", '"app/components.h"', "engine may not see app"),
    ("engine/run.cpp", '"language/node.h"', "engine may not see language"),
    ("engine/run.cpp", '"pack/load.h"', "engine sees only pack/plan.h of pack"),
    ("engine/run.cpp", '"generate/kernels/uuid.h"', "engine sees only generate/source.h of generate"),
    ("engine/run.cpp", '"sink/file/file.h"', "engine sees only the headers at the top of sink"),
    ("service/api.cpp", '"app/main.h"', "service may not see app"),
    ("base/time.cpp", '"time.h"', "begins with its folder"),
    ("base/time.cpp", '"nowhere/time.h"', "leads to no folder"),
    ("other/thing.cpp", '"base/time.h"', "not in the table of layers"),
    ("language/expression.cpp", "<libfyaml.h>", "third-party header belongs in"),
    ("language/yaml_test.cpp", "<libfyaml.h>", "third-party header belongs in"),
    ("format/parquet/parquet.h", "<arrow/api.h>", "third-party header belongs in"),
    ("format/csv/csv.cpp", "<arrow/api.h>", "third-party header belongs in"),
    ("engine/run.cpp", "<CLI/CLI.hpp>", "third-party header belongs in"),
    ("format/json/json.cpp", "<zstd.h>", "third-party header belongs in"),
    ("pack/load.cpp", "<openssl/evp.h>", "third-party header belongs in"),
    ("engine/manifest.h", "<nlohmann/json.hpp>", "third-party header belongs in"),
    ("base/print.cpp", "<doctest/doctest.h>", "third-party header belongs in"),
    ("base/print.cpp", "<unknown/library.hpp>", "not in the table of tools/check_layers.py"),
])
def test_a_forbidden_arrow_fails_with_its_place(tmp_path, file, include, message):
    result = run(tree(tmp_path, file, include))
    assert result.returncode == 1
    assert result.stdout.startswith(f"src/{file}:2: ")
    assert message in result.stdout
