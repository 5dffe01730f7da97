#include "generate/switch_times.h"

#include <algorithm>

namespace headwater {

SwitchTimes::SwitchTimes(std::vector<TimeRange> ranges) {
    std::erase_if(ranges, [](const TimeRange& range) { return range.until <= range.from; });
    std::ranges::sort(ranges, {}, &TimeRange::from);
    for (const TimeRange& range : ranges) {
        if (!instants_.empty() && range.from <= instants_.back()) {
            instants_.back() = std::max(instants_.back(), range.until);
            continue;
        }
        instants_.push_back(range.from);
        instants_.push_back(range.until);
    }
}

std::vector<TimeRange> SwitchTimes::ranges() const {
    std::vector<TimeRange> ranges;
    for (size_t i = 0; i < instants_.size(); i += 2) ranges.push_back({instants_[i], instants_[i + 1]});
    return ranges;
}

int64_t SwitchTimes::time_of(int64_t row) const {
    return row < static_cast<int64_t>(instants_.size()) ? instants_[static_cast<size_t>(row)] : INT64_MAX;
}

int64_t SwitchTimes::rows_by(int64_t instant) const {
    return std::ranges::lower_bound(instants_, instant) - instants_.begin();
}

void SwitchTimes::times(int64_t first, uint32_t count, int64_t* times) const {
    for (uint32_t i = 0; i < count; ++i) times[i] = time_of(first + i);
}

}  // namespace headwater
