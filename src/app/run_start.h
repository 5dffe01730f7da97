// For how a run of the command line was started: enough to load the same plan again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/state_folder.h"

namespace headwater {

struct RunStart {
    std::string version;             ///< of the program
    std::vector<std::string> words;  ///< of the command line, without the program
    std::string folder;              ///< the working folder, which relative paths are meant from
    int64_t now = 0;                 ///< the present instant, microseconds
    uint64_t seed = 0;
    std::string plan;  ///< run_id_of the plan
    std::string run;   ///< name of the run
};

/// Names a run and the command line that started it: the run's id, then 6 hex digits of the words, so that pouring the
/// same records to two places at once is two runs.
std::string resume_id(const std::string& run, const std::vector<std::string>& words);
/// Gives the state folder of a run that names none itself.
std::string default_state_folder(const std::string& resume_id);

/// Writes how a run was started, in place of what was there.
Result<void> write_start(StateFolder& state, const RunStart& start);
/// Reads it; none when the folder has none, or only a damaged one.
std::optional<RunStart> read_start(const StateFolder& state);
/// Keeps the manifest of a run that has ended: it lists what clean removes.
Result<void> write_last_manifest(StateFolder& state, const std::string& text);
std::optional<std::string> read_last_manifest(const StateFolder& state);
/// Removes the folder, and those above it that are empty then.
void remove_state(StateFolder& state);

}  // namespace headwater
