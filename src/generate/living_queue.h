// For what is due first in a cell: a heap of four children a node, which reads fewer cache lines than one of two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace headwater {

/// Names an entity of a shard. Rows are used again; `stamp` tells the one that was meant.
struct EntityRef {
    static constexpr uint32_t no_row = UINT32_MAX;

    uint32_t kind = 0;
    uint32_t row = no_row;
    uint32_t stamp = 0;

    bool is_there() const { return row != no_row; }
    bool operator==(const EntityRef&) const = default;
};

/// An entity and when it is due; `order` decides between those that are due at one instant.
struct LivingDue {
    int64_t time;
    int64_t order;
    EntityRef entity;

    /// Says whether this comes before another, without a branch to guess.
    bool is_before(const LivingDue& other) const {
        return (time < other.time) | ((time == other.time) & (order < other.order));
    }
};

/// Holds what is due, the first in front.
class LivingQueue {
  public:
    bool empty() const { return heap_.empty(); }
    const LivingDue& front() const { return heap_.front(); }
    void clear() { heap_.clear(); }

    void push(const LivingDue& due) {
        size_t at = heap_.size();
        heap_.push_back(due);
        for (; at > 0 && due.is_before(heap_[parent_of(at)]); at = parent_of(at)) heap_[at] = heap_[parent_of(at)];
        heap_[at] = due;
    }

    void pop() {
        const LivingDue last = heap_.back();
        heap_.pop_back();
        const size_t size = heap_.size();
        if (size == 0) return;
        size_t at = 0;
        for (size_t child = 1; child < size; child = 4 * at + 1) {
            size_t least = child;
            const size_t end = std::min(child + 4, size);
            for (size_t other = child + 1; other < end; ++other)
                least = heap_[other].is_before(heap_[least]) ? other : least;
            if (!heap_[least].is_before(last)) break;
            heap_[at] = heap_[least];
            at = least;
        }
        heap_[at] = last;
    }

  private:
    static size_t parent_of(size_t at) { return (at - 1) / 4; }

    std::vector<LivingDue> heap_;
};

}  // namespace headwater
