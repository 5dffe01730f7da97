// For the steps of waves: conditions, repetitions, what they set, spawn and emit, births, and journeys.
#include <algorithm>
#include <array>

#include "generate/living_timing.h"
#include "generate/living_waves.h"

namespace headwater {

void LivingWaves::run_steps(const std::vector<LivingStep>& steps, const LivingWave& wave) {
    for (const LivingStep& step : steps) run_step(step, wave);
}

/// Tells for each row how often a step is taken: as its conditions and `repeat` say.
void LivingWaves::times_of(const LivingStep& step, const LivingWave& wave, int64_t* times) {
    std::fill_n(times, wave.size, 1);
    if (step.head < 0) return;
    const LivingColumns::Values values = columns_.run(step.head, wave);
    if (step.repeat != no_reg) {
        const int64_t* wanted = values.column<int64_t>(step.repeat);
        for (uint32_t i = 0; i < wave.size; ++i) times[i] = std::clamp<int64_t>(wanted[i], 0, most_repetitions);
    }
    if (step.go == no_reg) return;
    const uint8_t* goes = values.column<uint8_t>(step.go);
    for (uint32_t i = 0; i < wave.size; ++i) times[i] = goes[i] != 0 ? times[i] : 0;
}

/// Makes the wave of one repetition; its draws have a base of their own.
void LivingWaves::repeat(const LivingStep& step, const LivingWave& wave, int64_t index, LivingWave& out) const {
    for (uint32_t i = 0; i < wave.size; ++i)
        out.add(wave.rows[i], wave.cells[i], wave.times[i],
                base_of(key_under(wave.bases[i], step.place), static_cast<uint64_t>(index)), index);
}

void LivingWaves::run_step(const LivingStep& step, const LivingWave& wave) {
    if (step.head < 0) return run_body(step, wave);
    std::array<int64_t, LivingWave::most> times;
    times_of(step, wave, times.data());
    const auto going = pool_.lend(wave.kind);
    if (step.repeat == no_reg) {
        going->add_where(wave, [&](uint32_t i) { return times[i] > 0; });
        return run_body(step, going->size == wave.size ? wave : *going);
    }
    const int64_t most = *std::max_element(times.begin(), times.begin() + wave.size);
    for (int64_t index = 1; index <= most; ++index) {
        const auto one = pool_.lend(wave.kind);
        going->size = 0;
        going->add_where(wave, [&](uint32_t i) { return times[i] >= index; });
        repeat(step, *going, index, *one);
        run_body(step, *one);
    }
}

void LivingWaves::run_body(const LivingStep& step, const LivingWave& wave) {
    if (wave.size == 0) return;
    LivingColumns::Values values;
    if (!step.choose.empty())
        for (uint32_t i = 0; i < wave.size; ++i)
            actor_.choose_for(*shard_, step, shard_->ref(wave.kind, wave.rows[i]), wave.times[i], wave.bases[i]);
    if (step.body >= 0) values = columns_.run(step.body, wave);
    for (const LivingStore& store : step.set) {
        if (store.via >= 0) {
            keep_in_chosen(store, wave, values);
            continue;
        }
        const int kind = columns_.kind_above(wave.kind, store.level);
        const uint32_t* rows = columns_.rows_above(wave, store.level);
        columns_.keep(kind, rows, wave.size, store, values);
        touch(kind, rows, wave, facts_.kinds[static_cast<size_t>(kind)].lookers(store.is_text, store.slot));
    }
    for (const LivingChange& change : step.changes) tell_change(change, wave);
    if (step.spawn >= 0) spawn(step, wave, values);
    if (step.emit >= 0) columns_.emit(step, wave, values, *records_);
    run_steps(step.steps, wave);
}

/// Lets those whom a step has set tell what has changed: itself, an ancestor, or the entities that were chosen.
void LivingWaves::tell_change(const LivingChange& change, const LivingWave& wave) {
    if (change.via < 0 && change.level == 0) return run_steps(script_of(wave).at_change, wave);
    const auto changed =
        pool_.lend(change.via < 0 ? columns_.kind_above(wave.kind, change.level) : static_cast<int>(change.kind));
    const uint32_t* above = change.via < 0 ? columns_.rows_above(wave, change.level) : nullptr;
    for (uint32_t i = 0; i < wave.size; ++i) {
        uint32_t row = 0;
        if (above != nullptr) {
            row = above[i];
        } else {
            const int64_t word = rows_of(wave).words[static_cast<size_t>(change.via)][wave.rows[i]];
            const EntityRef ref = shard_->entity_of(change.kind, word);
            if (!ref.is_there()) continue;
            row = ref.row;
        }
        changed->add(row, wave.cells[i], wave.times[i], wave.bases[i], wave.indexes[i]);
    }
    if (changed->size > 0) run_steps(script_of(*changed).at_change, *changed);
}

/// Sets a value of the entities that were chosen, where they still live.
void LivingWaves::keep_in_chosen(const LivingStore& store, const LivingWave& wave,
                                 const LivingColumns::Values& values) {
    const std::vector<int64_t>& words = rows_of(wave).words[static_cast<size_t>(store.via)];
    const auto there = pool_.lend(store.kind);
    std::array<uint32_t, LivingWave::most> rows;
    for (uint32_t i = 0; i < wave.size; ++i) {
        const EntityRef ref = shard_->entity_of(store.kind, words[wave.rows[i]]);
        if (!ref.is_there()) continue;
        columns_.keep_one(ref, i, store, values);
        rows[there->size] = ref.row;
        there->add(ref.row, wave.cells[i], wave.times[i]);
    }
    touch(store.kind, rows.data(), *there, facts_.kinds[store.kind].lookers(store.is_text, store.slot));
}

void LivingWaves::spawn(const LivingStep& step, const LivingWave& wave, const LivingColumns::Values& values) {
    const LivingKind& child = plan_.kinds[static_cast<size_t>(step.spawn)];
    int level = 0;
    while (columns_.kind_above(wave.kind, level) != child.parent) ++level;
    std::array<uint32_t, LivingWave::most> parents;
    std::array<int64_t, LivingWave::most> numbers;
    std::copy_n(columns_.rows_above(wave, level), wave.size, parents.begin());
    std::vector<int64_t>& counters =
        shard_->rows[static_cast<size_t>(child.parent)].words[static_cast<size_t>(child.counter)];
    for (uint32_t i = 0; i < wave.size; ++i) numbers[i] = ++counters[parents[i]];
    bear({.kind = step.spawn, .parent_kind = child.parent, .parents = parents.data(), .numbers = numbers.data()}, wave,
         {&step.spawn_with, values});
}

/// Lets one be born in each cell of a wave, at its instant.
void LivingWaves::bear(const Newborn& newborn, const LivingWave& at, const Given& given) {
    if (at.size == 0) return;
    const LivingKind& script = plan_.kinds[static_cast<size_t>(newborn.kind)];
    LivingRows& own = shard_->rows[static_cast<size_t>(newborn.kind)];
    const auto born = pool_.lend(newborn.kind);
    for (uint32_t i = 0; i < at.size; ++i) {
        EntityRef parent;
        uint64_t key = script.key;
        if (newborn.parent_kind >= 0) {
            parent = shard_->ref(newborn.parent_kind, newborn.parents[i]);
            key = key_under(shard_->rows[parent.kind].address[parent.row], script.key);
        }
        const EntityRef ref = shard_->add(newborn.kind, at.cells[i], parent);
        own.number[ref.row] = newborn.numbers[i];
        own.born[ref.row] = at.times[i];
        own.address[ref.row] = base_of(key, static_cast<uint64_t>(newborn.numbers[i]));
        born->add(ref.row, at.cells[i], at.times[i], living_event_base(own.address[ref.row], 0));
        Agenda& agenda = this->agenda(at.cells[i], at.times[i]);
        ++agenda.births;
        agenda.newborn.push_back(ref);
    }
    if (given.stores != nullptr)
        for (const LivingStore& store : *given.stores)
            columns_.keep(newborn.kind, born->rows.data(), born->size, store, given.values);
    if (script.birth >= 0) {
        const LivingColumns::Values values = columns_.run(script.birth, *born);
        for (const LivingStore& store : script.state)
            columns_.keep(newborn.kind, born->rows.data(), born->size, store, values);
    }
    run_steps(script.at_birth, *born);
    bear_children(*born);
}

void LivingWaves::bear_children(const LivingWave& parents) {
    for (const int kind : facts_.kinds[static_cast<size_t>(parents.kind)].counted_children) {
        const LivingKind& child = plan_.kinds[static_cast<size_t>(kind)];
        const int64_t* counts = columns_.run(child.count.program, parents).column<int64_t>(child.count.value);
        std::array<int64_t, LivingWave::most> wanted, numbers;
        int64_t most = 0;
        for (uint32_t i = 0; i < parents.size; ++i) {
            wanted[i] = std::min(counts[i], most_repetitions);
            most = std::max(most, wanted[i]);
        }
        for (int64_t number = 1; number <= most; ++number) {
            const auto some = pool_.lend(parents.kind);
            some->add_where(parents, [&](uint32_t i) {
                return number <= wanted[i] && agendas_[parents.cells[i]].births < most_births;
            });
            numbers.fill(number);
            bear({.kind = kind, .parent_kind = parents.kind, .parents = some->rows.data(), .numbers = numbers.data()},
                 *some, {});
            std::vector<int64_t>& counters = rows_of(parents).words[static_cast<size_t>(child.counter)];
            for (uint32_t i = 0; i < some->size; ++i) counters[some->rows[i]] = number;
        }
    }
}

/// Goes on with journeys until each waits or ends. With `repeat` each repetition waits; its conditions decide before the first.
void LivingWaves::run_journey(size_t first, const LivingWave& wave, bool has_waited) {
    const std::vector<LivingStep>& steps = script_of(wave).journey;
    const auto here = pool_.lend(wave.kind), next = pool_.lend(wave.kind);
    here->copy(wave);
    for (size_t at = first; at < steps.size() && here->size > 0; ++at) {
        const LivingStep& step = steps[at];
        next->size = 0;
        for (; here->size > 0; has_waited = false) {
            arrive(step, *here);
            move_on(at + 1, *here, *next);
            if (step.after.is_there() && !has_waited) {
                wait(step, *here);
                here->size = 0;
            }
            run_journey_step(step, *here);
        }
        here->copy(*next);
    }
    for (uint32_t i = 0; i < here->size; ++i) shard_->end_journey(shard_->ref(here->kind, here->rows[i]));
}

/// Settles how often a step is taken by those who are new at it.
void LivingWaves::arrive(const LivingStep& step, const LivingWave& here) {
    const auto arriving = pool_.lend(here.kind);
    arriving->add_where(here, [&](uint32_t i) { return rows_of(here).progress[here.rows[i]].has_arrived == 0; });
    if (arriving->size == 0) return;
    std::array<int64_t, LivingWave::most> times;
    times.fill(1);
    if (step.repeat != no_reg) times_of(step, *arriving, times.data());
    for (uint32_t i = 0; i < arriving->size; ++i)
        rows_of(here).progress[arriving->rows[i]] = {.times = times[i], .taken = 0, .has_arrived = 1};
}

/// Moves those who have taken a step as often as they should from `here` to those at the next one.
void LivingWaves::move_on(size_t next_step, LivingWave& here, LivingWave& next) {
    LivingRows& own = rows_of(here);
    const uint32_t size = here.size;
    here.size = 0;
    for (uint32_t i = 0; i < size; ++i) {
        LivingProgress& progress = own.progress[here.rows[i]];
        if (progress.taken < progress.times) {
            here.add(here, i);
            continue;
        }
        progress.has_arrived = 0;
        own.phase[here.rows[i]] = static_cast<uint16_t>(next_step);
        next.add(here, i);
    }
}

void LivingWaves::wait(const LivingStep& step, const LivingWave& here) {
    if (here.size == 0) return;
    const int64_t* waits = columns_.run(step.after.program, here).column<int64_t>(step.after.value);
    for (uint32_t i = 0; i < here.size; ++i)
        rows_of(here).timers[0].set(here.rows[i], Waits::to_fire, later(here.times[i], std::max<int64_t>(waits[i], 0)));
}

/// Takes a step once; those whose journey it ends leave the wave.
void LivingWaves::run_journey_step(const LivingStep& step, LivingWave& here) {
    if (here.size == 0) return;
    LivingRows& own = rows_of(here);
    for (uint32_t i = 0; i < here.size; ++i) own.timers[0].set(here.rows[i], Waits::not_at_all, never_due);
    if (step.proceed.is_there()) {
        const uint8_t* proceeds = columns_.run(step.proceed.program, here).column<uint8_t>(step.proceed.value);
        for (uint32_t i = 0; i < here.size; ++i)
            if (proceeds[i] == 0) shard_->end_journey(shard_->ref(here.kind, here.rows[i]));
        here.keep_where([&](uint32_t i) { return proceeds[i] != 0; });
    }
    for (uint32_t i = 0; i < here.size; ++i) ++own.progress[here.rows[i]].taken;
    if (step.repeat == no_reg) return run_step(step, here);
    const auto one = pool_.lend(here.kind);
    for (uint32_t i = 0; i < here.size; ++i) {
        const int64_t index = own.progress[here.rows[i]].taken;
        one->add(here.rows[i], here.cells[i], here.times[i],
                 base_of(key_under(here.bases[i], step.place), static_cast<uint64_t>(index)), index);
    }
    run_body(step, *one);
}

}  // namespace headwater
