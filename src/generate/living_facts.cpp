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
            reads[i].time = reads[i].time || input.is == Is::time;
            if (input.is != Is::is_on) continue;
            const std::vector<int64_t>& instants = plan.switches[input.slot]->instants();
            reads[i].switches.insert(reads[i].switches.end(), instants.begin(), instants.end());
        }
        std::ranges::sort(reads[i].switches);
    }
    return reads;
}

/// Finds out who looks at what.
class Lookers {
  public:
    Lookers(const LivingPlan& plan, LivingFacts& facts) : plan_(plan), facts_(facts), own_(plan.kinds.size()) {}

    void find() {
        for (size_t kind = 0; kind < own_.size(); ++kind) {
            facts_.kinds[kind].word_lookers.resize(static_cast<size_t>(plan_.kinds[kind].words));
            facts_.kinds[kind].text_lookers.resize(static_cast<size_t>(plan_.kinds[kind].texts));
        }
        for (size_t kind = 0; kind < own_.size(); ++kind)
            for (const LivingPhase& phase : plan_.kinds[kind].phases) look_at(kind, phase);
        for (size_t kind = 0; kind < own_.size(); ++kind) settle(kind);
    }

  private:
    struct Own {
        bool is_restless = false;  ///< reads what changes unseen, so it looks at whatever happens
        bool looks_up = false;     ///< at the state of ancestors
    };

    void look_at(size_t kind, const LivingPhase& phase) {
        // A rate is brought up to date as often as anything happens: how often decides how it is rounded.
        const auto look_at_rate = [&](const LivingValue& rate) {
            if (!rate.is_there() || !facts_.reads(rate).state) return;
            own_[kind].is_restless = true;
            look_at(kind, rate);
        };
        look_at_rate(phase.rate);
        for (const LivingTransition& way : phase.leave) {
            look_at_rate(way.rate);
            if (way.when.is_there()) look_at(kind, way.when);
        }
    }

    void look_at(size_t kind, const LivingValue& what) {
        using Is = LivingInput::Is;
        for (const LivingInput& input : plan_.programs[static_cast<size_t>(what.program)].inputs) {
            if (input.is == Is::is_on || input.is == Is::time || input.via >= 0) own_[kind].is_restless = true;
            if (input.via >= 0 || (input.is != Is::word && input.is != Is::text && input.is != Is::phase)) continue;
            size_t above = kind;
            for (int level = 0; level < input.level; ++level) above = static_cast<size_t>(plan_.kinds[above].parent);
            own_[kind].looks_up = own_[kind].looks_up || input.level > 0;
            LivingKindFacts& facts = facts_.kinds[above];
            if (input.is == Is::phase)
                facts.phase_lookers |= only_kind(kind);
            else
                (input.is == Is::text ? facts.text_lookers : facts.word_lookers)[input.slot] |= only_kind(kind);
            if (input.is == Is::word && is_counter(above, input.slot)) own_[kind].is_restless = true;
        }
    }

    bool is_counter(size_t kind, uint16_t slot) const {
        return std::ranges::any_of(plan_.kinds, [&](const LivingKind& child) {
            return child.parent == static_cast<int>(kind) && child.counter == static_cast<int>(slot);
        });
    }

    void settle(size_t kind) {
        LivingKindFacts& facts = facts_.kinds[kind];
        const auto& checked = facts.is_checked;
        const LivingKinds own = std::ranges::find(checked, true) != checked.end() ? only_kind(kind) : 0;
        LivingKinds always = own_[kind].is_restless ? own : 0, restless_below = 0;
        bool is_watched = false;
        for (size_t below = kind + 1; below < own_.size(); ++below) {
            if (!is_above(kind, below)) continue;
            facts.kinds_below |= only_kind(below);
            is_watched = is_watched || own_[below].looks_up;
            if (own_[below].is_restless) restless_below |= only_kind(below);
        }
        if (is_watched) always |= restless_below;
        facts.event_lookers = own | always;
        facts.phase_lookers |= facts.event_lookers;
        for (auto* lookers : {&facts.word_lookers, &facts.text_lookers})
            for (LivingKinds& one : *lookers) one |= always;
    }

    bool is_above(size_t kind, size_t below) const {
        int above = plan_.kinds[below].parent;
        while (above > static_cast<int>(kind)) above = plan_.kinds[static_cast<size_t>(above)].parent;
        return above == static_cast<int>(kind);
    }

    const LivingPlan& plan_;
    LivingFacts& facts_;
    std::vector<Own> own_;  ///< by kind
};

}  // namespace

LivingFacts::LivingFacts(const LivingPlan& plan) : programs(reads_of(plan)), kinds(plan.kinds.size()) {
    const auto looks = [&](const LivingValue& what) { return what.is_there() && reads(what).state; };
    for (size_t kind = 0; kind < plan.kinds.size(); ++kind) {
        const LivingKind& script = plan.kinds[kind];
        LivingKindFacts& own = kinds[kind];
        if (script.parent >= 0 && script.count.is_there())
            kinds[static_cast<size_t>(script.parent)].counted_children.push_back(static_cast<int>(kind));
        for (const LivingPhase& phase : script.phases) {
            bool is_checked = looks(phase.rate), has_chances = false;
            for (const LivingTransition& way : phase.leave) {
                const bool is_open = !way.rate.is_there() && !way.chance.is_there();
                is_checked =
                    is_checked || looks(way.rate) || (is_open && (way.when.is_there() || !way.after.is_there()));
                has_chances = has_chances || way.chance.is_there();
            }
            own.is_checked.push_back(is_checked);
            own.has_chances.push_back(has_chances);
        }
        own.tells_of_end = own.tells_of_end || !script.at_end.empty();
        for (int above = script.parent; above >= 0; above = plan.kinds[static_cast<size_t>(above)].parent)
            kinds[static_cast<size_t>(above)].tells_of_end |= !script.at_end.empty();
    }
    Lookers(plan, *this).find();
}

}  // namespace headwater
