#!/usr/bin/env python3
"""For building the files of a folder into the program: embed.py FOLDER OUTPUT.cpp"""
import pathlib
import sys


def main() -> None:
    folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(p for p in folder.rglob("*") if p.suffix in {".yaml", ".csv"} and p.is_file())
    lines = ['#include "pack/embedded.h"', "", "namespace headwater {", "namespace {", ""]
    for index, path in enumerate(files):
        data = path.read_bytes()
        lines.append(f"const unsigned char file_{index}[] = {{")
        for start in range(0, len(data), 32):
            lines.append("    " + ",".join(str(byte) for byte in data[start : start + 32]) + ",")
        lines.append("    0};")
    lines += ["", "}  // namespace", "", "const std::vector<EmbeddedFile>& embedded_files() {",
              "    static const std::vector<EmbeddedFile> files = {"]
    for index, path in enumerate(files):
        name = path.relative_to(folder).as_posix()
        lines.append(f'        {{"{name}", {{reinterpret_cast<const char*>(file_{index}), {path.stat().st_size}}}}},')
    lines += ["    };", "    return files;", "}", "", "}  // namespace headwater", ""]
    output.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


if __name__ == "__main__":
    main()
