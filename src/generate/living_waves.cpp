#include "generate/living_waves.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "generate/living_timing.h"

namespace headwater {

LivingWaves::LivingWaves(const LivingPlan& plan, const LivingFacts& facts, uint32_t few)
    : plan_(plan), facts_(facts), few_(few), actor_(plan, facts), columns_(plan), phase_acts_(plan.kinds.size()) {
    acts_.push_back({Act::Is::arrive, 0});
    for (int kind = 0; kind < static_cast<int>(plan.kinds.size()); ++kind) {
        const LivingKind& script = plan.kinds[static_cast<size_t>(kind)];
        first_act_.push_back(acts_.size());
        acts_.push_back({Act::Is::begin, kind});
        for (int step = 0; step < static_cast<int>(script.journey.size()); ++step)
            acts_.push_back({Act::Is::go_on, kind, step});
        for (int phase = 0; phase < static_cast<int>(script.phases.size()); ++phase) {
            phase_acts_[static_cast<size_t>(kind)].push_back(acts_.size());
            acts_.push_back({Act::Is::check, kind, phase});
            acts_.push_back({Act::Is::chances, kind, phase});
            for (size_t timer = 0; timer <= script.phases[static_cast<size_t>(phase)].leave.size(); ++timer) {
                acts_.push_back({Act::Is::fire, kind, phase, timer});
                acts_.push_back({Act::Is::look, kind, phase, timer});
            }
        }
    }
    members_.resize(acts_.size());
}

void LivingWaves::act(LivingShard& shard, int64_t until, LivingRecords& records) {
    shard_ = &shard;
    records_ = &records;
    records.streams.resize(plan_.streams.size());
    if (few_ == UINT32_MAX) return actor_.act(shard, until, records);
    columns_.attach(shard);
    if (is_busy_.size() < shard.cells()) is_busy_.resize(shard.cells());
    if (agendas_.size() < shard.cells()) agendas_.resize(shard.cells());
    if (!shard.has_begun && until > plan_.start) begin_cells();
    active_.clear();
    const std::vector<int64_t>& nexts = shard.nexts();
    for (uint32_t cell = 0; cell < shard.cells(); ++cell)
        if (nexts[cell] < until) active_.push_back(cell);
    run_rounds(until);
}

void LivingWaves::begin_cells() {
    is_start_ = true;
    for (uint32_t cell = 0; cell < shard_->cells();) {
        const auto at = pool_.lend(0);
        for (; at->size < LivingWave::most && cell < shard_->cells(); ++cell) at->add(cell, cell, plan_.start);
        bear_roots(*at);
    }
    active_.resize(shard_->cells());
    std::iota(active_.begin(), active_.end(), 0u);
    run_rounds(INT64_MIN);
    is_start_ = false;
    shard_->has_begun = true;
}

/// Lets the roots of cells be born.
void LivingWaves::bear_roots(LivingWave& wave) {
    std::array<int64_t, LivingWave::most> numbers;
    for (uint32_t i = 0; i < wave.size; ++i) numbers[i] = shard_->first + wave.cells[i];
    if (!shard_->is_flat)
        for (uint32_t i = 0; i < wave.size; ++i) shard_->next[wave.cells[i]] = never_due;
    bear({.kind = 0, .parent_kind = -1, .parents = nullptr, .numbers = numbers.data()}, wave, {});
}

void LivingWaves::run_rounds(int64_t until) {
    while (!active_.empty()) {
        if (active_.size() <= few_) leave_few_to_actor(until);
        size_t left = 0;
        for (const uint32_t cell : active_) {
            active_[left] = cell;
            left += find_next(cell, until) ? 1 : 0;
        }
        active_.resize(left);
        run_acts();
    }
}

/// Cells in the middle of an instant are not left: only waves know what is still to do there.
void LivingWaves::leave_few_to_actor(int64_t until) {
    size_t left = 0;
    for (const uint32_t cell : active_) {
        if (is_busy_[cell] != 0)
            active_[left++] = cell;
        else
            actor_.act_cell(*shard_, cell, until, *records_);
    }
    active_.resize(left);
}

inline void LivingWaves::add(size_t act, uint32_t row, uint32_t cell, int64_t time) {
    std::vector<Member>& members = members_[act];
    if (members.empty()) used_.push_back(act);
    members.push_back({row, cell, time});
}

/// Finds what happens next in a cell and adds it to the round; false when nothing does before `until`.
bool LivingWaves::find_next(uint32_t cell, int64_t until) {
    if (is_busy_[cell] != 0 && find_in_agenda(cell)) return true;
    const int64_t next = shard_->nexts()[cell];
    if (next >= until) return false;
    if (shard_->is_awaited(cell)) {
        add(0, cell, cell, next);
        return true;
    }
    if (shard_->is_flat) {
        add_due(0, cell, cell);
        return true;
    }
    const EntityRef due = shard_->take_due(cell, until);
    if (due.is_there()) add_due(due.kind, due.row, cell);
    return due.is_there();
}

/// Adds the first timer of an entity that is due.
inline void LivingWaves::add_due(uint32_t kind, uint32_t row, uint32_t cell) {
    const LivingRows& rows = shard_->rows[kind];
    const int64_t time = rows.next[row];
    const uint16_t phase = rows.phase[row];
    if (phase_acts_[kind].empty()) return add(first_act_[kind] + 1 + phase, row, cell, time);
    size_t timer = 0;
    while (rows.timers[timer].due[row] > time) ++timer;
    const size_t looks = rows.timers[timer].waits[row] == Waits::to_look ? 1 : 0;
    add(phase_acts_[kind][phase] + 2 + 2 * timer + looks, row, cell, time);
}

LivingWaves::Agenda& LivingWaves::agenda(uint32_t cell, int64_t time) {
    Agenda& own = agendas_[cell];
    own.time = time;
    is_busy_[cell] = 1;
    return own;
}

bool LivingWaves::find_in_agenda(uint32_t cell) {
    Agenda& own = agendas_[cell];
    for (;;) {
        if (own.watched.entity.is_there()) {
            const auto [watched, lookers] = std::exchange(own.watched, {});
            if (shard_->lives(watched) && (lookers & facts_.kinds[watched.kind].kinds_below) != 0)
                for (EntityRef child = shard_->links(watched).first_child; child.is_there();
                     child = shard_->links(child).next_sibling)
                    own.below.push_back({child, lookers});
        }
        LivingTouch touch;
        if (!own.below.empty()) {
            touch = own.below.back();
            own.below.pop_back();
            if (!shard_->lives(touch.entity)) continue;
            own.watched = touch;
        } else if (own.begun < own.newborn.size()) {
            const EntityRef ref = own.newborn[own.begun++];
            if (!shard_->lives(ref) || own.births > most_births) continue;
            add(first_act_[ref.kind], ref.row, cell, own.time);
            return true;
        } else if (own.tried.is_there()) {
            const EntityRef ref = std::exchange(own.tried, {});
            if (!shard_->lives(ref)) continue;
            add(phase_acts_[ref.kind][shard_->rows[ref.kind].phase[ref.row]] + 1, ref.row, cell, own.time);
            return true;
        } else if (own.looked < own.touched.size()) {
            touch = own.touched[own.looked++];
            if (!shard_->lives(touch.entity) || own.moves > most_moves) continue;
            own.watched = touch;
        } else {
            break;
        }
        const EntityRef looks = touch.entity;
        if ((touch.lookers & only_kind(looks.kind)) == 0) continue;
        if (plan_.kinds[looks.kind].phases.empty()) continue;
        const uint16_t phase = shard_->rows[looks.kind].phase[looks.row];
        if (!facts_.kinds[looks.kind].is_checked[phase]) continue;
        add(phase_acts_[looks.kind][phase], looks.row, cell, own.time);
        return true;
    }
    own.newborn.clear();
    own.touched.clear();
    own.begun = own.looked = 0;
    own.moves = own.births = 0;
    is_busy_[cell] = 0;
    return false;
}

void LivingWaves::run_acts() {
    for (const size_t index : used_) {
        std::vector<Member>& members = members_[index];
        const Act& act = acts_[index];
        for (size_t first = 0; first < members.size(); first += LivingWave::most) {
            const auto wave = pool_.lend(act.kind);
            const size_t last = std::min(first + LivingWave::most, members.size());
            for (size_t i = first; i < last; ++i) wave->add(members[i].row, members[i].cell, members[i].time);
            run_act(act, *wave);
            requeue(*wave);
        }
        members.clear();
    }
    used_.clear();
    columns_.forget_texts();
}

void LivingWaves::run_act(const Act& act, LivingWave& wave) {
    const LivingKind& script = script_of(wave);
    switch (act.is) {
        case Act::Is::arrive: return bear_roots(wave);
        case Act::Is::begin:
            draw_bases(wave, false);
            if (script.is_journey)
                run_journey(0, wave, false);
            else if (!script.phases.empty())
                enter(0, wave);
            return;
        case Act::Is::go_on: draw_bases(wave, true); return run_journey(static_cast<size_t>(act.phase), wave, true);
        case Act::Is::check: return check(act, wave);
        case Act::Is::chances: return try_chances(act, wave);
        case Act::Is::fire: return fire(act, wave);
        case Act::Is::look: {
            const LivingPhase& phase = script.phases[static_cast<size_t>(act.phase)];
            return refresh_rate(act.timer, act.timer == 0 ? phase.rate : phase.leave[act.timer - 1].rate, wave);
        }
    }
}

/// Notes that entities have changed, so that who looks at them is looked at.
void LivingWaves::touch(int kind, const uint32_t* rows, const LivingWave& wave, LivingKinds lookers) {
    if (lookers == 0) return;
    for (uint32_t i = 0; i < wave.size; ++i) {
        Agenda& own = agenda(wave.cells[i], wave.times[i]);
        add_touch(own.touched, own.looked, {shard_->ref(kind, rows[i]), lookers});
    }
}

void LivingWaves::requeue(const LivingWave& wave) {
    LivingRows& own = rows_of(wave);
    if (!shard_->is_flat) {
        for (uint32_t i = 0; i < wave.size; ++i)
            if (own.lives[wave.rows[i]] != 0) shard_->requeue(shard_->ref(wave.kind, wave.rows[i]));
        return;
    }
    for (uint32_t i = 0; i < wave.size; ++i) {
        int64_t first = never_due;
        for (const LivingTimers& timer : own.timers) first = std::min(first, timer.due[wave.rows[i]]);
        own.next[wave.rows[i]] = first;
    }
}

/// Gives each row the base of its last event, or of one more.
void LivingWaves::draw_bases(LivingWave& wave, bool is_new_event) {
    LivingRows& own = rows_of(wave);
    const uint32_t more = is_new_event ? 1 : 0;
    std::array<uint64_t, LivingWave::most> addresses;
    std::array<uint32_t, LivingWave::most> events;
    for (uint32_t i = 0; i < wave.size; ++i) {
        const uint32_t row = wave.rows[i];
        addresses[i] = own.address[row];
        events[i] = own.events[row] += more;
    }
    for (uint32_t i = 0; i < wave.size; ++i) wave.bases[i] = living_event_base(addresses[i], events[i]);
}

}  // namespace headwater
