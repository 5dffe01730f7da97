#include "generate/living_actor.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/random.h"
#include "generate/living_timing.h"

namespace headwater {

LivingActor::LivingActor(const LivingPlan& plan, const LivingFacts& facts)
    : plan_(plan), facts_(facts), executors_(plan.programs.size()) {}

void LivingActor::act(LivingShard& shard, int64_t until, LivingRecords& records) {
    shard_ = &shard;
    records_ = &records;
    records.streams.resize(plan_.streams.size());
    if (!shard.has_begun && until > plan_.start) begin_cells(shard);
    for (uint32_t cell = 0; cell < shard.cells(); ++cell) act_cell(shard, cell, until, records);
}

void LivingActor::act_cell(LivingShard& shard, uint32_t cell, int64_t until, LivingRecords& records) {
    shard_ = &shard;
    records_ = &records;
    while (shard.nexts()[cell] < until) {
        if (shard.is_awaited(cell)) {
            arrive(cell);
            continue;
        }
        const EntityRef due = shard.take_due(cell, until);
        if (!due.is_there()) continue;
        fire(due);
        ++events_;
    }
}

/// Lets the root of a cell be born.
void LivingActor::arrive(uint32_t cell) {
    const int64_t time = shard_->nexts()[cell];
    if (!shard_->is_flat) shard_->next[cell] = never_due;
    bear(0, cell, {}, shard_->first + cell, time, {});
    settle(time);
}

void LivingActor::begin_cells(LivingShard& shard) {
    is_start_ = true;
    for (uint32_t cell = 0; cell < shard.cells(); ++cell) {
        bear(0, cell, {}, shard.first + cell, plan_.start, {});
        settle(plan_.start);
    }
    is_start_ = false;
    shard.has_begun = true;
}

// Programs

LivingActor::Event LivingActor::event_of(EntityRef ref, int64_t time) {
    const LivingRows& rows = rows_of(ref);
    return {ref, time, living_event_base(rows.address[ref.row], rows.events[ref.row]), 0};
}

EntityRef LivingActor::ancestor(EntityRef ref, int level) const {
    for (; level > 0; --level) ref = shard_->links(ref).parent;
    return ref;
}

Value LivingActor::input_of(const LivingInput& input, Phys phys, const Event& event) {
    using Is = LivingInput::Is;
    Value value;
    if (input.is == Is::time) value.integer = event.time;
    if (input.is == Is::base) value.integer = static_cast<int64_t>(event.base);
    if (input.is == Is::index) value.integer = event.index;
    if (input.is == Is::is_on) value.integer = plan_.switches[input.slot]->is_on(event.time) ? 1 : 0;
    if (input.is >= Is::time) return value;
    const EntityRef ref =
        input.via < 0 ? ancestor(event.entity, input.level) : chosen(event.entity, input.via, input.kind);
    if (!ref.is_there()) {
        value.text = {};
        return value;
    }
    const LivingRows& rows = shard_->rows[ref.kind];
    switch (input.is) {
        case Is::number: value.integer = rows.number[ref.row]; break;
        case Is::born: value.integer = rows.born[ref.row]; break;
        case Is::address: value.integer = static_cast<int64_t>(rows.address[ref.row]); break;
        case Is::phase: value.integer = rows.phase[ref.row]; break;
        case Is::word: value.integer = rows.words[input.slot][ref.row]; break;
        case Is::is_there: value.integer = 1; break;
        default: {
            value.text = texts_.copy(rows.texts[input.slot][ref.row]);
        }
    }
    if (phys == Phys::f64) value.real = std::bit_cast<double>(value.integer);
    if (phys == Phys::uuid && value.text.size == sizeof value.uuid)
        std::memcpy(value.uuid, value.text.data, sizeof value.uuid);
    return value;
}

ScalarExecutor& LivingActor::run(int program, const Event& event) {
    const LivingProgram& script = plan_.programs[static_cast<size_t>(program)];
    auto& executor = executors_[static_cast<size_t>(program)];
    if (!executor) executor = std::make_unique<ScalarExecutor>(script.program);
    for (size_t i = 0; i < script.inputs.size(); ++i)
        executor->input(i) = input_of(script.inputs[i], script.program->registers[script.program->inputs[i]], event);
    executor->run();
    return *executor;
}

void LivingActor::keep(EntityRef ref, const LivingStore& store, const Value& value, Phys phys) {
    LivingRows& rows = shard_->rows[ref.kind];
    if (!store.is_text) {
        rows.words[store.slot][ref.row] = phys == Phys::f64 ? std::bit_cast<int64_t>(value.real) : value.integer;
    } else if (phys == Phys::uuid) {
        rows.texts[store.slot][ref.row].assign(reinterpret_cast<const char*>(value.uuid), sizeof value.uuid);
    } else {
        rows.texts[store.slot][ref.row].assign(view_of(value.text));
    }
}

// Births and ends

EntityRef LivingActor::bear(int kind, uint32_t cell, EntityRef parent, int64_t number, int64_t time,
                            const Given& given) {
    const LivingKind& script = plan_.kinds[static_cast<size_t>(kind)];
    const EntityRef ref = shard_->add(kind, cell, parent);
    rows_of(ref).number[ref.row] = number;
    rows_of(ref).born[ref.row] = time;
    rows_of(ref).address[ref.row] =
        base_of(parent.is_there() ? key_under(rows_of(parent).address[parent.row], script.key) : script.key,
                static_cast<uint64_t>(number));
    if (given.stores != nullptr)
        for (const LivingStore& store : *given.stores)
            keep(ref, store, given.executor->value(store.value), given.program->registers[store.value]);
    if (script.birth >= 0) {
        const ScalarExecutor& executor = run(script.birth, event_of(ref, time));
        const Program& program = *plan_.programs[static_cast<size_t>(script.birth)].program;
        for (const LivingStore& store : script.state)
            keep(ref, store, executor.value(store.value), program.registers[store.value]);
    }
    ++births_;
    newborn_.push_back(ref);
    run_steps(script.at_birth, event_of(ref, time));
    bear_children(ref, time);
    return ref;
}

void LivingActor::bear_children(EntityRef ref, int64_t time) {
    for (const int kind : facts_.kinds[ref.kind].counted_children) {
        const LivingKind& child = plan_.kinds[static_cast<size_t>(kind)];
        const int64_t count = std::min(value(child.count, event_of(ref, time)).integer, most_repetitions);
        for (int64_t number = 1; number <= count && births_ < most_births; ++number) {
            bear(kind, shard_->cell_of(ref), ref, number, time, {});
            shard_->rows[ref.kind].words[static_cast<size_t>(child.counter)][ref.row] = number;
        }
    }
}

void LivingActor::begin(EntityRef ref, int64_t time) {
    const LivingKind& script = plan_.kinds[ref.kind];
    const Event event = event_of(ref, time);
    if (script.is_journey)
        run_journey(ref, event, false);
    else if (!script.phases.empty())
        enter(ref, 0, event);
}

void LivingActor::end(EntityRef ref, int64_t time) {
    if (facts_.kinds[ref.kind].tells_of_end)
        shard_->each_ending(ref, [&](EntityRef one) { run_steps(plan_.kinds[one.kind].at_end, event_of(one, time)); });
    shard_->end(ref);
}

void LivingActor::tell_end_below(LivingShard& shard, EntityRef ref, int64_t time, LivingRecords& records) {
    shard_ = &shard;
    records_ = &records;
    shard.each_ending(ref, [&](EntityRef one) {
        if (one != ref) run_steps(plan_.kinds[one.kind].at_end, event_of(one, time));
    });
    texts_.reset();
}

// Events

void LivingActor::fire(EntityRef ref) {
    const LivingRows& rows = rows_of(ref);
    const int64_t time = rows.next[ref.row];
    size_t timer = 0;
    while (timer < rows.timers.size() && rows.timers[timer].due[ref.row] > time) ++timer;
    HW_CHECK(timer < rows.timers.size());
    if (rows.timers[timer].waits[ref.row] == Waits::to_look) {
        const LivingPhase& phase = phase_of(ref);
        refresh_rate(ref, timer, timer == 0 ? phase.rate : phase.leave[timer - 1].rate, time);
    } else {
        fire_timer(ref, timer, time);
    }
    if (shard_->lives(ref)) shard_->requeue(ref);
    settle(time);
}

void LivingActor::fire_timer(EntityRef ref, size_t timer, int64_t time) {
    ++rows_of(ref).events[ref.row];
    const Event event = event_of(ref, time);
    if (plan_.kinds[ref.kind].is_journey) return run_journey(ref, event, true);
    const LivingPhase& phase = phase_of(ref);
    if (timer == 0) {
        run_steps(phase.steps, event);
        set_rhythm(event, false);
        touch(ref, facts_.kinds[ref.kind].event_lookers);
        begin_newborn(time);
        if (shard_->lives(ref)) try_chances(event);
        return;
    }
    const LivingTransition& transition = phase.leave[timer - 1];
    if (transition.when.is_there() && value(transition.when, event).integer == 0) {
        timer_of(ref, timer).set(ref.row, Waits::for_condition, never_due);
        return;
    }
    take(ref, timer - 1, event);
}

void LivingActor::try_chances(const Event& event) {
    const LivingPhase& phase = phase_of(event.entity);
    for (size_t i = 0; i < phase.leave.size(); ++i) {
        const LivingTransition& transition = phase.leave[i];
        if (!transition.chance.is_there()) continue;
        if (transition.when.is_there() && value(transition.when, event).integer == 0) continue;
        if (value(transition.chance, event).integer == 0) continue;
        ++rows_of(event.entity).events[event.entity.row];
        return take(event.entity, i, event_of(event.entity, event.time));
    }
}

void LivingActor::begin_newborn(int64_t time) {
    while (begun_ < newborn_.size()) {
        const EntityRef ref = newborn_[begun_++];
        if (!shard_->lives(ref) || births_ > most_births) continue;
        begin(ref, time);
        if (shard_->lives(ref)) shard_->requeue(ref);
    }
}

void LivingActor::settle(int64_t time) {
    begin_newborn(time);
    while (looked_ < touched_.size()) {
        const auto [ref, lookers] = touched_[looked_++];
        if (!shard_->lives(ref) || moves_ > most_moves) continue;
        if ((lookers & only_kind(ref.kind)) != 0) check(ref, time);
        if (shard_->lives(ref)) check_below(ref, lookers, time);
        begin_newborn(time);
    }
    newborn_.clear();
    touched_.clear();
    begun_ = looked_ = 0;
    moves_ = births_ = 0;
    texts_.reset();
}

void LivingActor::touch(EntityRef ref, LivingKinds lookers) { add_touch(touched_, looked_, {ref, lookers}); }

void LivingActor::check_below(EntityRef ref, LivingKinds lookers, int64_t time) {
    if ((lookers & facts_.kinds[ref.kind].kinds_below) == 0) return;
    std::vector<EntityRef> children;
    for (EntityRef child = shard_->links(ref).first_child; child.is_there(); child = shard_->links(child).next_sibling)
        children.push_back(child);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
        if (!shard_->lives(*child)) continue;
        if ((lookers & only_kind(child->kind)) != 0) check(*child, time);
        if (shard_->lives(*child)) check_below(*child, lookers, time);
    }
}

void LivingActor::check(EntityRef ref, int64_t time) {
    const LivingKind& script = plan_.kinds[ref.kind];
    if (script.phases.empty()) return;
    if (!facts_.kinds[ref.kind].is_checked[rows_of(ref).phase[ref.row]]) return;
    const LivingPhase& phase = phase_of(ref);
    const Event now{ref, time, 0, 0};
    refresh_rate(ref, 0, phase.rate, time);
    for (size_t i = 0; i < phase.leave.size(); ++i) {
        const LivingTransition& transition = phase.leave[i];
        refresh_rate(ref, i + 1, transition.rate, time);
        if (transition.chance.is_there() || transition.rate.is_there()) continue;
        if (transition.after.is_there() && timer_of(ref, i + 1).waits[ref.row] != Waits::for_condition) continue;
        if (transition.when.is_there() && value(transition.when, now).integer == 0) continue;
        ++moves_;
        ++rows_of(ref).events[ref.row];
        take(ref, i, event_of(ref, time));
        break;
    }
    if (shard_->lives(ref)) shard_->requeue(ref);
}

// Phases

const LivingPhase& LivingActor::phase_of(EntityRef ref) const {
    return plan_.kinds[ref.kind].phases[shard_->rows[ref.kind].phase[ref.row]];
}

void LivingActor::enter(EntityRef ref, int phase, const Event& event) {
    rows_of(ref).phase[ref.row] = static_cast<uint16_t>(phase);
    shard_->stop(ref);
    if (plan_.kinds[ref.kind].tells_phase) run_steps(plan_.kinds[ref.kind].at_change, event);
    run_steps(phase_of(ref).enter, event);
    set_timers(event);
    touch(ref, facts_.kinds[ref.kind].phase_lookers);
}

void LivingActor::set_timers(const Event& event) {
    const LivingPhase& phase = phase_of(event.entity);
    set_rhythm(event, true);
    for (size_t i = 0; i < phase.leave.size(); ++i) {
        const LivingTransition& transition = phase.leave[i];
        if (transition.after.is_there()) {
            const int64_t delay = std::max<int64_t>(value(transition.after, event).integer, 0);
            timer_of(event.entity, i + 1).set(event.entity.row, Waits::to_fire, later(event.time, delay));
        }
        if (transition.rate.is_there()) begin_rate(i + 1, transition.rate, transition.rate_place, event);
    }
}

void LivingActor::set_rhythm(const Event& event, bool is_first) {
    const LivingPhase& phase = phase_of(event.entity);
    if (phase.rate.is_there()) return begin_rate(0, phase.rate, phase.rate_place, event);
    if (!phase.every.is_there()) return;
    int64_t period = std::max<int64_t>(value(phase.every, event).integer, 1);
    if (is_first && is_start_)
        period = static_cast<int64_t>(static_cast<double>(period) * unit_of(draw(event.base, phase.middle_place)));
    timer_of(event.entity, 0).set(event.entity.row, Waits::to_fire, later(event.time, period));
}

void LivingActor::take(EntityRef ref, size_t transition, const Event& event) {
    const LivingTransition& script = phase_of(ref).leave[transition];
    run_steps(script.steps, event);
    const int target = target_of(script, event);
    if (target < 0)
        end(ref, event.time);
    else
        enter(ref, target, event);
    if (shard_->lives(ref)) shard_->requeue(ref);
}

int LivingActor::target_of(const LivingTransition& transition, const Event& event) {
    if (transition.to.size() == 1) return transition.to[0];
    const ScalarExecutor& executor = run(transition.weights, event);
    double total = 0;
    for (const Reg reg : transition.weight) total += std::max(executor.value(reg).real, 0.0);
    double rest = unit_of(draw(event.base, transition.place)) * total;
    for (size_t i = 0; i < transition.to.size(); ++i) {
        rest -= std::max(executor.value(transition.weight[i]).real, 0.0);
        if (rest < 0) return transition.to[i];
    }
    return transition.to[0];
}

// Rates

void LivingActor::begin_rate(size_t timer, const LivingValue& rate, uint64_t place, const Event& event) {
    timer_of(event.entity, timer).rates[event.entity.row] = {.since = event.time,
                                                             .left = living_rate_amount(draw(event.base, place))};
    aim(timer, rate, event);
}

void LivingActor::refresh_rate(EntityRef ref, size_t timer, const LivingValue& rate, int64_t time) {
    if (!rate.is_there()) return;
    LivingTimers& timers = timer_of(ref, timer);
    const bool is_looking = timers.waits[ref.row] == Waits::to_look && timers.due[ref.row] <= time;
    if (!is_looking && !facts_.reads(rate).state) return;
    bring_to(timers.rates[ref.row], time);
    aim(timer, rate, {ref, time, 0, 0});
}

void LivingActor::aim(size_t timer, const LivingValue& rate, const Event& event) {
    aim_timer(timer_of(event.entity, timer), event.entity.row, value(rate, event).real, event.time,
              next_look(facts_.reads(rate), event.time));
}

}  // namespace headwater
