#include "generate/living_order.h"

#include <algorithm>
#include <bit>

namespace headwater {

/// Counts rows into about as many buckets of time as there are rows, and puts each where its bucket begins.
void LivingOrder::spread(const std::vector<int64_t>& times) {
    const auto [least, most] = std::minmax_element(times.begin(), times.end());
    const int64_t first = *least;
    const auto span = static_cast<uint64_t>(*most) - static_cast<uint64_t>(first);
    shift_ = std::max(static_cast<int>(std::bit_width(span)) - static_cast<int>(std::bit_width(times.size())), 0);
    starts_.assign((span >> shift_) + 2, 0);
    const auto bucket_of = [&](int64_t time) {
        return (static_cast<uint64_t>(time) - static_cast<uint64_t>(first)) >> shift_;
    };
    for (const int64_t time : times) ++starts_[bucket_of(time) + 1];
    for (size_t bucket = 1; bucket < starts_.size(); ++bucket) starts_[bucket] += starts_[bucket - 1];
    items_.resize(times.size());
    for (uint32_t row = 0; row < times.size(); ++row) items_[starts_[bucket_of(times[row])]++] = {times[row], row};
}

/// Orders the rows of one bucket, which are few but where much happens at one instant.
void LivingOrder::settle(const EmittedRows& rows, size_t first, size_t last) {
    const auto is_before = [&](const Item& a, const Item& b) {
        if (a.time != b.time) return a.time < b.time;
        if (rows.cells[a.row] != rows.cells[b.row]) return rows.cells[a.row] < rows.cells[b.row];
        return a.row < b.row;
    };
    constexpr size_t few = 24;
    if (last - first > few)
        return std::sort(items_.begin() + static_cast<ptrdiff_t>(first), items_.begin() + static_cast<ptrdiff_t>(last),
                         is_before);
    for (size_t i = first + 1; i < last; ++i) {
        const Item item = items_[i];
        size_t at = i;
        for (; at > first && is_before(item, items_[at - 1]); --at) items_[at] = items_[at - 1];
        items_[at] = item;
    }
}

const std::vector<uint32_t>& LivingOrder::of(const EmittedRows& rows) {
    order_.resize(rows.size());
    if (rows.size() == 0) return order_;
    spread(rows.times);
    for (size_t first = 0, bucket = 0; first < items_.size(); ++bucket) {
        const size_t last = starts_[bucket];  // where the next one begins, since every row moved it on
        if (last - first > 1) settle(rows, first, last);
        first = last;
    }
    for (size_t i = 0; i < items_.size(); ++i) order_[i] = items_[i].row;
    return order_;
}

}  // namespace headwater
