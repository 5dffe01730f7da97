// For reading YAML 1.2 with positions and without its traps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "language/diagnostic.h"
#include "language/node.h"

namespace headwater {

/// Parses one document. Reports to `diagnostics`, each with its position and mend: invalid UTF-8, control characters,
/// tabs as indentation, anchors, aliases, tags, merge keys, a second document, duplicate keys, keys and list items
/// without a value, keys that are not scalars, depth over 64, more than 1,000,000 nodes, more than 1,000 blanks in a row,
/// keys over 1,024 bytes, files over 64 MiB, and what YAML itself cut: an open quote or bracket, a text with a comma inside
/// {...} or [...], with `: ` or with ` #`. Such a text is reported once, with the mended line, and stands in the tree as it
/// was meant.
/// Returns nothing when there is no usable tree; then at least one error was reported.
std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

}  // namespace headwater
