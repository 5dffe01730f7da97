// For what makes records: flat streams and living entities look the same to the engine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/batch.h"

namespace headwater {

/// A slice of simulated time, [from, to) in microseconds.
struct Window {
    int64_t from = 0;
    int64_t to = 0;
};

/// What bounds a source in one run.
struct SourceLimits {
    int64_t start = 0;             ///< first instant
    int64_t until = INT64_MAX;     ///< end of simulated time, exclusive
    std::vector<int64_t> counts;   ///< records per stream of the source, INT64_MAX where not bounded; by stream index
    int64_t followed = INT64_MAX;  ///< a stream that follows another: records that are made of that one
    int part = 0;
    int parts = 1;  ///< above 1 the source must be bounded by until or counts
};

/// A piece of a window that one worker generates alone. Tasks of one window are listed in delivery order.
struct Task {
    int64_t first = 0;  ///< flat: first row; entities: shard
    int64_t count = 0;  ///< flat: rows
    Window window;
};

/// How many entities of a kind are alive in one phase, or at one step of a journey.
struct Alive {
    std::string kind;
    std::string phase;  ///< empty where the kind has neither
    int64_t count = 0;
};

/// Receives batches of a task, in order; `stream` indexes Source::schemas. The batch is valid during the call only.
using BatchSink = std::function<void(int stream, Batch& batch)>;

/// Memory of one worker for one source, used again for every task.
class Scratch {
  public:
    virtual ~Scratch() = default;
};

/// Makes the records of one or more streams. fill [0,10) equals fill [0,5) then [5,10); part k of n is generated alone.
/// plan is called by one thread between windows; fill by any worker, each task once; windows come in order.
class Source {
  public:
    virtual ~Source() = default;
    /// Gives the schemas of the streams this source feeds.
    virtual const std::vector<std::shared_ptr<const Schema>>& schemas() const = 0;
    /// Appends the tasks of a window, in delivery order. Tasks of flat streams end at multiples of `grain` rows where they can:
    /// a window may leave the last rows before a grain to the next one unless `exact` (live, or the last window).
    virtual void plan(const Window& window, bool exact, std::vector<Task>& tasks) = 0;
    virtual void fill(const Task& task, Scratch& scratch, const BatchSink& out) = 0;
    virtual std::unique_ptr<Scratch> scratch() const = 0;
    /// Leaves out a planned task whose records nobody needs; false when it must be filled all the same, because later
    /// records depend on it or its records cannot be counted before they are made. Called by the thread that plans.
    virtual bool skip(const Task& task) {
        (void)task;
        return false;
    }
    /// Suggests the end of a window that begins at `from` and holds about `records` records; never before from + 1.
    virtual int64_t horizon(int64_t from, int64_t records) const = 0;
    /// True when stream `stream` can make no record at or after `from`.
    virtual bool exhausted(int stream, int64_t from) const = 0;
    /// Rows at whose multiples flat tasks are cut, so that what is made of a task does not depend on windows.
    static constexpr int64_t grain = 1024;
    /// Counts who is alive, by kind and phase; empty for sources without entities. Called between windows.
    virtual std::vector<Alive> alive() const { return {}; }
    /// Replaces `state` by the state between two windows, whose memory is used again; empty for sources without state.
    virtual void save(std::string& state) const { state.clear(); }
    /// Takes a state that was saved by a source of the same plan, limits and part.
    virtual Result<void> restore(const std::string&) { return {}; }
    std::string snapshot() const {
        std::string state;
        save(state);
        return state;
    }
};

/// The immutable part of a source, held by the plan.
class SourcePlan {
  public:
    virtual ~SourcePlan() = default;
    virtual const std::vector<std::shared_ptr<const Schema>>& schemas() const = 0;
    /// Opens it for one run. Refuses parts of an unbounded source.
    virtual Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const = 0;
};

}  // namespace headwater
