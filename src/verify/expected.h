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
};

/// Receives entries of shape `shape` in the order in which their records were sent; `entry` may be changed.
using SentReceiver = std::function<void(int shape, Entry& entry)>;

/// What making it again takes.
struct SentOptions {
    int threads = 0;  ///< 0: as many as there are cores
    SentReceiver receive;
    BatchWitness witness;
    Answers* answers = nullptr;  ///< where given: receives the answer key
    const StopToken* stop = nullptr;
    RealTime* time = nullptr;
};

/// Gives the shapes of the streams that outputs of the plan use.
std::vector<Shape> shapes_of(const Plan& plan, const std::set<std::string>& ignored);

/// Runs the plan as fast as it goes, whatever its pace was. Positions count the records of each shape from 0.
Result<void> make_sent(const SentPart& part, const std::vector<Shape>& shapes, const SentOptions& options);

}  // namespace headwater
