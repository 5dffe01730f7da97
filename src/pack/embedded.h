// For files that are part of the program: built-in packs and word lists.
#pragma once

#include <string_view>
#include <vector>

namespace headwater {

struct EmbeddedFile {
    std::string_view path;  ///< relative to packs/, e.g. payments/payments.yaml
    std::string_view text;
};

/// Lists the files built into the program, sorted by path (made by tools/embed.py).
const std::vector<EmbeddedFile>& embedded_files();

}  // namespace headwater
