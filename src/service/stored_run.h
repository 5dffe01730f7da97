// For what is known of a run of the service: what was ordered, where it stands, what it made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/checkpoint.h"
#include "engine/progress.h"

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
    replaying,  ///< makes again what it had made, to go on behind it
};

std::string_view name_of(LifeState state);
/// Gives the state of a name; what no state is called is `failed`.
template <typename State>
State state_called(std::string_view name);
template <>
LifeState state_called(std::string_view name);
/// True when nothing more will happen to a run.
constexpr bool is_over(LifeState state) {
    return state == LifeState::completed || state == LifeState::stopped || state == LifeState::failed;
}

/// What was made of a stream.
struct StreamCount {
    std::string name;  ///< qualified
    int64_t records = 0;
    std::vector<std::string> outputs{};  ///< addresses that it goes to
};

/// How often a fault struck a stream.
struct FaultCount {
    std::string stream;
    std::string name;
    int64_t strokes = 0;
};

/// What a run made so far.
struct RunCounts {
    int64_t records = 0;
    uint64_t bytes = 0;
    int64_t elapsed_us = 0;
    int64_t lag_us = 0;      ///< behind the due time
    double share = -1;       ///< 0..1 of what there is to do, -1 when there is no end
    int64_t instant = 0;     ///< simulated
    std::string limited_by;  ///< rate, cpu, sink <name>; empty until it is known
    double rate = 0;         ///< records per real second at most, as it is now; 0 = not bounded
    uint64_t dead_letters = 0;
    std::string waiting_for;  ///< the target that is away now; empty when none is
    uint64_t failures = 0;    ///< attempts that failed because a target was away
    std::string last_error;   ///< of these; empty while there was none
    std::vector<StreamCount> streams;
    std::vector<SinkProgress> sinks;  ///< by output
    std::vector<RunChange> changes;   ///< pauses and rates, the latest ones
    std::vector<FaultCount> faults;   ///< of every stream
};

/// A fault or an incident that a client switched on while a run went on.
struct RunSwitch {
    enum class Kind { fault, incident };
    Kind kind = Kind::fault;
    std::string name;
    std::string entry;         ///< as a scenario writes it, without `at` and `for`, as JSON
    int64_t lasts = -1;        ///< as asked, microseconds; -1: as the pack says, or until it is switched off
    int64_t from = -1;         ///< simulated; -1: asked for only
    int64_t ends = INT64_MAX;  ///< simulated: foreseen when it came on
    int64_t until = -1;        ///< simulated: switched off; -1: it was not
    bool is_off_asked = false;

    /// True when it does nothing any more at a simulated instant.
    bool is_over(int64_t instant) const { return until >= 0 || (from >= 0 && instant >= ends); }
};

/// The call that tells somebody of a run's end.
struct Webhook {
    enum class State { none, waiting, delivered, given_up };
    std::string url;  ///< empty: nobody is told
    State state = State::none;
    int attempts = 0;
    int64_t next = 0;    ///< instant of the next attempt
    int64_t ended = 0;   ///< instant at which it was delivered or given up
    int status = 0;      ///< of the last answer; 0: there was none
    std::string reason;  ///< why the last attempt failed
};

/// The removal of what a run made.
struct Cleaning {
    enum class State { none, asked, done, failed };
    State state = State::none;
    int64_t next = 0;                    ///< instant of the next attempt, where it was asked for
    int64_t ended = 0;                   ///< instant
    int64_t objects = 0;                 ///< removed
    std::vector<std::string> removed{};  ///< topics and buckets
    std::vector<std::string> kept{};     ///< what was not removed, and why
    std::string reason{};                ///< why it failed
};

/// A pack that a run began with.
struct RunPack {
    std::string name;
    std::string version;
    std::string kept;  ///< id of a pack that a client gave; empty: it lies in a folder, or is built in
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
    std::vector<RunPack> packs{};
    uint64_t seed = 0;
    int64_t real_limit_us = -1;  ///< of an emulation; -1: none
    bool is_stop_asked = false;
    bool is_pause_asked = false;
    double asked_rate = -1;             ///< by a client, while it ran; below 0: none
    double planned_rate = 0;            ///< of the scenario; 0 = not bounded
    int64_t ttl_us = -1;                ///< from its end until what it made is removed; -1: it stays
    std::vector<RunSwitch> switches{};  ///< in the order in which they were asked for
    Webhook hook{};
    Cleaning cleaning{};
    uint64_t memory_bytes = 0;  ///< that it will take, estimated
    int resumed = 0;            ///< how often it was taken up after its end
    int64_t created = 0;        ///< instants, microseconds; 0 = not yet
    int64_t started = 0;
    int64_t ended = 0;
    RunCounts counts;
    int64_t number = 0;  ///< in the order of acceptance, by the store
};

/// True when something is left to be done for a run after its end.
inline bool is_unsettled(const StoredRun& run) {
    const bool is_cleaned =
        run.cleaning.state == Cleaning::State::done || run.cleaning.state == Cleaning::State::failed;
    return run.hook.state == Webhook::State::waiting || run.cleaning.state == Cleaning::State::asked ||
           (run.ttl_us >= 0 && !is_cleaned);
}

}  // namespace headwater
