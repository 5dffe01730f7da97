// For records whose bytes were damaged on purpose: which lines a copy is to hold therefore, and which of them have landed.
#include "verify/damaged_lines.h"

#include <algorithm>

namespace headwater {

namespace {

constexpr size_t least_slots = 64;

}  // namespace

DamagedLines::DamagedLines() : slots_(least_slots) {}

size_t DamagedLines::place_of(uint64_t line) const {
    const size_t mask = slots_.size() - 1;
    size_t at = line & mask;
    while (slots_[at].expected > 0 && slots_[at].line != line) at = (at + 1) & mask;
    return at;
}

void DamagedLines::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    std::swap(old, slots_);
    for (const Slot& slot : old)
        if (slot.expected > 0) slots_[place_of(slot.line)] = slot;
}

void DamagedLines::expect(uint64_t line) {
    if (used_ * 4 >= slots_.size() * 3) grow();
    Slot& slot = slots_[place_of(line)];
    used_ += slot.expected == 0;
    slot.line = line;
    ++slot.expected;
}

bool DamagedLines::land(uint64_t line) {
    Slot& slot = slots_[place_of(line)];
    if (slot.landed >= slot.expected) return false;
    ++slot.landed;
    return true;
}

bool DamagedLines::settle(std::span<const uint64_t> lines, std::vector<LandedLine>& again) {
    bool is_there = true;
    for (const uint64_t line : lines) {
        Slot& slot = slots_[place_of(line)];
        if (slot.landed > 0)
            --slot.landed;
        else
            is_there = false;
        auto [first, end] = again_.equal_range(line);
        for (auto one = first; one != end; ++one) again.push_back(one->second);
        again_.erase(first, end);
    }
    return is_there;
}

}  // namespace headwater
