// For reading and waiting for real time; tests hand in a time of their own.
#include "engine/real_time.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace headwater {

namespace {

constexpr int64_t longest_nap_us = 20'000;

int64_t micros(auto duration) { return std::chrono::duration_cast<std::chrono::microseconds>(duration).count(); }

}  // namespace

int64_t SystemTime::now() const { return micros(std::chrono::system_clock::now().time_since_epoch()); }

int64_t SystemTime::elapsed() const { return micros(std::chrono::steady_clock::now().time_since_epoch()); }

void SystemTime::wait(int64_t until, const StopToken& stop) {
    for (int64_t left = until - elapsed(); left > 0 && !stop.requested(); left = until - elapsed())
        std::this_thread::sleep_for(std::chrono::microseconds(std::min(left, longest_nap_us)));
}

}  // namespace headwater
