// For the manifest: what a run made, with digests, and how to make it again; written last, beside the objects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/lane.h"
#include "engine/objects.h"
#include "pack/plan.h"

namespace headwater {

/// How a run ended.
enum class RunState { completed, stopped };

/// Names a state as interface and manifest spell it.
std::string_view name_of(RunState state);

/// What became of one stream.
struct StreamOutcome {
    int stream = 0;  ///< index into Plan::streams
    Tally tally;
    std::string ended;                      ///< count reached, exhausted, until reached, time is up, stopped
    std::vector<ObjectEntry> objects;       ///< of the target that the manifest is for
    int64_t generated = 0;                  ///< records, before faults removed or repeated some
    std::vector<int64_t> faults;            ///< strokes of each of the stream's faults
    std::map<std::string, int64_t> phases;  ///< records by phase, where outputs tell them apart
};

/// Objects of the answer key.
struct AnswerKeyOutcome {
    std::string to;
    std::vector<ObjectEntry> objects;
};

/// Everything a manifest says beside the plan. Nothing in it depends on the clock, threads or the machine.
struct ManifestContent {
    std::string version;
    std::string run;
    std::string command;
    RunState state = RunState::completed;
    std::optional<int64_t> reached;  ///< simulated instant at which a run was cut off by real time or a stop
    int part = 0;
    int parts = 1;
    std::vector<RunChange> changes;  ///< those of the rate are listed; what follows takes none of its bytes from them
    std::string phase;               ///< of what lies here, where that is not all of the run
    std::vector<StreamOutcome> streams;
    std::optional<AnswerKeyOutcome> answer_key;
};

/// Prints the manifest as indented JSON with keys in a fixed order.
std::string manifest_text(const Plan& plan, const ManifestContent& content);
/// Gives manifest.json, or manifest-<part>-of-<parts>.json.
std::string manifest_name(int part, int parts);
/// Gives _SUCCESS, or _SUCCESS-<part>-of-<parts>: the empty object written behind the manifest of a completed run.
std::string success_name(int part, int parts);

/// Names a run after what it makes: the same seed, start, packs and parameters give the same 12 hex digits.
std::string run_id_of(const Plan& plan);

}  // namespace headwater
