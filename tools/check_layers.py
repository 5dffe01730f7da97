#!/usr/bin/env python3
"""For keeping the arrows between the folders of src/ in one direction, and third-party headers where they belong.

    check_layers.py [ROOT]    prints file:line: message for each mistake, exits 1 when there is one
"""
from __future__ import annotations

import pathlib
import re
import sys

COMPONENTS = {"language", "generate", "chaos", "envelope", "format", "sink", "capture"}
BELOW_ENGINE = {"base", "data", "pack"} | COMPONENTS

# Folder -> folders it may include beside itself.
ARROWS: dict[str, set[str]] = {
    "base": set(),
    "data": {"base"},
    **{component: {"base", "data"} for component in COMPONENTS},
    "pack": {"base", "data", "language", "generate", "chaos", "envelope", "format", "sink"},
    "sample": {"base", "data", "language", "pack"},
    "engine": {"base", "data", "pack", "generate", "chaos", "envelope", "format", "sink"},
    "verify": BELOW_ENGINE | {"engine"},
    "service": BELOW_ENGINE | {"engine"},
    "app": BELOW_ENGINE | {"engine", "verify", "sample", "service"},
}

# Of some folders others see exactly these headers (None: those at the folder's top). Packs know what there is, and the engine
# interfaces only.
SEES: dict[str, dict[str, set[str] | None]] = {
    "pack": {"envelope": {"envelope/envelopes.h"}, "format": {"format/formats.h"}, "sink": {"sink/targets.h"}},
    "engine": {"pack": {"pack/plan.h"}, "generate": {"generate/source.h"}, "envelope": None, "format": None, "sink": None},
}

# Third-party header -> files that may include it. First match counts.
ANY_SOURCE = r".*\.cpp"
THIRD_PARTY: list[tuple[str, str]] = [
    (r"libfyaml\.h", r"language/yaml\.cpp"),
    (r"(arrow|parquet)/.*", r"format/parquet/.*\.cpp"),
    (r"CLI/.*", r"app/.*\.cpp"),
    (r"openssl/.*", r"(sink|service|capture)/.*\.cpp"),
    (r"(zstd|lz4|lz4frame|lz4hc|zlib|snappy|snappy-c|libdeflate)\.h", r"sink/.*\.cpp"),
    (r"librdkafka/.*", r"sink/kafka/.*\.cpp"),
    (r"xxhash\.h", r"(sink/kafka/.*\.cpp|verify/value_hash\.h)"),
    (r"libpq-fe\.h", r"(capture|sink/postgres|verify)/.*\.cpp"),
    (r"curl/.*", r"(sink/s3/http|sink/(?!s3/).*|format/.*)\.cpp"),
    (r"pugixml\.hpp", r"sink/s3/.*\.cpp"),
    (r"boost/.*", r"(service|sink/http)/.*\.cpp|service/(connection|wire)\.h"),
    (r"(sqlite3\.h|SQLiteCpp/.*)", r"service/.*\.cpp"),
    (r"simdjson\.h", r"(service|verify)/.*\.cpp"),
    (r"nlohmann/json_fwd\.hpp", r".*"),
    (r"nlohmann/.*", ANY_SOURCE),
    (r"(spdlog|fmt)/.*", ANY_SOURCE),
    (r"(doctest/.*|rapidcheck\.h|rapidcheck/.*)", r".*_test\.cpp"),
]

# Headers of the C library, the system and the processor; those of C++ have neither a dot nor a slash.
SYSTEM = re.compile(
    r"[a-z0-9_]+|(sys|netinet|arpa|linux|asm)/\w+\.h|(immintrin|x86intrin|cpuid|arm_neon|unistd|fcntl|poll|signal|dlfcn|malloc|pthread"
    r"|errno|termios|sched|netdb|ifaddrs|dirent|getopt|stdio|stdlib|string|stdint|stddef|limits|math|time|ctype|assert)\.h"
)
INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def check_own(file: str, included: str) -> str | None:
    """Says why `file` may not include the project's header `included`, or None."""
    folder, target = file.split("/")[0], included.split("/")[0]
    if "/" not in included:
        return f"an include of ours begins with its folder: {included}"
    if folder not in ARROWS:
        return f"folder is not in the table of layers: {folder}"
    if target not in ARROWS:
        return f"include leads to no folder of src/: {included}"
    if target == folder:
        return None
    if target not in ARROWS[folder]:
        return f"{folder} may not see {target}: {included}"
    if target not in SEES.get(folder, {}) or file.endswith(("_test.cpp", "_test.h")):
        return None
    seen = SEES[folder][target]
    if included.count("/") == 1 if seen is None else included in seen:
        return None
    shown = "the headers at the top" if seen is None else ", ".join(sorted(seen))
    return f"{folder} sees only {shown} of {target}: {included}"


def check_third_party(file: str, included: str) -> str | None:
    """Says why `file` may not include the foreign header `included`, or None."""
    if SYSTEM.fullmatch(included):
        return None
    for header, place in THIRD_PARTY:
        if re.fullmatch(header, included):
            if re.fullmatch(place, file) or (file.endswith("_test.cpp") and header != r"libfyaml\.h"):
                return None
            return f"third-party header belongs in {place} only: {included}"
    return f"third-party header is not in the table of tools/check_layers.py: {included}"


def check(root: pathlib.Path) -> list[str]:
    """Checks all of src/ and gives the mistakes as file:line: message."""
    mistakes = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in {".h", ".cpp"}:
            continue
        file = path.relative_to(root / "src").as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = INCLUDE.match(line)
            if not found:
                continue
            own, foreign = found.groups()
            message = check_own(file, own) if own else check_third_party(file, foreign)
            if message:
                mistakes.append(f"src/{file}:{number}: {message}")
    return mistakes


def main() -> int:
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    mistakes = check(root)
    print("\n".join(mistakes) if mistakes else "layers: every arrow points the right way")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
