#!/usr/bin/env python3
"""For building Swagger UI into the program, packed as browsers take it: embed_web.py OUTPUT.cpp, by a Python that has it."""
import gzip
import pathlib
import sys

import swagger_ui_bundle

TYPES = {"swagger-ui-bundle.js": "text/javascript; charset=utf-8", "swagger-ui.css": "text/css; charset=utf-8"}


def main() -> None:
    folder = pathlib.Path(swagger_ui_bundle.swagger_ui_path)
    output = pathlib.Path(sys.argv[1])
    lines = ['#include "service/web_files.h"', "", "namespace headwater {", "namespace {", ""]
    entries = []
    for index, (name, kind) in enumerate(TYPES.items()):
        data = gzip.compress((folder / name).read_bytes(), 9, mtime=0)
        lines.append(f"const unsigned char file_{index}[] = {{")
        lines += ["    " + ",".join(map(str, data[start : start + 32])) + "," for start in range(0, len(data), 32)]
        lines.append("    0};")
        entries.append(f'        {{"{name}", "{kind}", {{reinterpret_cast<const char*>(file_{index}), {len(data)}}}}},')
    lines += ["", "}  // namespace", "", "const std::vector<WebFile>& web_files() {", "    static const std::vector<WebFile> files = {",
              *entries, "    };", "    return files;", "}", "", "}  // namespace headwater", ""]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
