// For reading manifests back: what a run was, and the plan that makes the same records again.
#pragma once

#include <string>
#include <vector>

#include "app/arguments.h"
#include "app/console.h"
#include "base/result.h"
#include "pack/plan.h"

namespace headwater {

/// What a manifest says of a run, or of one part of it.
struct ManifestFile {
    std::string path;
    std::string version;
    std::string run;
    std::string phase;  ///< of what it lists, where that is not all of the run
    int part = 0;
    int parts = 1;
    std::vector<std::string> words;    ///< of the command, without the program
    std::vector<std::string> streams;  ///< pack.stream
    std::vector<std::string> objects;
    std::vector<std::pair<std::string, std::string>> packs;  ///< name and digest
};

/// Reads manifests: files, or folders for all that lie in them. They must be the parts of one run.
Result<std::vector<ManifestFile>> read_manifests(const std::vector<std::string>& paths);

/// What is wanted of a manifest's plan.
struct ManifestUse {
    std::vector<std::string> packs;  ///< folders that are looked into first
    std::vector<std::string> streams;
    bool of_messages = false;  ///< the output to topics is meant, or else that of objects
};

/// Loads the plan of a manifest's command; prints diagnostics. One output is left, the first of the sort meant if there is one,
/// narrowed to the streams. A pack that is not the one of the run is invalid.
Result<Plan> plan_of(const ManifestFile& manifest, const ManifestUse& use, int64_t now, Console& console);

/// Takes a command apart as a POSIX shell does: blanks, single and double quotes, backslashes.
std::vector<std::string> shell_words(const std::string& command);

}  // namespace headwater
