// For arrivals that come together: several rows at each instant of another clock.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/program.h"

namespace headwater {

/// Rows in groups of `least` to `most`. Sizes are drawn block by block: each size comes equally often in a block, in an order
/// drawn by its address, so that all blocks have the same number of rows and any row is found without those before it.
class GroupedClock final : public RowClock {
  public:
    /// Greatest size of a group.
    static constexpr int64_t largest = 100;

    /// `groups` tells when each group comes; 1 <= least <= most <= largest.
    GroupedClock(std::shared_ptr<const RowClock> groups, int64_t least, int64_t most, uint64_t key);

    /// Gives the group of a row; both from 0.
    int64_t group_of(int64_t row) const;
    /// Counts the rows of the groups before one.
    int64_t rows_before(int64_t group) const;

    int64_t time_of(int64_t row) const override { return groups_->time_of(group_of(row)); }
    int64_t rows_by(int64_t instant) const override { return rows_before(groups_->rows_by(instant)); }
    void times(int64_t first, uint32_t count, int64_t* times) const override;

  private:
    std::vector<int64_t> sizes_of(int64_t block) const;

    std::shared_ptr<const RowClock> groups_;
    int64_t least_;
    int64_t sizes_;         ///< different ones
    int64_t block_groups_;  ///< a multiple of them
    int64_t block_rows_;
    uint64_t key_;
};

/// The numbers of groups, from 1, as if they were instants, so that programs find them by Op::row_time.
class GroupNumbers final : public RowClock {
  public:
    explicit GroupNumbers(std::shared_ptr<const GroupedClock> clock) : clock_(std::move(clock)) {}

    int64_t time_of(int64_t row) const override { return clock_->group_of(row) + 1; }
    int64_t rows_by(int64_t number) const override { return number < 1 ? 0 : clock_->rows_before(number - 1); }
    void times(int64_t first, uint32_t count, int64_t* times) const override {
        for (uint32_t i = 0; i < count; ++i) times[i] = time_of(first + i);
    }

  private:
    std::shared_ptr<const GroupedClock> clock_;
};

}  // namespace headwater
