// For what a script of living entities tells before anything happens; both executors go by it.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/living.h"
#include "generate/living_queue.h"

namespace headwater {

/// What a program reads that changes.
struct LivingReads {
    bool state = false;
    bool time = false;
    std::vector<int64_t> switches{};  ///< instants at which what it reads is switched, in order
};

/// A set of kinds; those from the 64th on share the last bit, and so are looked at more often than they need.
using LivingKinds = uint64_t;
inline LivingKinds only_kind(size_t kind) { return LivingKinds{1} << (kind < 63 ? kind : 63); }

/// An entity that has changed, and the kinds, its own or below, that look at what has.
struct LivingTouch {
    EntityRef entity;
    LivingKinds lookers = 0;
};

/// Notes a change behind those that are not dealt with yet, which begin at `looked`.
inline void add_touch(std::vector<LivingTouch>& touched, size_t looked, const LivingTouch& touch) {
    if (touch.lookers == 0) return;
    if (looked < touched.size() && touched.back().entity == touch.entity)
        touched.back().lookers |= touch.lookers;
    else
        touched.push_back(touch);
}

/// What holds for a kind however it lives. Lookers are kinds, itself or below, whose ways out and rates are looked at then.
struct LivingKindFacts {
    std::vector<bool> is_checked;           ///< by phase: a change of state may open a way out or change a rate
    std::vector<bool> has_chances;          ///< by phase: some way out is tried after each tick
    std::vector<int> counted_children;      ///< kinds born with it
    LivingKinds event_lookers = 0;          ///< after each tick of its rhythm
    LivingKinds phase_lookers = 0;          ///< when it has a new phase
    std::vector<LivingKinds> word_lookers;  ///< by slot: when a step sets it
    std::vector<LivingKinds> text_lookers;  ///< by slot: when a step sets it
    LivingKinds kinds_below = 0;            ///< its descendants
    bool tells_of_end = false;              ///< it or a descendant has steps at its end

    LivingKinds lookers(bool is_text, uint16_t slot) const { return (is_text ? text_lookers : word_lookers)[slot]; }
};

struct LivingFacts {
    explicit LivingFacts(const LivingPlan& plan);

    const LivingReads& reads(const LivingValue& value) const { return programs[static_cast<size_t>(value.program)]; }

    std::vector<LivingReads> programs;
    std::vector<LivingKindFacts> kinds;
};

/// Bounds children born with their parent, and repetitions of a step.
inline constexpr int64_t most_repetitions = 100'000;
/// Bounds the transitions of a cell at one instant; conditions that still hold then are looked at when something else happens.
inline constexpr int most_moves = 1'000;
/// Bounds the births of a cell at one instant; who is born later rests for ever.
inline constexpr int most_births = 1'000'000;

}  // namespace headwater
