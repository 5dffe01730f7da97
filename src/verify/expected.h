// For making again what was sent: the plan is run, into entries instead of a target.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/real_time.h"
#include "engine/stop.h"
#include "pack/plan.h"
#include "verify/answers.h"
#include "verify/batch_entries.h"
#include "verify/entry.h"

namespace headwater {

/// A run to be made again: the plan of its command, and which part of it.
struct SentPart {
    const Plan* plan = nullptr;
    std::string run;
    int part = 0;
    int parts = 1;
    DeliveredForm form{};  ///< of the output that the copy was made from
};

/// Receives entries of shape `shape` in the order in which their records were sent; `entry` may be changed.
using SentReceiver = std::function<void(int shape, Entry& entry)>;

/// Receives records that were delivered as other bytes.
using DamagedReceiver = std::function<void(int shape, const DamagedRecord& record)>;

/// How often a fault of the plan struck, by stream of the plan and fault.
using Strokes = std::vector<std::vector<int64_t>>;

/// What making it again takes.
struct SentOptions {
    int threads = 0;  ///< 0: as many as there are cores
    SentReceiver receive;
    DamagedReceiver receive_damaged{};
    BatchWitness witness{};
    bool only_damaged = false;   ///< no entries are made
    Strokes* strokes = nullptr;  ///< where given: receives them
    Answers* answers = nullptr;  ///< where given: receives the answer key
    const StopToken* stop = nullptr;
    RealTime* time = nullptr;
};

/// Gives the shapes of the streams that outputs of the plan use.
std::vector<Shape> shapes_of(const Plan& plan, const std::set<std::string>& ignored);

/// True where a run of the plan may deliver records as bytes that are no record, or another one.
bool may_damage(const SentPart& part);

/// Runs the plan as fast as it goes, whatever its pace was. Positions count the records of each shape from 0.
Result<void> make_sent(const SentPart& part, const std::vector<Shape>& shapes, const SentOptions& options);

}  // namespace headwater
