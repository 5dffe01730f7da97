#include "generate/living_shard.h"

#include "base/check.h"
#include "base/random.h"

namespace headwater {

LivingShard::LivingShard(const LivingPlan& living_plan, int64_t first_number, int64_t count)
    : plan(living_plan),
      first(first_number),
      is_flat(living_plan.kinds.size() == 1),
      rows(living_plan.kinds.size()),
      records(static_cast<size_t>(count)),
      births(static_cast<size_t>(count)),
      next(is_flat ? 0 : static_cast<size_t>(count), never_due),
      queues_(is_flat ? 0 : static_cast<size_t>(count)) {
    for (size_t kind = 0; kind < rows.size(); ++kind) {
        const LivingKind& script = plan.kinds[kind];
        LivingRows& own = rows[kind];
        own.words.resize(static_cast<size_t>(script.words));
        own.texts.resize(static_cast<size_t>(script.texts));
        own.timers.resize(1);
        own.timers[0].is_used = script.is_journey;
        for (const LivingPhase& phase : script.phases) {
            own.timers.resize(std::max(own.timers.size(), phase.leave.size() + 1));
            own.timers[0].is_used = own.timers[0].is_used || phase.every.is_there() || phase.rate.is_there();
            for (size_t i = 0; i < phase.leave.size(); ++i)
                own.timers[i + 1].is_used =
                    own.timers[i + 1].is_used || phase.leave[i].after.is_there() || phase.leave[i].rate.is_there();
        }
        resize(own, kind == 0 ? static_cast<size_t>(count) : 0);
    }
    if (plan.births) {
        has_begun = true;
        for (uint32_t cell = 0; cell < cells(); ++cell) await(cell);
    }
}

void LivingShard::await(uint32_t cell) { (is_flat ? rows[0].next : next)[cell] = plan.born(first + cell); }

uint64_t LivingShard::row_bytes(const LivingKind& kind) {
    size_t timers = 1;
    for (const LivingPhase& phase : kind.phases) timers = std::max(timers, phase.leave.size() + 1);
    const uint64_t of_timer = sizeof(int64_t) + sizeof(Waits) + sizeof(LivingRate);
    return 48 + timers * of_timer + static_cast<uint64_t>(kind.words) * sizeof(uint64_t) +
           static_cast<uint64_t>(kind.texts) * sizeof(std::string) + sizeof(LivingLinks) + sizeof(LivingProgress);
}

/// Gives all columns of a kind a size; what is new in them does not live.
void LivingShard::resize(LivingRows& own, size_t size) {
    const LivingKind& script = plan.kinds[static_cast<size_t>(&own - rows.data())];
    own.lives.resize(size);
    own.phase.resize(size);
    own.stamp.resize(size);
    own.events.resize(size);
    own.number.resize(size);
    own.born.resize(size);
    own.next.resize(size, never_due);
    own.address.resize(size);
    for (size_t i = 0; i < own.timers.size(); ++i) {
        own.timers[i].due.resize(size, never_due);
        own.timers[i].waits.resize(size);
        const bool has_rate = std::any_of(script.phases.begin(), script.phases.end(), [&](const LivingPhase& phase) {
            return i == 0 ? phase.rate.is_there() : i <= phase.leave.size() && phase.leave[i - 1].rate.is_there();
        });
        if (has_rate) own.timers[i].rates.resize(size);
    }
    for (auto& column : own.words) column.resize(size);
    for (auto& column : own.texts) column.resize(size);
    if (!is_flat) own.links.resize(size);
    if (script.is_journey) own.progress.resize(size);
}

void LivingShard::grow(LivingRows& own) {
    const size_t had = own.size();
    resize(own, had + had / 2 + 8);
    for (size_t row = own.size(); row > had; --row) own.free.push_back(static_cast<uint32_t>(row - 1));
}

EntityRef LivingShard::add(int kind, uint32_t cell, EntityRef parent) {
    LivingRows& own = rows[static_cast<size_t>(kind)];
    uint32_t row = cell;
    if (kind != 0) {
        if (own.free.empty()) grow(own);
        row = own.free.back();
        own.free.pop_back();
    }
    own.lives[row] = 1;
    own.phase[row] = 0;
    own.events[row] = 0;
    own.next[row] = never_due;
    for (auto& column : own.words) column[row] = 0;
    for (auto& column : own.texts) column[row].clear();
    if (!own.progress.empty()) own.progress[row] = {};
    const int64_t order = births[cell]++;
    const EntityRef ref = this->ref(kind, row);
    if (is_flat) return ref;
    own.links[row] = {.order = order, .cell = cell, .parent = parent};
    if (parent.is_there()) {
        LivingLinks& above = links(parent);
        ++above.children;
        own.links[row].next_sibling = above.first_child;
        if (above.first_child.is_there()) links(above.first_child).last_sibling = ref;
        above.first_child = ref;
    }
    return ref;
}

void LivingShard::remove(EntityRef ref) {
    LivingRows& own = rows[ref.kind];
    HW_CHECK(own.lives[ref.row] != 0 && !has_children(ref));
    own.lives[ref.row] = 0;
    ++own.stamp[ref.row];
    stop(ref);
    own.next[ref.row] = never_due;
    if (is_flat) return;
    const LivingLinks& links = own.links[ref.row];
    if (links.parent.is_there()) {
        LivingLinks& above = this->links(links.parent);
        --above.children;
        if (above.first_child == ref) above.first_child = links.next_sibling;
    }
    if (links.last_sibling.is_there()) this->links(links.last_sibling).next_sibling = links.next_sibling;
    if (links.next_sibling.is_there()) this->links(links.next_sibling).last_sibling = links.last_sibling;
    if (ref.kind != 0) own.free.push_back(ref.row);
}

void LivingShard::end(EntityRef ref) {
    if (is_flat) return remove(ref);
    while (links(ref).first_child.is_there()) end(links(ref).first_child);
    if (!lives(ref)) return;
    const EntityRef parent = links(ref).parent;
    remove(ref);
    if (!lives(parent) || rows[parent.kind].progress.empty() || plan.kinds[parent.kind].stays) return;
    if (rows[parent.kind].progress[parent.row].is_over != 0 && links(parent).children == 0) end(parent);
}

void LivingShard::end_journey(EntityRef ref) {
    if (!has_children(ref) && !plan.kinds[ref.kind].stays) return end(ref);
    rows[ref.kind].progress[ref.row].is_over = 1;
    rows[ref.kind].timers[0].set(ref.row, Waits::not_at_all, never_due);
}

void LivingShard::stop(EntityRef ref) {
    for (LivingTimers& timer : rows[ref.kind].timers) timer.set(ref.row, Waits::not_at_all, never_due);
}

void LivingShard::requeue(EntityRef ref) {
    LivingRows& own = rows[ref.kind];
    int64_t first_due = never_due;
    for (const LivingTimers& timer : own.timers) first_due = std::min(first_due, timer.due[ref.row]);
    own.next[ref.row] = first_due;
    if (is_flat || first_due >= own.links[ref.row].queued) return;
    LivingLinks& links = own.links[ref.row];
    links.queued = first_due;
    auto& queue = queues_[links.cell];
    queue.push({first_due, links.order, ref});
    next[links.cell] = queue.front().time;
}

EntityRef LivingShard::take_due(uint32_t cell, int64_t until) {
    if (is_flat) return rows[0].next[cell] < until ? ref(0, cell) : EntityRef{};
    auto& queue = queues_[cell];
    EntityRef found;
    while (!found.is_there() && !queue.empty() && queue.front().time < until) {
        const LivingDue due = queue.front();
        queue.pop();
        if (!lives(due.entity) || links(due.entity).queued != due.time) continue;
        links(due.entity).queued = never_due;
        if (rows[due.entity.kind].next[due.entity.row] <= due.time)
            found = due.entity;
        else
            requeue(due.entity);
    }
    next[cell] = queue.empty() ? never_due : queue.front().time;
    return found;
}

int64_t LivingShard::next_of_all() const {
    if (!has_begun) return records.empty() ? never_due : plan.start;
    int64_t least = never_due;
    for (const int64_t instant : nexts()) least = std::min(least, instant);
    return least;
}

}  // namespace headwater
