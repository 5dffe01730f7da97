// For saying on the way how far a run is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint.h"

namespace headwater {

/// How far one output of a run is.
struct SinkProgress {
    std::string name;  ///< of the target: file, s3, kafka
    std::string to;    ///< its address
    bool is_answer_key = false;
    int64_t records = 0;       ///< handed to the target
    int64_t acknowledged = 0;  ///< durable there, as of the last checkpoint
};

/// Where a run stands.
struct Progress {
    int64_t records = 0;
    uint64_t bytes = 0;
    int64_t elapsed_us = 0;
    int64_t lag_us = 0;   ///< behind the due time, paced and live runs
    double share = -1;    ///< 0..1 of what there is to do, -1 when there is no end
    int64_t instant = 0;  ///< simulated
    bool is_live = false;
    bool is_paused = false;
    double rate = 0;            ///< records per real second at most; 0 = not bounded
    double due_rate = 0;        ///< records that fall due in a real second of a live run; 0 where not known
    std::vector<int64_t> rows;  ///< by stream of the plan: records made
    std::vector<std::vector<int64_t>> faults;  ///< by stream of the plan: strokes of each of its faults
    std::vector<SinkProgress> sinks;
    std::vector<RunChange> changes;
    uint64_t dead_letters = 0;
    std::string limited_by;  ///< so far; empty at the end, where the summary says it
};

}  // namespace headwater
