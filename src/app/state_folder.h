// For the folder in which a run keeps what it needs to go on after a crash: how it was started, and its journal.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/journal.h"

namespace headwater {

/// How a run was started: enough to load the same plan again.
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

/// A state folder in use by this process; two processes never use one at the same time.
class StateFolder {
  public:
    /// Makes the folder where it is missing and locks it; none when another process has it.
    static Result<std::unique_ptr<StateFolder>> open(const std::string& path);
    ~StateFolder();
    StateFolder(const StateFolder&) = delete;
    StateFolder& operator=(const StateFolder&) = delete;

    const std::string& path() const { return path_; }
    Journal& journal() { return journal_; }
    /// Writes how the run was started, in place of what was there.
    Result<void> write(const RunStart& start);
    /// Removes the folder: a run that has ended needs none.
    void remove();
    /// Reads it; none when the folder has none, or only a damaged one.
    std::optional<RunStart> read() const;

  private:
    StateFolder(std::string path, int lock);

    std::string path_;
    int lock_;
    Journal journal_;
};

}  // namespace headwater
