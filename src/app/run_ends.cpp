// For saying at its start when a run ends, by which clock, and whether anything ends it.
#include "app/run_ends.h"

#include <algorithm>

#include "base/time.h"
#include "engine/wiring.h"
#include "sink/targets.h"

namespace headwater {

namespace {

bool keeps(const OutputPlan& output) {
    const TargetKind* target = target_of(output.to);
    return target == nullptr || target->keeps;
}

std::string spell_length(int64_t micros) {
    std::string text = human_duration(micros);
    std::erase(text, ' ');
    return text;
}

/// Spells about when that is; the calendar ends with the year 9999.
std::string about(double micros) {
    if (micros > 253'402'300'799e6) return "beyond the year 9999";
    return spell_instant(static_cast<int64_t>(micros) / micros_per_second * micros_per_second);
}

/// Gives an end by both clocks for a run that is paced by records.
std::string end_of_paced(const ClockPlan& clock, std::optional<int64_t> real_us, double usual_rate, int64_t now) {
    const double pace = usual_rate > 0 ? clock.rate / usual_rate : 0;  // simulated per real second
    if (clock.rate <= 0 || clock.live || pace <= 0) return "";
    if (real_us) {
        const auto real = static_cast<double>(*real_us);
        return "With --rate, --for is real time: the run ends at " + about(static_cast<double>(now) + real) +
               ", its simulated time at about " + about(static_cast<double>(clock.start) + real * pace) +
               "; for so much simulated time say --until " + spell_length(*real_us);
    }
    if (!clock.until) return "";
    const auto simulated = static_cast<double>(*clock.until - clock.start);
    return "Run ends at " + about(static_cast<double>(*clock.until)) + " of simulated time, by the clock at about " +
           about(static_cast<double>(now) + simulated / pace) + "; for a length of real time say --for";
}

}  // namespace

bool keeps_anything(const Plan& plan) { return plan.answer_key || std::ranges::any_of(plan.outputs, keeps); }

std::vector<std::string> ends_of(const Plan& plan, std::optional<int64_t> real_us, double usual_rate, int64_t now) {
    std::vector<std::string> ends;
    if (std::string end = end_of_paced(plan.clock, real_us, usual_rate, now); !end.empty())
        ends.push_back(std::move(end));
    if (plan.clock.until || real_us) return ends;
    const OutputPlan* endless = nullptr;
    std::string with_others;  // streams that end by the count of another one alone
    for (const OutputPlan& output : plan.outputs) {
        if (!keeps(output)) continue;
        for (int stream : output.streams) {
            if (!ends_by_count(plan, stream))
                endless = &output;
            else if (plan.streams[static_cast<size_t>(stream)].of_entities && count_of(plan, stream) == INT64_MAX)
                with_others += (with_others.empty() ? "" : ", ") + plan.streams[static_cast<size_t>(stream)].name;
        }
    }
    if (endless != nullptr)
        ends.push_back(
            "Nothing ends this run but a stop, and its target keeps what it gets; --for 1h, --until or "
            "--count give it an end: " +
            endless->to);
    if (!with_others.empty())
        ends.push_back(
            "Other streams go on until the count that was asked for is reached, however many records that "
            "takes: " +
            with_others);
    return ends;
}

}  // namespace headwater
