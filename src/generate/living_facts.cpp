#include "generate/living_facts.h"

#include <algorithm>

namespace headwater {

namespace {

std::vector<LivingReads> reads_of(const LivingPlan& plan) {
    using Is = LivingInput::Is;
    std::vector<LivingReads> reads(plan.programs.size());
    for (size_t i = 0; i < plan.programs.size(); ++i) {
        for (const LivingInput& input : plan.programs[i].inputs) {
            const bool is_state =
                input.is == Is::word || input.is == Is::text || input.is == Is::phase || input.is == Is::is_there;
            reads[i].state = reads[i].state || is_state;
            reads[i].ancestors = reads[i].ancestors || (is_state && input.level > 0);
            reads[i].time = reads[i].time || input.is == Is::time;
            if (input.is != Is::is_on) continue;
            const std::vector<int64_t>& instants = plan.switches[input.slot]->instants();
            reads[i].switches.insert(reads[i].switches.end(), instants.begin(), instants.end());
        }
        std::ranges::sort(reads[i].switches);
    }
    return reads;
}

}  // namespace

LivingFacts::LivingFacts(const LivingPlan& plan) : programs(reads_of(plan)), kinds(plan.kinds.size()) {
    const auto looks = [&](const LivingValue& what) { return what.is_there() && reads(what).state; };
    const auto looks_up = [&](const LivingValue& what) { return what.is_there() && reads(what).ancestors; };
    for (size_t kind = 0; kind < plan.kinds.size(); ++kind) {
        const LivingKind& script = plan.kinds[kind];
        LivingKindFacts& own = kinds[kind];
        if (script.parent >= 0 && script.count.is_there())
            kinds[static_cast<size_t>(script.parent)].counted_children.push_back(static_cast<int>(kind));
        bool is_up = false;
        for (const LivingPhase& phase : script.phases) {
            bool is_checked = looks(phase.rate), has_chances = false;
            is_up = is_up || looks_up(phase.rate);
            for (const LivingTransition& way : phase.leave) {
                const bool is_open = !way.rate.is_there() && !way.chance.is_there();
                is_checked =
                    is_checked || looks(way.rate) || (is_open && (way.when.is_there() || !way.after.is_there()));
                has_chances = has_chances || way.chance.is_there();
                is_up = is_up || looks_up(way.when) || looks_up(way.rate);
            }
            own.is_checked.push_back(is_checked);
            own.has_chances.push_back(has_chances);
        }
        const bool has_checks = std::find(own.is_checked.begin(), own.is_checked.end(), true) != own.is_checked.end();
        own.is_touched = own.is_touched || has_checks;
        own.tells_of_end = own.tells_of_end || !script.at_end.empty();
        for (int above = script.parent; above >= 0; above = plan.kinds[static_cast<size_t>(above)].parent) {
            LivingKindFacts& ancestor = kinds[static_cast<size_t>(above)];
            ancestor.is_watched_below = ancestor.is_watched_below || is_up;
            ancestor.is_touched = ancestor.is_touched || is_up;
            ancestor.has_checks_below = ancestor.has_checks_below || has_checks;
            ancestor.tells_of_end = ancestor.tells_of_end || !script.at_end.empty();
        }
    }
}

}  // namespace headwater
