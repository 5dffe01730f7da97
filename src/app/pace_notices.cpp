// For telling that a live run cannot keep to its clock, or that its rate bounds nothing.
#include "app/pace_notices.h"

#include "base/print.h"
#include "base/time.h"

namespace headwater {

namespace {

/// Spells the parameters that say how much happens, as --set takes them.
std::string paces_of(const std::vector<PackUse>& packs) {
    std::string names;
    for (const PackUse& pack : packs)
        for (const std::string& pace : pack.paces)
            names += (names.empty() ? "" : ", ") + (packs.size() > 1 ? pack.name + "." : "") + pace;
    return names.empty() ? "rates and counts in the pack" : "--set " + names;
}

}  // namespace

std::optional<std::string> comparison_of(double rate, double due_rate, const std::vector<PackUse>& packs) {
    constexpr double tolerance = 1.2;  // what falls due is an estimate
    if (rate <= 0 || due_rate <= 0) return std::nullopt;
    const std::string due = "about " + with_thousands(static_cast<int64_t>(due_rate)) + " records fall due in a second";
    const std::string given = ": " + with_thousands(static_cast<int64_t>(rate)) + "/s";
    if (rate * tolerance < due_rate)
        return "Run will fall behind its clock, as " + due + "; give a higher --rate, or lower how much happens by " +
               paces_of(packs) + given;
    if (rate > due_rate * tolerance)
        return "Rate only bounds a live run, and " + due + "; for more records raise how much happens by " +
               paces_of(packs) + ", or all of it by --speed" + given;
    return std::nullopt;
}

std::optional<std::string> PaceNotices::next(const Progress& progress) {
    if (!progress.is_live) {
        // It may never become live: what is behind at such a rate stays behind.
        if (has_compared_ || progress.rate <= 0 || progress.rate >= progress.due_rate) return std::nullopt;
        auto comparison = comparison_of(progress.rate, progress.due_rate, packs_);
        has_compared_ = comparison.has_value();
        return comparison;
    }
    if (!has_compared_ && progress.due_rate > 0) {
        has_compared_ = true;
        if (auto comparison = comparison_of(progress.rate, progress.due_rate, packs_)) return comparison;
    }
    if (progress.lag_us < 2 * told_lag_us_) return std::nullopt;
    told_lag_us_ = progress.lag_us;
    return "Run is behind its clock, limited by " + progress.limited_by + ": " +
           human_duration(progress.lag_us / 1000 * 1000);
}

}  // namespace headwater
