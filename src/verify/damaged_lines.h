// For records whose bytes were damaged on purpose: which lines a copy is to hold therefore, and which of them have landed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "verify/landed_record.h"

namespace headwater {

/// A record that was delivered as bytes which are no record, or another one. One line as a rule, none where nothing was left.
struct DamagedRecord {
    ValueHash identity;
    uint32_t struck = 0;  ///< bits of the faults that struck it
    uint32_t part = 0;    ///< index
    RowName row;
    std::span<const uint64_t> lines;
    std::string_view text;  ///< its first bytes
};

/// Where a line landed.
struct LandedLine {
    uint32_t lane = 0;
    uint64_t position = 0;
};

/// Holds 16 bytes for each line that is expected, in a table that is half full at least. First all lines are expected, then
/// those of a copy land, then settle() is called for every record. Used by one thread.
class DamagedLines {
  public:
    DamagedLines();

    void expect(uint64_t line);
    bool is_empty() const { return used_ == 0; }
    bool knows(uint64_t line) const { return used_ > 0 && slots_[place_of(line)].expected > 0; }
    /// Takes note that a line has landed; false when it was there as often as expected.
    bool land(uint64_t line);
    /// Takes note of a line that is there once more than expected and is no record.
    void land_again(uint64_t line, LandedLine at) { again_.emplace(line, at); }
    /// Says whether all lines of a record have landed, which settles them. Appends those that are there once more to `again`.
    bool settle(std::span<const uint64_t> lines, std::vector<LandedLine>& again);

  private:
    struct Slot {
        uint64_t line = 0;
        uint32_t expected = 0;
        uint32_t landed = 0;
    };
    size_t place_of(uint64_t line) const;
    void grow();

    std::vector<Slot> slots_;
    size_t used_ = 0;
    std::unordered_multimap<uint64_t, LandedLine> again_;
};

}  // namespace headwater
