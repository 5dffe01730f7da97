// For keeping the runs of the service where neither a crash nor a restart loses them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/stored_run.h"

namespace headwater {

/// A page of a list.
struct RunPage {
    std::vector<StoredRun> runs;  ///< the youngest first
    int64_t next = 0;             ///< number to go on before; 0 at the end
};

/// What an idempotency key was used for.
struct KeyUse {
    std::string run;
    std::string digest;  ///< of the request
};

/// A database in one file (SQLite, write-ahead log). Any thread may use it. Failures are of the disk.
class Store {
  public:
    /// Opens the file, makes it when it is missing, and takes it for this process alone.
    static Result<std::unique_ptr<Store>> open(const std::string& path);
    virtual ~Store() = default;

    /// Adds a run and the use of a key, if there is one, both or none; gives the run its number. Durable.
    virtual Result<void> add(StoredRun& run, const std::string& key, const std::string& digest) = 0;
    /// Writes state, reason and counts of a run; durable where `is_durable`, else soon.
    virtual Result<void> update(const StoredRun& run, bool is_durable) = 0;
    /// Keeps the manifest of a run.
    virtual Result<void> keep_manifest(const std::string& id, const std::string& manifest) = 0;
    virtual Result<std::optional<std::string>> manifest(const std::string& id) = 0;
    virtual Result<std::optional<StoredRun>> find(const std::string& id) = 0;
    /// Lists runs with a number below `before` (0: all), at most `most`.
    virtual Result<RunPage> list(int64_t before, int most) = 0;
    /// Lists the runs that are not over, the oldest first.
    virtual Result<std::vector<StoredRun>> unfinished() = 0;
    /// Lists the runs that are over and have something left to be done: see is_unsettled.
    virtual Result<std::vector<StoredRun>> unsettled() = 0;
    /// Finds what a key was used for since the instant `since`.
    virtual Result<std::optional<KeyUse>> use_of(const std::string& key, int64_t since) = 0;
};

}  // namespace headwater
