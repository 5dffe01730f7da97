// For what happens to waves in phases: timers, ways out and the choice among them, conditions, random rates.
#include <algorithm>
#include <array>

#include "generate/living_timing.h"
#include "generate/living_waves.h"

namespace headwater {

void LivingWaves::fire(const Act& act, LivingWave& wave) {
    draw_bases(wave, true);
    const LivingPhase& phase = script_of(wave).phases[static_cast<size_t>(act.phase)];
    if (act.timer > 0) {
        const LivingTransition& way = phase.leave[act.timer - 1];
        if (!way.when.is_there()) return take(way, wave);
        const uint8_t* holds = columns_.run(way.when.program, wave).column<uint8_t>(way.when.value);
        for (uint32_t i = 0; i < wave.size; ++i)
            if (holds[i] == 0) rows_of(wave).timers[act.timer].set(wave.rows[i], Waits::for_condition, never_due);
        const auto open = pool_.lend(wave.kind);
        open->add_where(wave, [&](uint32_t i) { return holds[i] != 0; });
        return take(way, *open);
    }
    run_steps(phase.steps, wave);
    set_rhythm(phase, wave, false);
    touch(wave.kind, wave.rows.data(), wave, facts_.kinds[static_cast<size_t>(wave.kind)].event_lookers);
    if (!facts_.kinds[static_cast<size_t>(wave.kind)].has_chances[static_cast<size_t>(act.phase)]) return;
    for (uint32_t i = 0; i < wave.size; ++i)
        agenda(wave.cells[i], wave.times[i]).tried = shard_->ref(wave.kind, wave.rows[i]);
}

/// Leaves only those rows in a wave for which a condition holds.
void LivingWaves::keep_where(const LivingValue& condition, LivingWave& wave) {
    if (!condition.is_there() || wave.size == 0) return;
    const uint8_t* holds = columns_.run(condition.program, wave).column<uint8_t>(condition.value);
    wave.keep_where([&](uint32_t i) { return holds[i] != 0; });
}

namespace {

/// Takes the rows of one wave out of another that holds them in the same order.
void take_out(const LivingWave& rows, LivingWave& from) {
    uint32_t out = 0;
    from.keep_where([&](uint32_t i) {
        const bool is_out = out < rows.size && rows.rows[out] == from.rows[i];
        out += is_out ? 1 : 0;
        return !is_out;
    });
}

}  // namespace

void LivingWaves::try_chances(const Act& act, LivingWave& wave) {
    draw_bases(wave, false);
    const auto left = pool_.lend(wave.kind);
    left->copy(wave);
    for (const LivingTransition& way : script_of(wave).phases[static_cast<size_t>(act.phase)].leave) {
        if (!way.chance.is_there()) continue;
        const auto taken = pool_.lend(wave.kind);
        taken->copy(*left);
        keep_where(way.when, *taken);
        keep_where(way.chance, *taken);
        take_out(*taken, *left);
        draw_bases(*taken, true);
        take(way, *taken);
    }
}

void LivingWaves::check(const Act& act, LivingWave& wave) {
    const LivingPhase& phase = script_of(wave).phases[static_cast<size_t>(act.phase)];
    const auto left = pool_.lend(wave.kind);
    left->copy(wave);
    refresh_rate(0, phase.rate, *left);
    for (size_t i = 0; i < phase.leave.size(); ++i) {
        const LivingTransition& way = phase.leave[i];
        refresh_rate(i + 1, way.rate, *left);
        if (way.chance.is_there() || way.rate.is_there()) continue;
        if (way.after.is_there() && !way.when.is_there()) continue;
        const auto taken = pool_.lend(wave.kind);
        const LivingTimers& timer = rows_of(wave).timers[i + 1];
        taken->add_where(*left, [&](uint32_t k) {
            return !way.after.is_there() || timer.waits[left->rows[k]] == Waits::for_condition;
        });
        keep_where(way.when, *taken);
        take_out(*taken, *left);
        for (uint32_t k = 0; k < taken->size; ++k) ++agendas_[taken->cells[k]].moves;
        draw_bases(*taken, true);
        take(way, *taken);
    }
}

void LivingWaves::take(const LivingTransition& way, LivingWave& wave) {
    if (wave.size == 0) return;
    run_steps(way.steps, wave);
    const auto go = [&](int target, const LivingWave& rows) { return target >= 0 ? enter(target, rows) : end(rows); };
    if (way.to.size() == 1) return go(way.to[0], wave);
    const LivingColumns::Values values = columns_.run(way.weights, wave);
    std::array<double, LivingWave::most> rest{};
    std::array<int32_t, LivingWave::most> chosen;
    for (const Reg reg : way.weight) {
        const double* weights = values.column<double>(reg);
        for (uint32_t i = 0; i < wave.size; ++i) rest[i] += std::max(weights[i], 0.0);
    }
    for (uint32_t i = 0; i < wave.size; ++i) rest[i] = unit_of(draw(wave.bases[i], way.place)) * rest[i];
    chosen.fill(-1);
    for (size_t target = 0; target < way.to.size(); ++target) {
        const double* weights = values.column<double>(way.weight[target]);
        for (uint32_t i = 0; i < wave.size; ++i) {
            rest[i] -= std::max(weights[i], 0.0);
            chosen[i] = chosen[i] < 0 && rest[i] < 0 ? static_cast<int32_t>(target) : chosen[i];
        }
    }
    for (size_t target = 0; target < way.to.size(); ++target) {
        const auto rows = pool_.lend(wave.kind);
        rows->add_where(wave, [&](uint32_t i) { return std::max(chosen[i], 0) == static_cast<int32_t>(target); });
        if (rows->size > 0) go(way.to[target], *rows);
    }
}

void LivingWaves::end(const LivingWave& wave) {
    if (facts_.kinds[static_cast<size_t>(wave.kind)].tells_of_end) {
        for (uint32_t i = 0; i < wave.size; ++i) {
            const EntityRef ref = shard_->ref(wave.kind, wave.rows[i]);
            if (shard_->has_children(ref)) actor_.tell_end_below(*shard_, ref, wave.times[i], *records_);
        }
        run_steps(script_of(wave).at_end, wave);
    }
    for (uint32_t i = 0; i < wave.size; ++i) shard_->end(shard_->ref(wave.kind, wave.rows[i]));
}

void LivingWaves::enter(int phase, const LivingWave& wave) {
    LivingRows& own = rows_of(wave);
    for (uint32_t i = 0; i < wave.size; ++i) own.phase[wave.rows[i]] = static_cast<uint16_t>(phase);
    for (LivingTimers& timer : own.timers)
        for (uint32_t i = 0; i < wave.size; ++i) timer.set(wave.rows[i], Waits::not_at_all, never_due);
    if (script_of(wave).tells_phase) run_steps(script_of(wave).at_change, wave);
    const LivingPhase& script = script_of(wave).phases[static_cast<size_t>(phase)];
    run_steps(script.enter, wave);
    set_rhythm(script, wave, true);
    for (size_t i = 0; i < script.leave.size(); ++i) {
        const LivingTransition& way = script.leave[i];
        if (way.after.is_there()) {
            const int64_t* delays = columns_.run(way.after.program, wave).column<int64_t>(way.after.value);
            for (uint32_t k = 0; k < wave.size; ++k)
                own.timers[i + 1].set(wave.rows[k], Waits::to_fire,
                                      later(wave.times[k], std::max<int64_t>(delays[k], 0)));
        }
        if (way.rate.is_there()) begin_rate(i + 1, way.rate, way.rate_place, wave);
    }
    touch(wave.kind, wave.rows.data(), wave, facts_.kinds[static_cast<size_t>(wave.kind)].phase_lookers);
}

void LivingWaves::set_rhythm(const LivingPhase& phase, const LivingWave& wave, bool is_first) {
    if (phase.rate.is_there()) return begin_rate(0, phase.rate, phase.rate_place, wave);
    if (!phase.every.is_there()) return;
    const int64_t* periods = columns_.run(phase.every.program, wave).column<int64_t>(phase.every.value);
    for (uint32_t i = 0; i < wave.size; ++i) {
        int64_t period = std::max<int64_t>(periods[i], 1);
        if (is_first && is_start_)
            period =
                static_cast<int64_t>(static_cast<double>(period) * unit_of(draw(wave.bases[i], phase.middle_place)));
        rows_of(wave).timers[0].set(wave.rows[i], Waits::to_fire, later(wave.times[i], period));
    }
}

void LivingWaves::begin_rate(size_t timer, const LivingValue& rate, uint64_t place, const LivingWave& wave) {
    std::vector<LivingRate>& rates = rows_of(wave).timers[timer].rates;
    for (uint32_t i = 0; i < wave.size; ++i)
        rates[wave.rows[i]] = {.since = wave.times[i], .left = living_rate_amount(draw(wave.bases[i], place))};
    aim(timer, rate, wave);
}

void LivingWaves::refresh_rate(size_t timer, const LivingValue& rate, const LivingWave& wave) {
    if (!rate.is_there()) return;
    LivingTimers& own = rows_of(wave).timers[timer];
    const bool reads_state = facts_.reads(rate).state;
    const auto changed = pool_.lend(wave.kind);
    for (uint32_t i = 0; i < wave.size; ++i) {
        const uint32_t row = wave.rows[i];
        const bool is_looking = own.waits[row] == Waits::to_look && own.due[row] <= wave.times[i];
        if (!is_looking && !reads_state) continue;
        bring_to(own.rates[row], wave.times[i]);
        changed->add(wave, i);
    }
    if (changed->size > 0) aim(timer, rate, *changed);
}

void LivingWaves::aim(size_t timer, const LivingValue& rate, const LivingWave& wave) {
    const double* per_second = columns_.run(rate.program, wave).column<double>(rate.value);
    LivingTimers& own = rows_of(wave).timers[timer];
    const LivingReads& reads = facts_.reads(rate);
    for (uint32_t i = 0; i < wave.size; ++i)
        aim_timer(own, wave.rows[i], per_second[i], wave.times[i], next_look(reads, wave.times[i]));
}

}  // namespace headwater
