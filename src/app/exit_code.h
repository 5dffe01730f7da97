// For the exit codes of the program.
#pragma once

#include "base/result.h"

namespace headwater {

inline constexpr int exit_done = 0;    ///< done, or drained after a signal
inline constexpr int exit_failed = 1;  ///< failed while running
inline constexpr int exit_bad_input = 2;
inline constexpr int exit_not_reachable = 3;  ///< a target, at the start
inline constexpr int exit_disk = 74;          ///< local disk full or broken
inline constexpr int exit_second_signal = 130;

/// Gives the exit code of a failure; `invalid` is bad input before a run and a failure in it.
inline int exit_code_of(ErrorKind kind, int invalid) {
    if (kind == ErrorKind::unavailable) return exit_not_reachable;
    return kind == ErrorKind::disk ? exit_disk : invalid;
}

}  // namespace headwater
