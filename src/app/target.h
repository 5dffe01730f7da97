// For reading what outputs and copies name, as users type it: file:out?format=csv&layout=chunked.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/formats.h"
#include "pack/plan.h"
#include "sink/targets.h"

namespace headwater {

/// What an output names, found in the tables, with its options dealt out.
struct NamedOutput {
    const FormatKind* format = nullptr;
    const TargetKind* target = nullptr;
    FormatRequest format_request;
    TargetRequest target_request;
};

/// Takes the options behind `?` off an address, in their order; refuses those that are not name=value, and secrets, which others
/// would see.
Result<GivenOptions> take_options(std::string& address);

/// Moves the options behind `?` of an output's target into the output, and settles what is left open. Options of every output are
/// set; others stay with it, for its format and target.
Result<void> settle(OutputPlan& output);

/// Finds what a settled output names.
Result<NamedOutput> named_in(const OutputPlan& output);

/// Refuses what the target can see to be wrong without connecting to anything. It may read files that options name, so clients of
/// a service are kept to what they may say before.
Result<void> check(const NamedOutput& named);

/// Warns of what an output asks for and will regret, in a run whose first record is `age_us` old; nothing where all is well.
std::string warning_of(const OutputPlan& output, int64_t age_us);

/// Keeps an output, or a copy that is named like one, to what clients of a service may say; may change its target.
Result<void> confine(OutputPlan& output, const ServicePlace& place);

}  // namespace headwater
