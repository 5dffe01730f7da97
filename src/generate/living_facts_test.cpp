// For the claim that somebody looks again at what it waits for only when that has changed.
#include "generate/living_facts.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

LivingInput input(LivingInput::Is is, uint8_t level, uint16_t slot = 0) {
    return {.is = is, .level = level, .slot = slot};
}

/// A shop with two words and its orders, which leave their phase when what `inputs` read says so.
LivingPlan shop(std::vector<LivingInput> inputs) {
    LivingPlan plan;
    plan.programs.push_back({.program = nullptr, .inputs = std::move(inputs)});
    plan.kinds.resize(2);
    plan.kinds[0].words = 2;
    plan.kinds[0].phases.resize(1);
    plan.kinds[1].parent = 0;
    plan.kinds[1].words = 1;
    plan.kinds[1].texts = 1;
    LivingTransition way;
    way.to = {-1};
    way.when = {.program = 0, .value = 0};
    plan.kinds[1].phases.resize(1);
    plan.kinds[1].phases[0].leave = {way};
    return plan;
}

}  // namespace

TEST_CASE("who waits for a word of an ancestor looks when that word is set, not at its other words, ticks and phases") {
    const LivingPlan plan = shop({input(LivingInput::Is::word, 1, 1)});
    const LivingFacts facts(plan);
    CHECK(facts.kinds[0].lookers(false, 1) == only_kind(1));
    CHECK(facts.kinds[0].lookers(false, 0) == 0);
    CHECK(facts.kinds[0].event_lookers == 0);
    CHECK(facts.kinds[0].phase_lookers == 0);
    CHECK(facts.kinds[0].kinds_below == only_kind(1));
    // Itself it looks after what happens to it, for it may have come to this phase by that.
    CHECK(facts.kinds[1].phase_lookers == only_kind(1));
    CHECK(facts.kinds[1].lookers(false, 0) == 0);
}

TEST_CASE("who waits for its own state is not looked at when its ancestors change") {
    const LivingPlan plan = shop({input(LivingInput::Is::text, 0, 0)});
    const LivingFacts facts(plan);
    CHECK(facts.kinds[0].lookers(false, 0) == 0);
    CHECK(facts.kinds[0].event_lookers == 0);
    CHECK(facts.kinds[1].lookers(true, 0) == only_kind(1));
    CHECK(facts.kinds[1].lookers(false, 0) == 0);
}

TEST_CASE("who waits for the phase of an ancestor looks when that enters one") {
    const LivingPlan plan = shop({input(LivingInput::Is::phase, 1)});
    const LivingFacts facts(plan);
    CHECK(facts.kinds[0].phase_lookers == only_kind(1));
    CHECK(facts.kinds[0].event_lookers == 0);
}

TEST_CASE("who waits for what changes unseen, such as the state of one it chose, looks whatever happens to it") {
    LivingInput chosen = input(LivingInput::Is::word, 0, 0);
    chosen.via = 0;
    const LivingPlan plan = shop({chosen, input(LivingInput::Is::word, 1, 1)});
    const LivingFacts facts(plan);
    CHECK(facts.kinds[0].lookers(false, 0) == only_kind(1));
    CHECK(facts.kinds[0].event_lookers == only_kind(1));
    CHECK(facts.kinds[1].lookers(false, 0) == only_kind(1));
}
