// For finding packs and scenarios: in folders, and built in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pack/world.h"

namespace headwater {

/// Reads a file whole; nothing when it cannot be read.
std::optional<std::string> read_text_file(const std::string& path);

/// Reads and parses a file of the language; null after a report. `name` may begin with built-in:.
std::shared_ptr<const SourceFile> read_source(const std::string& name, Diagnostics& diagnostics);

/// What the names of source files begin with that lie in no folder.
inline constexpr std::string_view on_a_shelf = "kept:";

/// A pack file that was found.
struct PackPlace {
    std::string pack;          ///< name in its first line
    std::string file;          ///< path, or built-in:...
    std::string another = "";  ///< of the same name; empty: there is none
};

/// Lists pack files in folders (NAME.yaml, NAME/NAME.yaml and any other .yaml one folder deep that begins a pack), then
/// the built-in ones that no folder replaces.
std::vector<PackPlace> find_packs(const std::vector<std::string>& folders);

/// Reports that two files are one pack, naming both, where that is so.
void report_clash(const PackPlace& place, Diagnostics& diagnostics);

}  // namespace headwater
