// For keeping the runs of the service where neither a crash nor a restart loses them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/database.h"
#include "service/stored_run.h"

namespace headwater {

/// A page of a list.
struct RunPage {
    std::vector<StoredRun> runs;  ///< the youngest first
    int64_t next = 0;             ///< number to go on before; 0 at the end
};

/// Which runs a list has.
struct RunFilter {
    std::vector<LifeState> states{};     ///< empty: any
    std::optional<bool> is_emulation{};  ///< none: both
    std::string name{};                  ///< in which * stands for any text; empty: any

    bool has_state(LifeState state) const;
};

/// Runs whose states the store does not know as they are now: by whether a list has them.
struct RunsOnTheWay {
    std::vector<std::string> listed, not_listed;  ///< ids
};

/// What an idempotency key was used for.
struct KeyUse {
    std::string run;
    std::string digest;  ///< of the request
};

/// Any thread may use it. Failures are of the disk.
class Store {
  public:
    /// Makes the tables that the database lacks; it outlives the store.
    static Result<std::unique_ptr<Store>> open(Database& database);
    ~Store();

    /// Adds a run and the use of a key, if there is one, both or none; gives the run its number. Durable.
    Result<void> add(StoredRun& run, const std::string& key, const std::string& digest);
    /// Writes state, reason and counts of a run; durable where `is_durable`, else soon.
    Result<void> update(const StoredRun& run, bool is_durable);
    /// Keeps the manifest of a run.
    Result<void> keep_manifest(const std::string& id, const std::string& manifest);
    Result<std::optional<std::string>> manifest(const std::string& id);
    Result<std::optional<StoredRun>> find(const std::string& id);
    /// Lists runs with a number below `before` (0: all), at most `most`.
    Result<RunPage> list(int64_t before, int most, const RunFilter& filter, const RunsOnTheWay& now);
    /// Lists ids of runs that are over, have nothing left to be done and either ended before an instant or are not among
    /// the youngest `most_kept`, the oldest first.
    Result<std::vector<std::string>> outdated(int64_t ended_before, int64_t most_kept);
    /// Forgets a run, and keys that were used for it. Durable.
    Result<void> remove(const std::string& id);
    /// Lists the runs that are not over, the oldest first.
    Result<std::vector<StoredRun>> unfinished();
    /// Lists the runs that are over and have something left to be done: see is_unsettled.
    Result<std::vector<StoredRun>> unsettled();
    /// Finds what a key was used for since the instant `since`.
    Result<std::optional<KeyUse>> use_of(const std::string& key, int64_t since);

  private:
    struct Tables;

    explicit Store(Database& database);

    Database& database_;
    std::unique_ptr<Tables> tables_;
};

}  // namespace headwater
