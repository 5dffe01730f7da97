#include "generate/grouped_clock.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/random.h"

namespace headwater {

namespace {

constexpr int64_t usual_block = 64;  ///< groups

}  // namespace

GroupedClock::GroupedClock(std::shared_ptr<const RowClock> groups, int64_t least, int64_t most, uint64_t key)
    : groups_(std::move(groups)), least_(least), sizes_(most - least + 1), key_(key) {
    HW_CHECK(least >= 1 && least <= most && most <= largest);
    block_groups_ = sizes_ * std::max<int64_t>(usual_block / sizes_, 1);
    block_rows_ = block_groups_ / sizes_ * (sizes_ * (least + most) / 2);  // sizes_ or least + most is even
}

/// Shuffles the sizes of a block (Fisher and Yates).
std::vector<int64_t> GroupedClock::sizes_of(int64_t block) const {
    std::vector<int64_t> sizes(static_cast<size_t>(block_groups_));
    for (size_t i = 0; i < sizes.size(); ++i) sizes[i] = least_ + static_cast<int64_t>(i) % sizes_;
    const uint64_t base = base_of(key_, static_cast<uint64_t>(block));
    for (size_t i = sizes.size() - 1; i > 0; --i)
        std::swap(sizes[i], sizes[below(draw(base, (i + 1) * draw_step), i + 1)]);
    return sizes;
}

int64_t GroupedClock::group_of(int64_t row) const {
    const int64_t block = row / block_rows_;
    if (sizes_ == 1) return row / least_;
    const std::vector<int64_t> sizes = sizes_of(block);
    int64_t rest = row % block_rows_;
    size_t group = 0;
    while (rest >= sizes[group]) rest -= sizes[group++];
    return block * block_groups_ + static_cast<int64_t>(group);
}

int64_t GroupedClock::rows_before(int64_t group) const {
    if (sizes_ == 1) return group * least_;
    const int64_t block = group / block_groups_;
    const std::vector<int64_t> sizes = sizes_of(block);
    int64_t rows = block * block_rows_;
    for (int64_t i = 0; i < group % block_groups_; ++i) rows += sizes[static_cast<size_t>(i)];
    return rows;
}

void GroupedClock::times(int64_t first, uint32_t count, int64_t* times) const {
    int64_t known = -1, time = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const int64_t group = group_of(first + i);
        if (group != known) time = groups_->time_of(group);
        known = group;
        times[i] = time;
    }
}

}  // namespace headwater
