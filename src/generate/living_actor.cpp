#include "generate/living_actor.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/math.h"
#include "base/random.h"
#include "base/sample.h"
#include "base/time.h"

namespace headwater {

namespace {

constexpr uint64_t event_key = key_of("event");
/// Instants from here on never come.
constexpr double end_of_time_us = 4e18;
/// Rates above this one are taken for it: one in a microsecond.
constexpr double highest_rate_per_second = 1e6;

int64_t later(int64_t instant, int64_t delay) {
    int64_t result = 0;
    return __builtin_add_overflow(instant, delay, &result) ? never_due : result;
}

}  // namespace

LivingActor::LivingActor(const LivingPlan& plan)
    : plan_(plan),
      executors_(plan.programs.size()),
      reads_(plan.programs.size()),
      is_watched_below_(plan.kinds.size()),
      counted_children_(plan.kinds.size()) {
    using Is = LivingInput::Is;
    for (size_t i = 0; i < plan.programs.size(); ++i) {
        for (const LivingInput& input : plan.programs[i].inputs) {
            const bool is_state = input.is == Is::word || input.is == Is::text || input.is == Is::phase;
            reads_[i].state = reads_[i].state || is_state;
            reads_[i].ancestors = reads_[i].ancestors || (is_state && input.level > 0);
            reads_[i].time = reads_[i].time || input.is == Is::time;
        }
    }
    for (size_t kind = 0; kind < plan.kinds.size(); ++kind) {
        const LivingKind& script = plan.kinds[kind];
        if (script.parent >= 0 && script.count.is_there())
            counted_children_[static_cast<size_t>(script.parent)].push_back(static_cast<int>(kind));
        bool looks_up = false;
        for (const LivingPhase& phase : script.phases) {
            looks_up = looks_up || (phase.rate.is_there() && reads_[static_cast<size_t>(phase.rate.program)].ancestors);
            for (const LivingTransition& transition : phase.leave)
                for (const LivingValue& what : {transition.when, transition.rate})
                    looks_up = looks_up || (what.is_there() && reads_[static_cast<size_t>(what.program)].ancestors);
        }
        for (int above = script.parent; looks_up && above >= 0; above = plan.kinds[static_cast<size_t>(above)].parent)
            is_watched_below_[static_cast<size_t>(above)] = true;
    }
}

void LivingActor::act(LivingShard& shard, int64_t until, LivingRecords& records) {
    shard_ = &shard;
    records_ = &records;
    records.streams.resize(plan_.streams.size());
    if (!shard.has_begun && until > plan_.start) begin_cells(shard);
    for (uint32_t cell = 0; cell < shard.cells.size(); ++cell) {
        while (shard.next_of(cell) < until) {
            const LivingCell::Due due = shard.take_due(cell, until);
            if (due.entity.is_there()) fire(due);
        }
    }
}

void LivingActor::begin_cells(LivingShard& shard) {
    is_start_ = true;
    for (uint32_t cell = 0; cell < shard.cells.size(); ++cell) {
        bear(0, cell, {}, shard.cells[cell].number, plan_.start, {});
        settle(plan_.start);
    }
    is_start_ = false;
    shard.has_begun = true;
}

// Programs

LivingActor::Event LivingActor::event_of(EntityRef ref, int64_t time) {
    const LivingEntity& own = shard_->entity(ref);
    return {ref, time, base_of(key_under(own.address, event_key), own.events), 0};
}

EntityRef LivingActor::ancestor(EntityRef ref, int level) const {
    for (; level > 0; --level) ref = shard_->entity(ref).parent;
    return ref;
}

Value LivingActor::input_of(const LivingInput& input, Phys phys, const Event& event) const {
    using Is = LivingInput::Is;
    Value value;
    if (input.is == Is::time) value.integer = event.time;
    if (input.is == Is::base) value.integer = static_cast<int64_t>(event.base);
    if (input.is == Is::index) value.integer = event.index;
    if (input.is >= Is::time) return value;
    const EntityRef ref = ancestor(event.entity, input.level);
    const LivingEntity& own = shard_->entity(ref);
    const LivingRows& rows = shard_->rows[ref.kind];
    switch (input.is) {
        case Is::number: value.integer = own.number; break;
        case Is::born: value.integer = own.born; break;
        case Is::address: value.integer = static_cast<int64_t>(own.address); break;
        case Is::phase: value.integer = own.phase; break;
        case Is::word: value.integer = rows.words[input.slot][ref.row]; break;
        default: {
            const std::string& text = rows.texts[input.slot][ref.row];
            value.text = {text.data(), static_cast<uint32_t>(text.size()), 0};
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
    LivingEntity& own = shard_->entity(ref);
    own.number = number;
    own.born = time;
    own.address = base_of(parent.is_there() ? key_under(shard_->entity(parent).address, script.key) : script.key,
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
    bear_children(ref, time);
    return ref;
}

void LivingActor::bear_children(EntityRef ref, int64_t time) {
    for (const int kind : counted_children_[ref.kind]) {
        const LivingKind& child = plan_.kinds[static_cast<size_t>(kind)];
        const int64_t count = std::min(value(child.count, event_of(ref, time)).integer, most_repetitions);
        for (int64_t number = 1; number <= count && births_ < most_births; ++number) {
            bear(kind, shard_->entity(ref).cell, ref, number, time, {});
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

void LivingActor::end(EntityRef ref) {
    while (shard_->entity(ref).first_child.is_there()) end(shard_->entity(ref).first_child);
    const EntityRef parent = shard_->entity(ref).parent;
    if (!shard_->lives(ref)) return;
    shard_->remove(ref);
    if (shard_->lives(parent) && shard_->entity(parent).is_over && shard_->entity(parent).children == 0) end(parent);
}

void LivingActor::end_journey(EntityRef ref) {
    if (shard_->entity(ref).children == 0) return end(ref);
    shard_->entity(ref).is_over = true;
    *shard_->timers(ref) = {};
}

// Events

void LivingActor::fire(const LivingCell::Due& due) {
    const EntityRef ref = due.entity;
    LivingTimer* timers = shard_->timers(ref);
    const size_t each = shard_->rows[ref.kind].timers_each;
    size_t timer = 0;
    while (timer < each && timers[timer].due > due.time) ++timer;
    HW_CHECK(timer < each);
    if (timers[timer].waits == LivingTimer::Waits::to_look) {
        const LivingPhase& phase = phase_of(ref);
        refresh_rate(ref, timers[timer], timer == 0 ? phase.rate : phase.leave[timer - 1].rate, due.time);
    } else {
        fire_timer(ref, timer, due.time);
    }
    if (shard_->lives(ref)) shard_->requeue(ref);
    settle(due.time);
}

void LivingActor::fire_timer(EntityRef ref, size_t timer, int64_t time) {
    ++shard_->entity(ref).events;
    const Event event = event_of(ref, time);
    if (plan_.kinds[ref.kind].is_journey) return run_journey(ref, event, true);
    const LivingPhase& phase = phase_of(ref);
    if (timer == 0) {
        run_steps(phase.steps, event);
        set_rhythm(event, false);
        touch(ref);
        begin_newborn(time);
        if (shard_->lives(ref)) try_chances(event);
        return;
    }
    const LivingTransition& transition = phase.leave[timer - 1];
    if (transition.when.is_there() && value(transition.when, event).integer == 0) {
        shard_->timers(ref)[timer] = {.waits = LivingTimer::Waits::for_condition};
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
        ++shard_->entity(event.entity).events;
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
    for (size_t looked = 0; looked < touched_.size(); ++looked) {
        const EntityRef ref = touched_[looked];
        if (!shard_->lives(ref) || moves_ > most_moves) continue;
        check(ref, time);
        if (shard_->lives(ref) && is_watched_below_[ref.kind]) check_below(ref, time);
        begin_newborn(time);
    }
    newborn_.clear();
    touched_.clear();
    begun_ = 0;
    moves_ = births_ = 0;
}

void LivingActor::touch(EntityRef ref) {
    if (touched_.empty() || touched_.back() != ref) touched_.push_back(ref);
}

void LivingActor::check_below(EntityRef ref, int64_t time) {
    std::vector<EntityRef> children;
    for (EntityRef child = shard_->entity(ref).first_child; child.is_there();
         child = shard_->entity(child).next_sibling)
        children.push_back(child);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
        if (!shard_->lives(*child)) continue;
        check(*child, time);
        if (shard_->lives(*child)) check_below(*child, time);
    }
}

void LivingActor::check(EntityRef ref, int64_t time) {
    const LivingKind& script = plan_.kinds[ref.kind];
    if (script.phases.empty()) return;
    const LivingPhase& phase = phase_of(ref);
    LivingTimer* timers = shard_->timers(ref);
    const Event now{ref, time, 0, 0};
    refresh_rate(ref, timers[0], phase.rate, time);
    for (size_t i = 0; i < phase.leave.size(); ++i) {
        const LivingTransition& transition = phase.leave[i];
        refresh_rate(ref, timers[i + 1], transition.rate, time);
        if (transition.chance.is_there() || transition.rate.is_there()) continue;
        if (transition.after.is_there() && timers[i + 1].waits != LivingTimer::Waits::for_condition) continue;
        if (transition.when.is_there() && value(transition.when, now).integer == 0) continue;
        ++moves_;
        ++shard_->entity(ref).events;
        take(ref, i, event_of(ref, time));
        break;
    }
    if (shard_->lives(ref)) shard_->requeue(ref);
}

// Phases

const LivingPhase& LivingActor::phase_of(EntityRef ref) const {
    return plan_.kinds[ref.kind].phases[shard_->entity(ref).phase];
}

void LivingActor::enter(EntityRef ref, int phase, const Event& event) {
    shard_->entity(ref).phase = static_cast<uint16_t>(phase);
    std::fill_n(shard_->timers(ref), shard_->rows[ref.kind].timers_each, LivingTimer{});
    run_steps(phase_of(ref).enter, event);
    set_timers(event);
    touch(ref);
}

void LivingActor::set_timers(const Event& event) {
    const LivingPhase& phase = phase_of(event.entity);
    set_rhythm(event, true);
    for (size_t i = 0; i < phase.leave.size(); ++i) {
        const LivingTransition& transition = phase.leave[i];
        if (transition.after.is_there()) {
            const int64_t delay = std::max<int64_t>(value(transition.after, event).integer, 0);
            shard_->timers(event.entity)[i + 1] = {.waits = LivingTimer::Waits::to_fire,
                                                   .due = later(event.time, delay)};
        }
        if (transition.rate.is_there())
            begin_rate(shard_->timers(event.entity)[i + 1], transition.rate, transition.rate_place, event);
    }
}

void LivingActor::set_rhythm(const Event& event, bool is_first) {
    const LivingPhase& phase = phase_of(event.entity);
    LivingTimer& timer = *shard_->timers(event.entity);
    if (phase.rate.is_there()) return begin_rate(timer, phase.rate, phase.rate_place, event);
    if (!phase.every.is_there()) return;
    int64_t period = std::max<int64_t>(value(phase.every, event).integer, 1);
    if (is_first && is_start_)
        period = static_cast<int64_t>(static_cast<double>(period) * unit_of(draw(event.base, phase.middle_place)));
    timer = {.waits = LivingTimer::Waits::to_fire, .due = later(event.time, period)};
}

void LivingActor::take(EntityRef ref, size_t transition, const Event& event) {
    const LivingTransition& script = phase_of(ref).leave[transition];
    run_steps(script.steps, event);
    const int target = target_of(script, event);
    if (target < 0)
        end(ref);
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

void LivingActor::begin_rate(LivingTimer& timer, const LivingValue& rate, uint64_t place, const Event& event) {
    timer = {.since = event.time, .left = -log_of(1 - unit_of(draw(event.base, place)))};
    aim(timer, rate, event);
}

void LivingActor::refresh_rate(EntityRef ref, LivingTimer& timer, const LivingValue& rate, int64_t time) {
    if (!rate.is_there()) return;
    const bool is_looking = timer.waits == LivingTimer::Waits::to_look && timer.due <= time;
    if (!is_looking && !reads_[static_cast<size_t>(rate.program)].state) return;
    timer.left = std::max(timer.left - timer.rate * static_cast<double>(time - timer.since) / micros_per_second, 0.0);
    timer.since = time;
    aim(timer, rate, {ref, time, 0, 0});
}

void LivingActor::aim(LivingTimer& timer, const LivingValue& rate, const Event& event) {
    const double read = value(rate, event).real;
    timer.rate = read > 0 ? std::min(read, highest_rate_per_second) : 0;
    timer.waits = LivingTimer::Waits::to_fire;
    timer.due = never_due;
    if (timer.rate > 0) {
        const double wait = timer.left / timer.rate * micros_per_second;
        if (wait < end_of_time_us) timer.due = later(event.time, std::max<int64_t>(static_cast<int64_t>(wait), 1));
    }
    const int64_t next_hour = (floor_div(event.time, micros_per_hour) + 1) * micros_per_hour;
    if (reads_[static_cast<size_t>(rate.program)].time && next_hour < timer.due) {
        timer.waits = LivingTimer::Waits::to_look;
        timer.due = next_hour;
    }
}

}  // namespace headwater
