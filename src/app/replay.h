// For spelling the command that makes the same records again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/arguments.h"
#include "pack/plan.h"

namespace headwater {

/// Spells a command with seed, start and end written out, without pace and liveness, and without what changes no byte
/// (threads, logs, colours). `reached` is the instant at which the run was cut off, where it was. The command of a replay
/// is the same again.
std::string replay_command(const Arguments& arguments, const Plan& plan, std::optional<int64_t> reached);

}  // namespace headwater
