// For measuring what a turn costs: the CPU time of this process, and how a bench that cannot go on ends.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace headwater::bench {

[[noreturn]] inline void give_up(const std::string& message) {
    std::printf("%s\n", message.c_str());
    std::exit(1);
}

/// Gives the CPU time that this process has used.
inline double cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

}  // namespace headwater::bench
