// For the state of a shard as bytes: its columns one after the other, as they lie in memory.
#include <bit>
#include <cstring>

#include "base/random.h"
#include "generate/living_shard.h"
#include "generate/living_timing.h"

namespace headwater {

namespace {

static_assert(std::endian::native == std::endian::little, "state is kept as the bytes of little-endian numbers");

/// Appends columns; the reader takes them in the same order.
struct StateWriter {
    std::string& out;

    template <typename T>
    void column(const std::vector<T>& values) {
        static_assert(std::has_unique_object_representations_v<T> || std::is_same_v<T, LivingRate>);
        number(values.size());
        out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    }
    void column(const std::vector<std::string>& values) {
        number(values.size());
        for (const std::string& value : values) {
            number(value.size());
            out += value;
        }
    }
    void number(uint64_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }
};

struct StateReader {
    std::string_view in;
    bool is_cut = false;

    /// Reads a column that must have `size` values.
    template <typename T>
    void column(std::vector<T>& values, size_t size) {
        is_cut = is_cut || number() != size || size > in.size() / sizeof(T);
        if (is_cut) return;
        values.resize(size);
        if (size == 0) return;
        std::memcpy(static_cast<void*>(values.data()), in.data(), size * sizeof(T));
        in.remove_prefix(size * sizeof(T));
    }
    void column(std::vector<std::string>& values, size_t size) {
        is_cut = is_cut || number() != size || size > in.size() / sizeof(uint64_t);
        if (is_cut) return;
        values.resize(size);
        for (std::string& value : values) {
            const uint64_t length = number();
            is_cut = is_cut || length > in.size();
            if (is_cut) return;
            value.assign(in.substr(0, length));
            in.remove_prefix(length);
        }
    }
    uint64_t number() {
        uint64_t value = 0;
        is_cut = is_cut || in.size() < sizeof value;
        if (is_cut) return 0;
        std::memcpy(&value, in.data(), sizeof value);
        in.remove_prefix(sizeof value);
        return value;
    }
};

/// Takes all columns of a kind that are not derived from others.
template <typename Rows, typename Take>
void each_column(Rows& own, Take take) {
    take(own.lives);
    take(own.phase);
    take(own.stamp);
    take(own.events);
    if (!own.links.empty()) {  // in flat cells all of it follows from the number of the root
        take(own.number);
        take(own.born);
    }
    for (auto& timer : own.timers) {
        if (!timer.is_used) continue;
        take(timer.due);
        take(timer.waits);
        if (!timer.rates.empty()) take(timer.rates);
    }
    for (auto& column : own.words) take(column);
    for (auto& column : own.texts) take(column);
    if (!own.links.empty()) take(own.links);
    if (!own.progress.empty()) take(own.progress);
}

}  // namespace

void LivingShard::save(std::string& out) const {
    StateWriter writer{out};
    writer.number(has_begun ? 1 : 0);
    writer.column(records);
    if (!is_flat) writer.column(births);
    for (const LivingRows& own : rows) {
        writer.number(own.size());
        each_column(own, [&](const auto& column) { writer.column(column); });
        writer.column(own.free);
    }
}

Result<void> LivingShard::load(std::string_view& bytes) {
    const auto wrong = [] { return fail(ErrorKind::invalid, "The state is cut off or of other cells"); };
    StateReader reader{bytes};
    has_begun = reader.number() != 0;
    reader.column(records, records.size());
    if (!is_flat) reader.column(births, births.size());
    for (size_t kind = 0; kind < rows.size(); ++kind) {
        LivingRows& own = rows[kind];
        const size_t size = reader.number();
        if (reader.is_cut || size > reader.in.size() || (kind == 0 && size != cells())) return wrong();
        resize(own, size);
        each_column(own, [&](auto& column) { reader.column(column, size); });
        if (reader.is_cut) return wrong();
        uint64_t free = 0;
        if (reader.in.size() < sizeof free) return wrong();
        std::memcpy(&free, reader.in.data(), sizeof free);
        reader.column(own.free, free);
        if (reader.is_cut) return wrong();
    }
    bytes = reader.in;
    return derive() ? Result<void>{} : wrong();
}

/// Looks at rates anew that read a switch: the plan may have other instants of switching, later than the state.
void LivingShard::aim_again() {
    const LivingFacts facts(plan);
    const auto aim = [&](LivingTimers& timer, uint32_t row, const LivingValue& rate) {
        if (!rate.is_there() || facts.reads(rate).switches.empty()) return;
        const LivingRate& now = timer.rates[row];
        aim_timer(timer, row, now.rate, now.since, next_look(facts.reads(rate), now.since));
    };
    for (size_t kind = 0; kind < rows.size(); ++kind) {
        LivingRows& own = rows[kind];
        const std::vector<LivingPhase>& phases = plan.kinds[kind].phases;
        for (uint32_t row = 0; row < own.size(); ++row) {
            if (own.lives[row] == 0 || own.phase[row] >= phases.size()) continue;
            const LivingPhase& phase = phases[own.phase[row]];
            aim(own.timers[0], row, phase.rate);
            for (size_t i = 0; i < phase.leave.size(); ++i) aim(own.timers[i + 1], row, phase.leave[i].rate);
        }
    }
}

/// Computes what is not saved; false where the state cannot be.
bool LivingShard::derive() {
    aim_again();
    for (auto& queue : queues_) queue.clear();
    next.assign(next.size(), never_due);
    for (size_t kind = 0; kind < rows.size(); ++kind) {
        LivingRows& own = rows[kind];
        const LivingKind& script = plan.kinds[kind];
        for (uint32_t row = 0; row < own.size(); ++row) {
            own.next[row] = never_due;
            if (is_flat) {
                own.number[row] = first + row;
                own.born[row] = plan.born(own.number[row]);
                births[row] = own.lives[row] != 0 || own.stamp[row] > 0 ? 1 : 0;
            }
            if (kind == 0 && plan.births && is_awaited(row)) await(row);
            if (own.lives[row] == 0) continue;
            uint64_t above = script.key;
            if (!own.links.empty()) {
                own.links[row].queued = never_due;
                const EntityRef parent = own.links[row].parent;
                if (own.links[row].cell >= cells() || parent.is_there() != (kind != 0)) return false;
                if (parent.is_there() &&
                    (static_cast<int>(parent.kind) != script.parent || parent.row >= rows[parent.kind].size()))
                    return false;
                if (parent.is_there()) above = key_under(rows[parent.kind].address[parent.row], script.key);
            }
            if (!script.phases.empty() && own.phase[row] >= script.phases.size()) return false;
            own.address[row] = base_of(above, static_cast<uint64_t>(own.number[row]));
            requeue(ref(static_cast<int>(kind), row));
        }
    }
    return true;
}

}  // namespace headwater
