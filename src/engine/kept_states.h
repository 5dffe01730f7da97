// For the state of sources on disk, so that a run that was cut off does not make again everything since its first instant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/checkpoint.h"
#include "engine/filler.h"

namespace headwater {

/// Where a run stands between two windows.
struct StatePlace {
    PlannedWindow reached;
    int64_t windows = 0;        ///< so many were planned before, where a journal keeps them
    std::vector<int64_t> rows;  ///< by stream of the plan: records made
};

/// Keeps at most two states, in the files `state-0` and `state-1` of a folder: one from which a run can go on, and a newer
/// one that it can go on from once all lanes have made durable what came before it. They spare work and nothing else: a
/// file that is damaged, or of another run or version, is passed over, so nothing waits until they are on disk. Used by one
/// thread, while no source is filled.
class KeptStates {
  public:
    /// `identity` tells the runs apart whose states do not fit each other.
    KeptStates(std::string folder, std::string identity);

    /// Tells whether another state is wanted, after a checkpoint of all lanes.
    bool wants_another(const std::vector<LaneState>& lanes);
    /// Keeps the state of all sources.
    Result<void> keep(const StatePlace& place, const std::vector<SourceRun>& sources);
    /// Gives the sources the newest state from which the run can go on, and tells where it was taken; none when there is none.
    Result<std::optional<StatePlace>> restore(const Checkpoint& checkpoint, const std::vector<SourceRun>& sources);
    /// Removes the files of a folder; those that are not there are no error.
    static Result<void> remove(const std::string& folder);

  private:
    struct Kept {
        int file = 0;
        StatePlace place;
    };
    Result<void> write(int file, const StatePlace& place, const std::vector<SourceRun>& sources);

    std::string folder_;
    std::string identity_;
    std::optional<Kept> usable_, candidate_;
    std::string state_;  ///< memory, used again
};

}  // namespace headwater
