// For keeping the copies of a follower that are chosen but not due yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace headwater {

/// One record of a follower before its program runs. In order of time, then number.
struct ChosenCopy {
    int64_t time = 0;    ///< its own
    int64_t number = 0;  ///< parent row * most_copies + index
    int64_t parent_time = 0;

    friend bool operator<(const ChosenCopy& a, const ChosenCopy& b) {
        return a.time != b.time ? a.time < b.time : a.number < b.number;
    }
};

/// Holds copies in no order, in levels by how far off they are, each 16 times as wide as the one before: a small window
/// looks at the few that are near, and each copy is looked at a bounded number of times whatever the windows are.
class PendingCopies {
  public:
    /// `spread_us`: the longest time that a copy waits, about.
    explicit PendingCopies(int64_t spread_us) {
        for (size_t i = levels - 1; i > 0; --i) level_[i - 1].step_us = spread_us = spread_us / width;
        clear();
    }

    void add(const ChosenCopy& copy) {
        size_t level = 0;
        while (level + 1 < levels && copy.time >= level_[level].end) ++level;
        level_[level].copies.push_back(copy);
    }

    /// Hands all copies with time < `to` to `due`, in no order. `to` never goes back.
    template <typename Due>
    void take(int64_t to, Due due) {
        widen(to);
        hand_over(level_[0].copies, to, due);
    }

    /// Forgets all copies and begins anew at any instant.
    void clear() {
        for (Level& level : level_) {
            level.copies.clear();
            level.end = INT64_MIN;
        }
        level_[levels - 1].end = INT64_MAX;
    }

    size_t size() const {
        size_t sum = 0;
        for (const Level& level : level_) sum += level.copies.size();
        return sum;
    }

  private:
    static constexpr size_t levels = 4;
    static constexpr int64_t width = 16;

    /// The copies before `end` and not before that of the level below.
    struct Level {
        int64_t step_us = 0;
        int64_t end = INT64_MIN;
        std::vector<ChosenCopy> copies;
    };

    /// Makes the first level reach beyond an instant, and each above it beyond the one below.
    void widen(int64_t to) {
        size_t widened = 0;
        for (; widened + 1 < levels && to > level_[widened].end; ++widened) {
            const int64_t step = level_[widened].step_us;
            to = level_[widened].end = to > INT64_MAX - step ? INT64_MAX : to + step;
        }
        for (size_t i = widened; i > 0; --i) {
            Level& own = level_[i - 1];
            hand_over(level_[i].copies, own.end, [&own](const ChosenCopy& copy) { own.copies.push_back(copy); });
        }
    }

    template <typename Receiver>
    static void hand_over(std::vector<ChosenCopy>& copies, int64_t before, Receiver receive) {
        size_t kept = 0;
        for (const ChosenCopy& copy : copies) {
            if (copy.time < before)
                receive(copy);
            else
                copies[kept++] = copy;
        }
        copies.resize(kept);
    }

    Level level_[levels];
};

}  // namespace headwater
