#include "generate/living_shard.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace headwater {

namespace {

bool is_later(const LivingCell::Due& a, const LivingCell::Due& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
}

/// Appends little-endian numbers and texts; the reader takes them in the same order.
struct StateWriter {
    std::string& out;

    void visit(const int64_t& value) { put(static_cast<uint64_t>(value), 8); }
    void visit(const uint64_t& value) { put(value, 8); }
    void visit(const uint32_t& value) { put(value, 4); }
    void visit(const uint16_t& value) { put(value, 2); }
    void visit(const bool& value) { put(value ? 1 : 0, 1); }
    void visit(const double& value) { put(std::bit_cast<uint64_t>(value), 8); }
    void visit(const LivingTimer::Waits& value) { put(static_cast<uint64_t>(value), 1); }
    void visit(const std::string& value) {
        put(value.size(), 4);
        out += value;
    }
    void put(uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
    }
    size_t size(size_t value) {
        put(value, 4);
        return value;
    }
};

struct StateReader {
    std::string_view& in;
    bool is_cut = false;

    void visit(int64_t& value) { value = static_cast<int64_t>(take(8)); }
    void visit(uint64_t& value) { value = take(8); }
    void visit(uint32_t& value) { value = static_cast<uint32_t>(take(4)); }
    void visit(uint16_t& value) { value = static_cast<uint16_t>(take(2)); }
    void visit(bool& value) { value = take(1) != 0; }
    void visit(double& value) { value = std::bit_cast<double>(take(8)); }
    void visit(LivingTimer::Waits& value) {
        const uint64_t number = take(1);
        is_cut = is_cut || number > static_cast<uint64_t>(LivingTimer::Waits::for_condition);
        value = static_cast<LivingTimer::Waits>(number);
    }
    void visit(std::string& value) {
        const auto size = static_cast<size_t>(take(4));
        is_cut = is_cut || size > in.size();
        if (is_cut) return;
        value.assign(in.substr(0, size));
        in.remove_prefix(size);
    }
    uint64_t take(int bytes) {
        is_cut = is_cut || in.size() < static_cast<size_t>(bytes);
        if (is_cut) return 0;
        uint64_t value = 0;
        for (int i = 0; i < bytes; ++i)
            value |= static_cast<uint64_t>(static_cast<unsigned char>(in[static_cast<size_t>(i)])) << (8 * i);
        in.remove_prefix(static_cast<size_t>(bytes));
        return value;
    }
    /// Reads the size of what follows; every element takes at least a byte.
    size_t size(size_t) {
        const auto value = static_cast<size_t>(take(4));
        is_cut = is_cut || value > in.size();
        return is_cut ? 0 : value;
    }
};

template <typename Visitor, typename Ref>
void visit_ref(Visitor& visitor, Ref& ref) {
    visitor.visit(ref.kind);
    visitor.visit(ref.row);
    visitor.visit(ref.stamp);
}

template <typename Visitor, typename Entity>
void visit_entity(Visitor& visitor, Entity& entity) {
    visitor.visit(entity.lives);
    visitor.visit(entity.stamp);
    if (!entity.lives) return;
    visitor.visit(entity.number);
    visitor.visit(entity.address);
    visitor.visit(entity.born);
    visitor.visit(entity.order);
    visitor.visit(entity.times);
    visitor.visit(entity.taken);
    visitor.visit(entity.cell);
    visitor.visit(entity.events);
    visitor.visit(entity.children);
    visitor.visit(entity.phase);
    visitor.visit(entity.has_arrived);
    visitor.visit(entity.is_over);
    visit_ref(visitor, entity.parent);
    visit_ref(visitor, entity.first_child);
    visit_ref(visitor, entity.next_sibling);
    visit_ref(visitor, entity.last_sibling);
}

template <typename Visitor, typename Timer>
void visit_timer(Visitor& visitor, Timer& timer) {
    visitor.visit(timer.waits);
    if (timer.waits == LivingTimer::Waits::not_at_all) return;
    visitor.visit(timer.due);
    visitor.visit(timer.since);
    visitor.visit(timer.left);
    visitor.visit(timer.rate);
}

template <typename Visitor, typename Rows>
void visit_rows(Visitor& visitor, Rows& rows) {
    for (auto& entity : rows.entities) visit_entity(visitor, entity);
    for (auto& timer : rows.timers) visit_timer(visitor, timer);
    for (auto& column : rows.words)
        for (auto& word : column) visitor.visit(word);
    for (auto& column : rows.texts)
        for (auto& text : column) visitor.visit(text);
    for (auto& row : rows.free) visitor.visit(row);
}

}  // namespace

LivingShard::LivingShard(const LivingPlan& living_plan, int64_t first, int64_t count)
    : plan(living_plan), rows(living_plan.kinds.size()), cells(static_cast<size_t>(count)) {
    for (size_t i = 0; i < cells.size(); ++i) cells[i].number = first + static_cast<int64_t>(i);
    for (size_t kind = 0; kind < rows.size(); ++kind) {
        const LivingKind& script = plan.kinds[kind];
        rows[kind].words.resize(static_cast<size_t>(script.words));
        rows[kind].texts.resize(static_cast<size_t>(script.texts));
        for (const LivingPhase& phase : script.phases)
            rows[kind].timers_each = std::max(rows[kind].timers_each, phase.leave.size() + 1);
    }
}

EntityRef LivingShard::add(int kind, uint32_t cell, EntityRef parent) {
    LivingRows& own = rows[static_cast<size_t>(kind)];
    uint32_t row = 0;
    if (own.free.empty()) {
        row = static_cast<uint32_t>(own.entities.size());
        own.entities.emplace_back();
        own.timers.resize(own.timers.size() + own.timers_each);
        for (auto& column : own.words) column.push_back(0);
        for (auto& column : own.texts) column.emplace_back();
    } else {
        row = own.free.back();
        own.free.pop_back();
        const uint32_t stamp = own.entities[row].stamp;
        own.entities[row] = LivingEntity{.stamp = stamp};
        for (auto& column : own.words) column[row] = 0;
        for (auto& column : own.texts) column[row].clear();
    }
    LivingEntity& entity = own.entities[row];
    entity.lives = true;
    entity.cell = cell;
    entity.order = cells[cell].births++;
    entity.parent = parent;
    const EntityRef ref{static_cast<uint16_t>(kind), row, entity.stamp};
    if (parent.is_there()) {
        LivingEntity& above = this->entity(parent);
        ++above.children;
        entity.next_sibling = above.first_child;
        if (above.first_child.is_there()) this->entity(above.first_child).last_sibling = ref;
        above.first_child = ref;
    }
    return ref;
}

void LivingShard::remove(EntityRef ref) {
    LivingEntity& own = entity(ref);
    HW_CHECK(own.lives && own.children == 0);
    if (own.parent.is_there()) {
        LivingEntity& above = entity(own.parent);
        --above.children;
        if (above.first_child == ref) above.first_child = own.next_sibling;
    }
    if (own.last_sibling.is_there()) entity(own.last_sibling).next_sibling = own.next_sibling;
    if (own.next_sibling.is_there()) entity(own.next_sibling).last_sibling = own.last_sibling;
    own.lives = false;
    ++own.stamp;
    std::fill_n(timers(ref), rows[ref.kind].timers_each, LivingTimer{});
    rows[ref.kind].free.push_back(ref.row);
}

void LivingShard::requeue(EntityRef ref) {
    LivingEntity& own = entity(ref);
    const LivingTimer* first = timers(ref);
    own.next = never_due;
    for (size_t i = 0; i < rows[ref.kind].timers_each; ++i) own.next = std::min(own.next, first[i].due);
    if (own.next >= own.queued) return;
    own.queued = own.next;
    auto& queue = cells[own.cell].queue;
    queue.push_back({own.next, own.order, ref});
    std::push_heap(queue.begin(), queue.end(), is_later);
}

LivingCell::Due LivingShard::take_due(uint32_t cell, int64_t until) {
    auto& queue = cells[cell].queue;
    while (!queue.empty() && queue.front().time < until) {
        const LivingCell::Due due = queue.front();
        std::pop_heap(queue.begin(), queue.end(), is_later);
        queue.pop_back();
        if (!lives(due.entity)) continue;
        LivingEntity& own = entity(due.entity);
        if (own.queued != due.time) continue;
        own.queued = never_due;
        if (own.next <= due.time) return due;
        requeue(due.entity);
    }
    return {never_due, 0, {}};
}

void LivingShard::save(std::string& out) const {
    StateWriter writer{out};
    writer.visit(has_begun);
    writer.size(cells.size());
    for (const LivingCell& cell : cells) {
        writer.visit(cell.number);
        writer.visit(cell.records);
        writer.visit(cell.births);
    }
    for (const LivingRows& own : rows) {
        writer.size(own.entities.size());
        writer.size(own.free.size());
        visit_rows(writer, own);
    }
}

Result<void> LivingShard::load(std::string_view& bytes) {
    StateReader reader{bytes};
    reader.visit(has_begun);
    if (reader.size(0) != cells.size()) return fail(ErrorKind::invalid, "The state is not of these cells");
    for (LivingCell& cell : cells) {
        reader.visit(cell.number);
        reader.visit(cell.records);
        reader.visit(cell.births);
        cell.queue.clear();
    }
    for (LivingRows& own : rows) {
        const size_t size = reader.size(0);
        const size_t free = reader.size(0);
        own.entities.assign(size, {});
        own.timers.assign(size * own.timers_each, {});
        for (auto& column : own.words) column.assign(size, 0);
        for (auto& column : own.texts) column.assign(size, "");
        own.free.assign(free, 0);
        visit_rows(reader, own);
        for (const LivingEntity& entity : own.entities) reader.is_cut = reader.is_cut || entity.cell >= cells.size();
    }
    if (reader.is_cut) return fail(ErrorKind::invalid, "The state is cut off or of another version");
    for (size_t kind = 0; kind < rows.size(); ++kind) {
        for (uint32_t row = 0; row < rows[kind].entities.size(); ++row) {
            LivingEntity& entity = rows[kind].entities[row];
            entity.queued = never_due;
            if (entity.lives) requeue({static_cast<uint16_t>(kind), row, entity.stamp});
        }
    }
    return {};
}

}  // namespace headwater
