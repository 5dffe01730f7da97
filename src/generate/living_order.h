// For the order of what living entities emitted in one task: by time, then root, then ordinal within the cell.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/living_records.h"

namespace headwater {

/// Orders rows. Used again for every task.
class LivingOrder {
  public:
    /// Gives the places of all rows in order; valid until the next call. Rows of a cell must come in order of ordinals.
    const std::vector<uint32_t>& of(const EmittedRows& rows);

  private:
    struct Item {
        int64_t time;
        uint32_t row;
    };
    void spread(const std::vector<int64_t>& times);
    void settle(const EmittedRows& rows, size_t first, size_t last);

    std::vector<Item> items_;
    std::vector<uint32_t> starts_;  ///< by bucket of time
    std::vector<uint32_t> order_;
    int shift_ = 0;
};

}  // namespace headwater
