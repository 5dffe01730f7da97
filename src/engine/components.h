// For the formats and targets a run can use; the engine knows them by these interfaces only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/format.h"
#include "pack/plan.h"
#include "sink/sink.h"

namespace headwater {

/// What a run tells a target that it makes.
struct TargetUse {
    std::string run;                   ///< id
    std::vector<std::string> streams;  ///< pack.stream of all records that will come
    bool is_answer_key = false;
    int64_t age_us = 0;                ///< how long ago, by event time, the run's first instant was
    std::function<bool()> gives_up{};  ///< asked while open() waits: true ends the waiting; any thread may call it
};

/// One opened end of an output. Exactly one of the three sinks is set.
struct Target {
    std::string name;                 ///< stdout, discard, file: as messages and `limited_by` call it
    std::string root;                 ///< of objects: where the manifest lies, as the user typed it
    std::string folder;               ///< of objects: below the root, may hold holes; see ObjectPlace
    bool keeps_objects = true;        ///< of objects: false where what is written is thrown away, so no manifest
    bool compresses_records = false;  ///< of records: the target sees to the compression itself
    std::unique_ptr<RecordSink> records;
    std::unique_ptr<ObjectSink> objects;
    std::unique_ptr<RowSink> rows;
};

/// Makes formats and targets of outputs. Any thread may call it.
class Components {
  public:
    virtual ~Components() = default;
    /// Makes the format that an output names; an unknown one is invalid, and the message lists what exists.
    virtual Result<std::unique_ptr<Format>> format(const OutputPlan& output) const = 0;
    /// Makes the target that an output names, not yet opened. Called once for every lane, as sinks have one owner.
    virtual Result<Target> target(const OutputPlan& output, const Format& format, const TargetUse& use) const = 0;
};

}  // namespace headwater
