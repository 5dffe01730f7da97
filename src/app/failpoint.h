// For tests that kill the process at a named point of a run.
#pragma once

#include <functional>
#include <string_view>

namespace headwater {

/// Gives what RunOptions::pass takes: with HEADWATER_FAILPOINT=point@k the process kills itself (SIGKILL) when it passes
/// the point for the k-th time, from 1. Gives nothing without the variable.
std::function<void(std::string_view point)> failpoint_from_environment();

}  // namespace headwater
