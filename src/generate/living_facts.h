// For what a script of living entities tells before anything happens; both executors go by it.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/living.h"

namespace headwater {

/// What a program reads that changes.
struct LivingReads {
    bool state = false;
    bool time = false;
    bool ancestors = false;
    std::vector<int64_t> switches{};  ///< instants at which what it reads is switched, in order
};

/// What holds for a kind however it lives.
struct LivingKindFacts {
    std::vector<bool> is_checked;       ///< by phase: a change of state may open a way out or change a rate
    std::vector<bool> has_chances;      ///< by phase: some way out is tried after each tick
    std::vector<int> counted_children;  ///< kinds born with it
    bool is_watched_below = false;      ///< descendants look at its state
    bool is_touched = false;            ///< somebody looks at its state when it changes: itself or a descendant
    bool has_checks_below = false;      ///< some descendant has a phase that is checked
    bool tells_of_end = false;          ///< it or a descendant has steps at its end
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
