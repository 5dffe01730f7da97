#!/usr/bin/env python3
"""For the rules of style that a formatter cannot know: inputs of time and chance, portable bytes, names, twins, sizes.

    check_style.py [ROOT]    prints file:line: message for each mistake, exits 1 when there is one
"""
from __future__ import annotations

import pathlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

FOLDERS = ("src", "tests", "bench", "tools", "docs", "packs", "cmake", "deploy", ".ci")
TOP_FILES = ("dev", "CMakeLists.txt", "CMakePresets.json", "README.md", "CONTRIBUTING.md", ".clang-format", ".clang-tidy")
TEXT = {".h", ".cpp", ".py", ".md", ".cmake", ".txt", ".yaml", ".yml", ".sh", ".json", ".ini", ""}
CODE = {".h", ".cpp"}
WRITTEN_FOR_TESTS = CODE | {".py", ".md"}  # the rest of tests/ is data, wrong on purpose where a test wants it so
MAX_LINES = 600
MAX_FUNCTION_LINES = 70
WORDS = "docs/index.md"

MAY_READ_CLOCK = {"engine", "app", "service", "sink", "capture"}
MAKES_VALUES = {"base", "data", "language", "generate", "pack", "chaos"}

CLOCK = re.compile(
    r"\b(system_clock|high_resolution_clock|random_device|gettimeofday|clock_gettime|getrandom|getentropy|arc4random)\b"
    r"|\bstd::rand\b|(?<![\w.>])s?rand\s*\(|(?<![\w.>])time\s*\(\s*(nullptr|NULL|0)\s*\)|\bsteady_clock\b"
)
LIBRARY_MATH = re.compile(
    r"\bstd::(log2|log10|log1p|log|expm1|exp2|exp|pow|cosh|sinh|tanh|cos|sin|tan|acos|asin|atan2|atan|cbrt|hypot"
    r"|l?t?gamma|erfc?)[fl]?\s*\(|\bstd::\w+_distribution\b|\bstd::(shuffle|sample)\b"
)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
VAGUE_TYPE = re.compile(r"\b(?:class|struct|enum|union|concept|using)\s+(\w*(?:Manager|Helper|Utils?|Common)\w*)\b")
VAGUE_FILE = re.compile(r"(^|_)(manager|helpers?|utils?|common)(_|$)")
SAYS_WHAT_FOR = re.compile(r"// For \S")

DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
SCOPE = re.compile(r"(?:inline\s+)?namespace\b\s*(?P<name>[\w:\s]*)$|extern\b[\s\"]*$|TEST_SUITE\b")
TYPE = re.compile(r"(?:template\s*<.*>\s*)?(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+(?P<name>\w+)"
                  r"(?:\s+final)?\s*(?::(?!:).*)?$", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
QUOTED = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
INITIALISER = re.compile(r"\s*[,{]")
FUNCTION = re.compile(r"\)\s*(?:const\b|noexcept\b|override\b|final\b|mutable\b|&+|->[^=;]*|:(?!:).*|\s)*$", re.DOTALL)


def files_of(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives the project's text files in a fixed order."""
    for name in TOP_FILES:
        if (root / name).is_file():
            yield root / name
    for folder in FOLDERS:
        suffixes = WRITTEN_FOR_TESTS if folder == "tests" else TEXT
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes and not {"__pycache__", ".pytest_cache"} & set(path.parts):
                yield path


def without_comments(text: str) -> str:
    """Blanks comments and literals of C++, keeping the lines."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
    return token.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


class Block(NamedTuple):
    """What stands in a pair of braces: the text in front of it, its lines, and the heads of the blocks around it."""

    head: str
    first: int
    last: int
    outer: tuple[str, ...]


def blocks_of(text: str) -> Iterator[Block]:
    """Gives the blocks of C++ that is written as clang-format writes it, inner ones first."""
    plain = DIRECTIVE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), without_comments(text))
    begin, open_blocks = 0, []
    for found in re.finditer(r"[{};]", plain):
        if found.group() == "{":
            open_blocks.append((begin, found.start()))
        elif found.group() == "}" and open_blocks:
            start, brace = open_blocks.pop()
            if INITIALISER.match(plain, found.end()):  # the head goes on behind it
                begin = start
                continue
            head = plain[start:brace].strip()
            first = plain.count("\n", 0, start + len(plain[start:brace]) - len(plain[start:brace].lstrip())) + 1
            outer = tuple(plain[a:b].strip() for a, b in open_blocks)
            yield Block(head, first, plain.count("\n", 0, found.start()) + 1, outer)
        begin = found.end()


def namespace_of(block: Block) -> str | None:
    """Gives the namespace of a block, `a::b`; None for what stands in a type or function, or in one file alone."""
    names = []
    for head in block.outer:
        scope = SCOPE.match(head)
        if not scope or (scope.group("name") == "" and head.endswith("namespace")):
            return None
        names.append((scope.group("name") or "").strip())
    return "::".join(name for name in names if name)


def types_of(text: str) -> Iterator[tuple[int, str]]:
    """Gives line and full name of each type that other files could have too."""
    for block in blocks_of(text):
        found, space = TYPE.match(block.head), namespace_of(block)
        if found and space is not None:
            yield block.first, f"{space}::{found.group('name')}"


def long_functions(text: str) -> Iterator[tuple[int, str]]:
    """Gives line and message of each function that fits on no screen."""
    for block in blocks_of(text):
        is_placed = all(SCOPE.match(head) or TYPE.match(head) for head in block.outer)
        lines = block.last - block.first + 1
        if is_placed and lines > MAX_FUNCTION_LINES and FUNCTION.search(block.head) and not SCOPE.match(block.head):
            yield block.first, f"function has more than {MAX_FUNCTION_LINES} lines: {lines}"


def refused_words(root: pathlib.Path) -> re.Pattern[str] | None:
    """Reads from the table of words what none of them is called: words, or names that are made of them."""
    page = root / WORDS
    rows = re.findall(r"^\|[^|]+\|[^|]+\|([^|]*)\|$", page.read_text(encoding="utf-8", errors="replace"), re.MULTILINE) if page.is_file() else []
    words = [word.strip() for row in rows for word in row.split(",") if re.fullmatch(r"[a-z ]+", word.strip())]
    spelled = ["[ _-]?".join(map(re.escape, word.split())) for word in words if word != "never"]
    return re.compile(rf"(?<![a-z])(?:{'|'.join(spelled)})s?(?![a-z])", re.IGNORECASE) if spelled else None


def check_words(path: pathlib.Path, text: str, refused: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Gives line and message of each name or sentence that calls a thing by another word than its own."""
    quoted = STRING if path.suffix in CODE else QUOTED
    plain = quoted.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    for number, line in enumerate(plain.splitlines(), start=1):
        separate = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", line)
        found = refused.search(separate)
        if found:
            yield number, f"{WORDS} has another word for this: {found.group()}"


def check_first_line(path: pathlib.Path, lines: list[str]) -> str | None:
    """Says what is wrong with the first line of a C++ file, or None."""
    first = lines[0] if lines else ""
    if SAYS_WHAT_FOR.match(first):
        return None
    if path.name.endswith("_test.cpp") and first.startswith("#include"):
        return None
    if path.suffix == ".cpp" and re.match(rf'#include ".*\b{re.escape(path.stem)}\.h"', first):
        return None
    return "first line must say what the file is for (`// For ...`) or include its own header"


def check_code(file: str, path: pathlib.Path, text: str) -> Iterator[tuple[int, str]]:
    """Gives line and message of each mistake that only C++ can have."""
    lines = text.splitlines()
    message = check_first_line(path, lines)
    if message:
        yield 1, message
    if len(lines) > MAX_LINES:
        yield len(lines), f"file has more than {MAX_LINES} lines: {len(lines)}"
    if VAGUE_FILE.search(path.stem):
        yield 1, f"file name says nothing: {path.name}"
    yield from long_functions(text)
    parts = file.split("/")
    folder = parts[1] if parts[0] == "src" and len(parts) > 2 else ""
    is_test = path.name.endswith("_test.cpp")
    for number, line in enumerate(without_comments(text).splitlines(), start=1):
        found = CLOCK.search(line)
        if found and folder and folder not in MAY_READ_CLOCK and not (is_test and "steady_clock" in found.group()):
            yield number, f"time and chance are inputs here: {found.group().strip()}"
        found = LIBRARY_MATH.search(line)
        if found and folder in MAKES_VALUES and not is_test:
            yield number, f"bytes would depend on the library, use base/math.h or base/random.h: {found.group().strip(' (')}"
        found = VAGUE_TYPE.search(line)
        if found:
            yield number, f"type name says nothing: {found.group(1)}"


def check_text(text: str) -> Iterator[tuple[int, str]]:
    """Gives line and message of each mistake that any text file can have."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line != line.rstrip():
            yield number, "blank at the end of the line"
        found = UNFINISHED.search(line)
        if found:
            yield number, f"unfinished: {found.group()}"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end of the file"


def check(root: pathlib.Path) -> list[str]:
    """Checks every text file of the project and gives the mistakes as file:line: message."""
    mistakes = []
    types = defaultdict(list)
    refused = refused_words(root)
    for path in files_of(root):
        file = path.relative_to(root).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            mistakes.append(f"{file}:1: not UTF-8")
            continue
        found = list(check_text(text))
        if refused and (path.suffix in CODE or path.suffix == ".md" and file != WORDS):
            found += check_words(path, text, refused)
        if path.suffix in CODE:
            found += check_code(file, path, text)
            for number, name in types_of(text):
                types[name].append((file, number))
        mistakes += [f"{file}:{number}: {message}" for number, message in sorted(found)]
    for name, places in types.items():
        for file, number in places[1:]:
            mistakes.append(f"{file}:{number}: another type has this name, in {places[0][0]}: {name}")
    return mistakes


def main() -> int:
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    mistakes = check(root)
    print("\n".join(mistakes) if mistakes else "style: nothing to mend")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
