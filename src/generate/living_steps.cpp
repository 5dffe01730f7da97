// For the steps of living entities: conditions, repetitions, what they set, spawn and emit, and journeys made of them.
#include <algorithm>
#include <bit>

#include "base/random.h"
#include "generate/living_actor.h"
#include "generate/living_timing.h"

namespace headwater {

void LivingActor::run_steps(const std::vector<LivingStep>& steps, const Event& event) {
    for (const LivingStep& step : steps) run_step(step, event);
}

/// Gives how often a step is taken: as its conditions and `repeat` say.
int64_t LivingActor::times_of(const LivingStep& step, const Event& event) {
    if (step.head < 0) return 1;
    const ScalarExecutor& executor = run(step.head, event);
    if (step.go != no_reg && executor.value(step.go).integer == 0) return 0;
    return step.repeat == no_reg ? 1 : std::clamp<int64_t>(executor.value(step.repeat).integer, 0, most_repetitions);
}

LivingActor::Event LivingActor::repetition(const LivingStep& step, const Event& event, int64_t index) const {
    return {event.entity, event.time, base_of(key_under(event.base, step.place), static_cast<uint64_t>(index)), index};
}

void LivingActor::run_step(const LivingStep& step, const Event& event) {
    const int64_t times = times_of(step, event);
    if (step.repeat == no_reg) {
        if (times > 0) run_body(step, event);
        return;
    }
    for (int64_t index = 1; index <= times; ++index) run_body(step, repetition(step, event, index));
}

/// Counts children in the order of their links, which is the same however the cell is acted out.
void LivingActor::choose(const LivingChoice& choice, const Event& event) {
    candidates_.clear();
    const EntityRef parent = ancestor(event.entity, choice.level);
    for (EntityRef child = shard_->links(parent).first_child; child.is_there();
         child = shard_->links(child).next_sibling) {
        if (static_cast<int>(child.kind) != choice.kind) continue;
        if (choice.where.is_there() && value(choice.where, {child, event.time, 0, 0}).integer == 0) continue;
        candidates_.push_back(child);
    }
    const size_t count = candidates_.size();
    const uint64_t place = count == 0 ? 0 : below(draw(event.base, choice.place), count);
    rows_of(event.entity).words[static_cast<size_t>(choice.slot)][event.entity.row] =
        count == 0 ? 0 : LivingShard::word_of(candidates_[place]);
}

void LivingActor::choose_for(LivingShard& shard, const LivingStep& step, EntityRef entity, int64_t time,
                             uint64_t base) {
    shard_ = &shard;
    for (const LivingChoice& choice : step.choose) choose(choice, {entity, time, base, 0});
    texts_.reset();
}

void LivingActor::run_body(const LivingStep& step, const Event& event) {
    for (const LivingChoice& choice : step.choose) choose(choice, event);
    ScalarExecutor* body = step.body < 0 ? nullptr : &run(step.body, event);
    for (const LivingStore& store : step.set) {
        const EntityRef target =
            store.via < 0 ? ancestor(event.entity, store.level) : chosen(event.entity, store.via, store.kind);
        if (!target.is_there()) continue;
        keep(target, store, body->value(store.value),
             plan_.programs[static_cast<size_t>(step.body)].program->registers[store.value]);
        touch(target, facts_.kinds[target.kind].lookers(store.is_text, store.slot));
    }
    for (const LivingChange& change : step.changes) {
        const EntityRef changed =
            change.via < 0 ? ancestor(event.entity, change.level) : chosen(event.entity, change.via, change.kind);
        if (!changed.is_there()) continue;
        run_steps(plan_.kinds[changed.kind].at_change, {changed, event.time, event.base, event.index});
    }
    if (step.spawn >= 0) spawn(step, event, body);
    if (step.emit >= 0) emit(step, event, body);
    run_steps(step.steps, event);
}

void LivingActor::spawn(const LivingStep& step, const Event& event, ScalarExecutor* body) {
    const LivingKind& child = plan_.kinds[static_cast<size_t>(step.spawn)];
    EntityRef parent = event.entity;
    while (static_cast<int>(parent.kind) != child.parent) parent = shard_->links(parent).parent;
    const int64_t number = ++shard_->rows[parent.kind].words[static_cast<size_t>(child.counter)][parent.row];
    const Given given{body, &step.spawn_with,
                      body != nullptr ? plan_.programs[static_cast<size_t>(step.body)].program.get() : nullptr};
    bear(step.spawn, shard_->cell_of(parent), parent, number, event.time, given);
}

void LivingActor::emit(const LivingStep& step, const Event& event, ScalarExecutor* body) {
    using Is = LivingInput::Is;
    const LivingProgram& script =
        plan_.programs[static_cast<size_t>(plan_.streams[static_cast<size_t>(step.emit)].program)];
    EmittedRows& rows = records_->streams[static_cast<size_t>(step.emit)];
    const uint32_t cell = shard_->cell_of(event.entity);
    rows.words.resize(script.inputs.size());
    rows.texts.resize(script.inputs.size());
    rows.times.push_back(event.time);
    rows.cells.push_back(shard_->first + cell);
    rows.ordinals.push_back(shard_->records[cell]++);
    if (!plan_.streams[static_cast<size_t>(step.emit)].labels.empty()) rows.labels.push_back(&step.labels);
    const Event record{event.entity, event.time, draw(event.base, step.place), event.index};
    for (size_t i = 0; i < script.inputs.size(); ++i) {
        const LivingInput& input = script.inputs[i];
        const Phys phys = script.program->registers[script.program->inputs[i]];
        Value value;
        if (input.is == Is::given_word || input.is == Is::given_text) {
            const LivingStore& store =
                *std::find_if(step.emit_with.begin(), step.emit_with.end(), [&](const LivingStore& s) {
                    return s.slot == input.slot && s.is_text == (input.is == Is::given_text);
                });
            value = body->value(store.value);
        } else {
            value = input_of(input, phys, record);
        }
        if (phys == Phys::text)
            rows.texts[i].push_back(records_->texts.copy(view_of(value.text)));
        else if (phys == Phys::uuid)
            rows.texts[i].push_back(
                records_->texts.copy({reinterpret_cast<const char*>(value.uuid), sizeof value.uuid}));
        else
            rows.words[i].push_back(phys == Phys::f64 ? std::bit_cast<int64_t>(value.real) : value.integer);
    }
}

/// Goes on with a journey until it waits or ends. With `repeat` each repetition waits; its conditions decide before the first.
void LivingActor::run_journey(EntityRef ref, Event event, bool has_waited) {
    const std::vector<LivingStep>& steps = plan_.kinds[ref.kind].journey;
    LivingRows& rows = rows_of(ref);
    for (;;) {
        if (rows.phase[ref.row] >= steps.size()) return shard_->end_journey(ref);
        const LivingStep& step = steps[rows.phase[ref.row]];
        if (rows.progress[ref.row].has_arrived == 0) {
            const int64_t times = step.repeat == no_reg ? 1 : times_of(step, event);
            rows.progress[ref.row] = {.times = times, .taken = 0, .has_arrived = 1};
        }
        LivingProgress& progress = rows.progress[ref.row];  // until a step is taken, which may bear and move it
        if (progress.taken >= progress.times) {
            progress.has_arrived = 0;
            ++rows.phase[ref.row];
            continue;
        }
        if (step.after.is_there() && !has_waited) {
            const int64_t wait = std::max<int64_t>(value(step.after, event).integer, 0);
            rows.timers[0].set(ref.row, Waits::to_fire, later(event.time, wait));
            return;
        }
        has_waited = false;
        rows.timers[0].set(ref.row, Waits::not_at_all, never_due);
        if (step.proceed.is_there() && value(step.proceed, event).integer == 0) return shard_->end_journey(ref);
        const int64_t index = ++progress.taken;
        if (step.repeat == no_reg)
            run_step(step, event);
        else
            run_body(step, repetition(step, event, index));
    }
}

}  // namespace headwater
