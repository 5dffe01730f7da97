// For when living entities do something next: the arithmetic of instants and random rates, the same for both executors.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/math.h"
#include "base/random.h"
#include "base/sample.h"
#include "base/time.h"
#include "generate/living_facts.h"
#include "generate/living_shard.h"

namespace headwater {

inline constexpr uint64_t living_event_key = key_of("event");

/// Gives the base of the draws of an event.
inline uint64_t living_event_base(uint64_t address, uint32_t event) {
    return base_of(key_under(address, living_event_key), event);
}

/// Adds a delay; what comes too late to be told never comes.
inline int64_t later(int64_t instant, int64_t delay) {
    int64_t result = 0;
    return __builtin_add_overflow(instant, delay, &result) ? never_due : result;
}

/// Draws how much of a rate must pass until it fires.
inline double living_rate_amount(uint64_t word) { return -log_of(1 - unit_of(word)); }

/// Takes off what has passed of a rate by an instant.
inline void bring_to(LivingRate& rate, int64_t time) {
    rate.left = std::max(rate.left - rate.rate * static_cast<double>(time - rate.since) / micros_per_second, 0.0);
    rate.since = time;
}

/// Gives the instant at which a rate that reads these is to be looked at again, because it may be another one then.
inline int64_t next_look(const LivingReads& reads, int64_t time) {
    int64_t next = never_due;
    if (reads.time) next = (floor_div(time, micros_per_hour) + 1) * micros_per_hour;
    if (reads.switches.empty()) return next;
    const auto switched = std::ranges::upper_bound(reads.switches, time);
    return switched == reads.switches.end() ? next : std::min(next, *switched);
}

/// Sets a timer by a rate per second as it is from `time` to `look`.
inline void aim_timer(LivingTimers& timer, uint32_t row, double per_second, int64_t time, int64_t look) {
    constexpr double end_of_time_us = 4e18;
    constexpr double highest_rate_per_second = 1e6;  // one in a microsecond
    LivingRate& rate = timer.rates[row];
    rate.rate = per_second > 0 ? std::min(per_second, highest_rate_per_second) : 0;
    timer.set(row, Waits::to_fire, never_due);
    if (rate.rate > 0) {
        const double wait = rate.left / rate.rate * micros_per_second;
        if (wait < end_of_time_us) timer.due[row] = later(time, std::max<int64_t>(static_cast<int64_t>(wait), 1));
    }
    if (look < timer.due[row]) timer.set(row, Waits::to_look, look);
}

}  // namespace headwater
