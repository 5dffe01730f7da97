// For telling where a run whose outputs take one phase each goes over from its history to what comes live.
#include "app/seam_notice.h"

#include "base/print.h"
#include "base/time.h"

namespace headwater {

namespace {

std::string targets_of(const Plan& plan, Phase phase) {
    std::string targets;
    for (const OutputPlan& output : plan.outputs)
        if (output.takes(phase)) targets += (targets.empty() ? "" : " and ") + output.to;
    return targets.empty() ? "nowhere" : "to " + targets;
}

}  // namespace

std::string seam_notice(const Plan& plan) {
    return "What happens before the seam goes " + targets_of(plan, Phase::history) + ", what happens from it on " +
           targets_of(plan, Phase::live) + ": " + spell_instant(*plan.clock.seam);
}

std::string seam_line(const Plan& plan, const RunSummary& summary) {
    if (!plan.clock.seam) return "";
    std::map<std::string, int64_t> records;
    for (const StreamOutcome& outcome : summary.streams)
        for (const auto& [phase, rows] : outcome.phases) records[phase] += rows;
    std::string text = "  seam        " + spell_instant(*plan.clock.seam);
    for (const auto& [phase, rows] : records) text += ", " + phase + " " + with_thousands(rows) + " records";
    return text + "\n";
}

}  // namespace headwater
