// For what is known of a run of the service: what was ordered, where it stands, what it made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headwater {

/// States of a run as the reference has them.
enum class LifeState {
    accepted,
    provisioning,
    running,
    paused,
    draining,
    completed,
    stopped,
    failed,
    interrupted,
};

std::string_view name_of(LifeState state);
/// Reads a name; anything else is `failed`.
LifeState life_state_of(std::string_view name);
/// True when nothing more will happen to a run.
constexpr bool is_over(LifeState state) {
    return state == LifeState::completed || state == LifeState::stopped || state == LifeState::failed;
}

/// What a run made so far.
struct RunCounts {
    int64_t records = 0;
    uint64_t bytes = 0;
    int64_t elapsed_us = 0;
    int64_t lag_us = 0;      ///< behind the due time
    double share = -1;       ///< 0..1 of what there is to do, -1 when there is no end
    int64_t instant = 0;     ///< simulated
    std::string limited_by;  ///< rate, cpu, sink <name>; empty until it is known
    uint64_t dead_letters = 0;
    std::vector<std::pair<std::string, int64_t>> streams;  ///< qualified names with their records
};

struct StoredRun {
    std::string id;
    bool is_emulation = false;  ///< its records travel in envelopes, to the root of their bucket
    std::string key_field;      ///< of an emulation: the field that the keys of its records are made of
    std::string name;           ///< of the scenario
    std::string scenario;       ///< text that it is loaded from
    std::string request;        ///< of an emulation: the body, settled, as JSON
    LifeState state = LifeState::accepted;
    std::string reason;  ///< why it failed, stopped or was interrupted
    std::string plan;    ///< run_id_of the plan
    uint64_t seed = 0;
    int64_t real_limit_us = -1;  ///< of an emulation; -1: none
    bool is_stop_asked = false;
    int64_t created = 0;  ///< instants, microseconds; 0 = not yet
    int64_t started = 0;
    int64_t ended = 0;
    RunCounts counts;
    int64_t number = 0;  ///< in the order of acceptance, by the store
};

}  // namespace headwater
