// For telling that a live run cannot keep to its clock, or that its rate bounds nothing.
#include "app/pace_notices.h"

#include "base/print.h"
#include "base/time.h"

namespace headwater {

std::optional<std::string> comparison_of(double rate, double due_rate) {
    constexpr double tolerance = 1.2;  // what falls due is an estimate
    if (rate <= 0 || due_rate <= 0) return std::nullopt;
    const std::string due = "about " + with_thousands(static_cast<int64_t>(due_rate)) + " records fall due in a second";
    const std::string given = ": " + with_thousands(static_cast<int64_t>(rate)) + "/s";
    if (rate * tolerance < due_rate)
        return "Run will fall behind its clock, as " + due +
               "; give a higher rate, or lower the parameters of the pack that say how much happens" + given;
    if (rate > due_rate * tolerance)
        return "Rate only bounds a live run, and " + due +
               "; for more records raise the parameters of the pack that say how much happens, or --speed" + given;
    return std::nullopt;
}

std::optional<std::string> PaceNotices::next(const Progress& progress) {
    if (!progress.is_live) return std::nullopt;
    if (!has_compared_ && progress.due_rate > 0) {
        has_compared_ = true;
        if (auto comparison = comparison_of(progress.rate, progress.due_rate)) return comparison;
    }
    if (progress.lag_us < 2 * told_lag_us_) return std::nullopt;
    told_lag_us_ = progress.lag_us;
    return "Run is behind its clock, limited by " + progress.limited_by + ": " +
           human_duration(progress.lag_us / 1000 * 1000);
}

}  // namespace headwater
