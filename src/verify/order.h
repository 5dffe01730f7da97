// For finding records that stand behind one that was sent after them.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "verify/grade.h"
#include "verify/spool.h"

namespace headwater {

/// What records are in order of.
enum class OrderScope : uint8_t {
    lane,  ///< of one object, of one partition
    key,   ///< of one key, wherever they are
    none,
};

/// Collects where each record that was sent has landed, in any order, and then goes through them as they landed.
class OrderCheck {
  public:
    /// `arrivals` bounds the arrivals of all lanes; the book and the room must outlive the check.
    OrderCheck(OrderScope scope, uint64_t arrivals, SpoolRoom& room, GradeBook& book);

    /// Adds a record: the first copy of what was sent.
    void add(int shape, const Entry& sent, const Entry& landed, uint32_t key);
    /// Counts what is out of order.
    Result<void> finish();

  private:
    struct Item {
        uint64_t arrival;  ///< over all lanes
        uint64_t ordinal;  ///< among the records sent
        uint32_t track;    ///< lane or key
        uint16_t shape;
        uint16_t part;
    };
    using Track = std::tuple<uint32_t, uint16_t, uint16_t>;  ///< lane or key, shape, part

    Result<void> go_through(Spool& spool, size_t partition, uint64_t from, uint64_t width);
    void put_in_order(std::vector<Item>& items);
    void go_through(const std::vector<Item>& items);
    uint32_t lane_of(uint64_t arrival) const;

    OrderScope scope_;
    uint64_t width_;
    SpoolRoom& room_;
    GradeBook& book_;
    Spool items_;
    std::vector<char> bytes_;                                ///< memory, used again
    std::vector<Item> found_, placed_;                       ///< memory, used again
    std::map<Track, std::pair<uint64_t, uint64_t>> latest_;  ///< highest ordinal so far, and its arrival
};

}  // namespace headwater
