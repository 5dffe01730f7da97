// For finding packs and scenarios: in folders, and built in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pack/world.h"

namespace headwater {

/// Reads a file whole; nothing when it cannot be read.
std::optional<std::string> read_text_file(const std::string& path);

/// Reads and parses a file of the language; null after a report. `name` may begin with built-in:.
std::shared_ptr<const SourceFile> read_source(const std::string& name, Diagnostics& diagnostics);

/// A pack file that was found.
struct PackPlace {
    std::string pack;  ///< name in its first line
    std::string file;  ///< path, or built-in:...
};

/// Lists pack files in folders (NAME.yaml, NAME/NAME.yaml and any other .yaml one folder deep that begins a pack), then
/// the built-in ones that no folder replaces. Reports two files of one pack in the folders, naming both.
std::vector<PackPlace> find_packs(const std::vector<std::string>& folders, Diagnostics& diagnostics);

/// Gives the folders that are searched: those given, then HEADWATER_PACKS (split at :), then ./packs.
std::vector<std::string> pack_folders(const std::vector<std::string>& given);

}  // namespace headwater
