// For finding records that stand behind one that was sent after them.
#include "verify/order.h"

#include <algorithm>
#include <cstring>

namespace headwater {

namespace {

/// Items that are put in order at once.
constexpr uint64_t most_items = 1 << 21;

}  // namespace

OrderCheck::OrderCheck(OrderScope scope, uint64_t arrivals, SpoolRoom& room, GradeBook& book)
    : scope_(scope), width_(arrivals / Spool::partitions + 1), room_(room), book_(book), items_(room, sizeof(Item)) {}

void OrderCheck::add(int shape, const Entry& sent, const Entry& landed, uint32_t key) {
    if (scope_ == OrderScope::none) return;
    const LaneGrade& lane = book_.grade().lanes[landed.lane];
    const Item item{lane.arrival + landed.position - lane.first, sent.position,
                    scope_ == OrderScope::key ? key : landed.lane, static_cast<uint16_t>(shape),
                    static_cast<uint16_t>(sent.lane)};
    const uint64_t at = scope_ == OrderScope::key ? key % Spool::partitions : item.arrival / width_;
    items_.add(static_cast<size_t>(std::min<uint64_t>(at, Spool::partitions - 1)), &item);
}

Result<void> OrderCheck::finish() {
    for (size_t partition = 0; partition < Spool::partitions; ++partition) {
        auto done = go_through(items_, partition, partition * width_, width_);
        if (!done) return done;
        if (scope_ == OrderScope::key) latest_.clear();
    }
    return {};
}

/// Goes through a partition, cut into smaller ones where it is too large. Records of a key cannot be cut by their arrival.
Result<void> OrderCheck::go_through(Spool& spool, size_t partition, uint64_t from, uint64_t width) {
    if (scope_ == OrderScope::key || spool.entries(partition) <= most_items || width < 2 * Spool::partitions) {
        if (auto taken = spool.take(partition, bytes_); !taken) return taken;
        found_.resize(bytes_.size() / sizeof(Item));
        std::memcpy(found_.data(), bytes_.data(), bytes_.size());
        put_in_order(found_);
        go_through(found_);
        return {};
    }
    Spool parts(room_, sizeof(Item));
    const uint64_t narrow = width / Spool::partitions + 1;
    auto done = spool.drain(partition, [&](const char* bytes, size_t size) {
        for (size_t at = 0; at < size; at += sizeof(Item)) {
            Item item;
            std::memcpy(&item, bytes + at, sizeof item);
            parts.add(std::min<uint64_t>((item.arrival - from) / narrow, Spool::partitions - 1), &item);
        }
    });
    for (size_t part = 0; done && part < Spool::partitions; ++part)
        done = go_through(parts, part, from + part * narrow, narrow);
    return done;
}

/// Puts items in the order in which they arrived; mostly they fill a range of arrivals without many gaps.
void OrderCheck::put_in_order(std::vector<Item>& items) {
    if (items.empty()) return;
    const auto [first, last] = std::ranges::minmax_element(items, {}, &Item::arrival);
    const uint64_t from = first->arrival, width = last->arrival - from + 1;
    if (width > 2 * items.size()) {
        std::ranges::sort(items, {}, &Item::arrival);
        return;
    }
    placed_.assign(width, Item{UINT64_MAX, 0, 0, 0, 0});
    for (const Item& item : items) placed_[item.arrival - from] = item;
    std::erase_if(placed_, [](const Item& item) { return item.arrival == UINT64_MAX; });
    items.swap(placed_);
}

uint32_t OrderCheck::lane_of(uint64_t arrival) const {
    const auto& lanes = book_.grade().lanes;
    auto behind = std::ranges::upper_bound(lanes, arrival, {}, &LaneGrade::arrival);
    return static_cast<uint32_t>(behind - lanes.begin() - 1);
}

void OrderCheck::go_through(const std::vector<Item>& items) {
    std::pair<uint64_t, uint64_t>* latest = nullptr;
    Track last;
    for (const Item& item : items) {
        const Track track{item.track, item.shape, item.part};
        if (latest == nullptr || track != last) {
            latest = &latest_[track];
            last = track;
        }
        if (item.ordinal >= latest->first) {
            *latest = {item.ordinal, item.arrival};
            continue;
        }
        const uint32_t at = scope_ == OrderScope::key ? lane_of(item.arrival) : item.track;
        const LaneGrade& lane = book_.grade().lanes[at];
        book_.reordered(item.shape, item.part, at, item.arrival - lane.arrival + lane.first,
                        "it stands behind a record that was sent " + std::to_string(latest->first - item.ordinal) +
                            " records after it");
    }
}

}  // namespace headwater
