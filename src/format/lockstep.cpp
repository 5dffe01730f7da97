// For writing rows fast: the digits of a whole batch first, then four rows at a time, step by step.
#include "format/lockstep.h"

#include <algorithm>

#include "base/check.h"
#include "format/lockstep_column.h"

namespace headwater {

namespace {

/// Bytes that a store may run over the end of a value, and so over the end of a quarter.
constexpr uint32_t overrun = 64;

/// Rows of a quarter of a full batch; known to the compiler, so that the rows of an op lie at fixed distances.
constexpr uint32_t full_quarter = Batch::max_rows / 4;

/// Gives the bytes that a step writes at least.
uint32_t shortest(const RowStep& step) {
    const auto prefix = static_cast<uint32_t>(step.prefix.size());
    if (!step.nulls.empty()) return prefix;
    switch (step.print) {
        case Print::entry:
            return prefix + static_cast<uint32_t>(std::ranges::min(step.entries, {}, &std::string::size).size());
        case Print::integer:
        case Print::epoch: return prefix + 1;
        case Print::decimal: return prefix + 1 + (step.scale > 0 ? 1U + step.scale : 0U);
        case Print::uuid: return prefix + 36;
        case Print::hex: return prefix + 16;
        case Print::instant: return prefix + 19;
        case Print::date: return prefix + 10;
        default: return prefix;
    }
}

}  // namespace

/// One step as the row loop sees it. An op runs itself for four rows and then the op behind it, so that every op has a jump of
/// its own for the processor to predict; all that moves from op to op is passed in registers.
struct LockstepOp {
    using Run = void (*)(const LockstepOp* op, size_t i, char* p0, char* p1, char* p2, char* p3);

    Run run = nullptr;
    const void* values = nullptr;
    const uint8_t* sizes = nullptr;
    const void* more = nullptr;
    const Lockstep::Rows* rows = nullptr;
    uint8_t prefix_size = 0;
    uint8_t tail_size = 0;
    alignas(32) char prefix[RowPlan::max_prefix] = {};
};

namespace {

/// How a prefix is stored: not at all, or by 16 or 32 bytes.
enum class PrefixStore : uint8_t { none, half, full };

inline char* copy_view(char* at, const TextView& text) {
    if (text.size <= 32) [[likely]] {
        if (reads_32(text.data)) [[likely]]
            store32(at, text.data);
        else
            std::memcpy(at, text.data, text.size);
        return at + text.size;
    }
    for (uint32_t i = 0; i + 32 <= text.size; i += 32) store32(at + i, text.data + i);
    store32(at + text.size - 32, text.data + text.size - 32);
    return at + text.size;
}

/// The operands of an op, loaded once for four rows: the stores in between might have changed the op, for all a compiler knows.
template <ValueForm form, PrefixStore prefix>
struct Operands {
    explicit Operands(const LockstepOp& op)
        : values(op.values),
          sizes(op.sizes),
          more(op.more),
          prefix_size(op.prefix_size),
          tail_size(op.tail_size),
          text(load32(op.prefix)) {}

    /// Writes the prefix and the value of one row; gives the end.
    [[gnu::always_inline]] char* put(char* at, size_t row) const {
        if constexpr (prefix == PrefixStore::half) std::memcpy(at, &text, 16);
        if constexpr (prefix == PrefixStore::full) store32(at, text);
        if constexpr (prefix != PrefixStore::none) at += prefix_size;
        if constexpr (form == ValueForm::word || form == ValueForm::decimal) {
            std::memcpy(at, static_cast<const uint64_t*>(values) + row, 8);
            at += sizes[row];
        }
        if constexpr (form == ValueForm::decimal) {
            std::memcpy(at, static_cast<const uint32_t*>(more) + row, 4);
            at += tail_size;
        }
        if constexpr (form == ValueForm::cell) {
            store32(at, static_cast<const char*>(values) + 32 * row);
            at += sizes[row];
        }
        if constexpr (form == ValueForm::entry_32 || form == ValueForm::entry_64) {
            constexpr size_t stride = form == ValueForm::entry_32 ? 32 : 64;
            const size_t i = static_cast<const uint8_t*>(values)[row];
            const char* const entry = static_cast<const char*>(more) + stride * i;
            store32(at, entry);
            if constexpr (stride == 64) store32(at + 32, entry + 32);
            at += sizes[i];
        }
        if constexpr (form == ValueForm::moment) {
            std::memcpy(at, static_cast<const uint32_t*>(values) + row, 4);
            at += 4;
        }
        if constexpr (form == ValueForm::uuid)
            at = write_uuid(at, static_cast<const unsigned char*>(values) + 16 * row);
        if constexpr (form == ValueForm::hex) at = write_hex_fast(at, static_cast<const uint64_t*>(values)[row]);
        if constexpr (form == ValueForm::view) {
            // Texts lie anywhere; those of the rows to come are fetched while these are written.
            const TextView* const text_view = static_cast<const TextView*>(values) + row;
            __builtin_prefetch(text_view[4].data);
            at = copy_view(at, *text_view);
        }
        return at;
    }

    const void* values;
    const uint8_t* sizes;
    const void* more;
    size_t prefix_size, tail_size;
    Block32 text;
};

/// Says where the rows of the four quarters are found.
enum class Quarters : uint8_t { full, partial, ordered };

template <ValueForm form, PrefixStore prefix, Quarters quarters>
void run_four(const LockstepOp* op, size_t i, char* p0, char* p1, char* p2, char* p3) {
    const auto row = [&](size_t k) -> size_t {
        if constexpr (quarters == Quarters::full) return i + k * full_quarter;
        const size_t place = i + k * op->rows->quarter;
        return quarters == Quarters::ordered ? op->rows->order[place] : place;
    };
    const size_t r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
    const Operands<form, prefix> operands(*op);
    const LockstepOp* const next = op + 1;
    const LockstepOp::Run run = next->run;
    p0 = operands.put(p0, r0);
    p1 = operands.put(p1, r1);
    p2 = operands.put(p2, r2);
    p3 = operands.put(p3, r3);
    return run(next, i, p0, p1, p2, p3);
}

/// Ends four rows: the next ones begin where these end.
void next_rows(const LockstepOp* op, size_t i, char* p0, char* p1, char* p2, char* p3) {
    const Lockstep::Rows& rows = *op->rows;
    if (++i < rows.end) [[likely]]
        return rows.first->run(rows.first, i, p0, p1, p2, p3);
    *rows.places = {p0, p1, p2, p3};
}

template <Quarters quarters, PrefixStore prefix>
LockstepOp::Run run_of(ValueForm form) {
    switch (form) {
        case ValueForm::nothing: return run_four<ValueForm::nothing, prefix, quarters>;
        case ValueForm::word: return run_four<ValueForm::word, prefix, quarters>;
        case ValueForm::decimal: return run_four<ValueForm::decimal, prefix, quarters>;
        case ValueForm::cell: return run_four<ValueForm::cell, prefix, quarters>;
        case ValueForm::entry_32: return run_four<ValueForm::entry_32, prefix, quarters>;
        case ValueForm::entry_64: return run_four<ValueForm::entry_64, prefix, quarters>;
        case ValueForm::uuid: return run_four<ValueForm::uuid, prefix, quarters>;
        case ValueForm::hex: return run_four<ValueForm::hex, prefix, quarters>;
        case ValueForm::view: return run_four<ValueForm::view, prefix, quarters>;
        case ValueForm::moment: return run_four<ValueForm::moment, prefix, quarters>;
    }
    return nullptr;
}

template <Quarters quarters>
LockstepOp::Run run_of(ValueForm form, size_t prefix_size) {
    if (prefix_size == 0) return run_of<quarters, PrefixStore::none>(form);
    return prefix_size <= 16 ? run_of<quarters, PrefixStore::half>(form) : run_of<quarters, PrefixStore::full>(form);
}

LockstepOp::Run run_of(Quarters quarters, ValueForm form, size_t prefix_size) {
    switch (quarters) {
        case Quarters::full: return run_of<Quarters::full>(form, prefix_size);
        case Quarters::partial: return run_of<Quarters::partial>(form, prefix_size);
        case Quarters::ordered: return run_of<Quarters::ordered>(form, prefix_size);
    }
    return nullptr;
}

}  // namespace

bool Lockstep::can_write(const std::vector<RowStep>& steps) {
    const auto rows_of_others = [](const RowStep& step) {
        return step.print == Print::list || step.print == Print::guard;
    };
    return std::ranges::none_of(steps, rows_of_others) && std::ranges::any_of(steps, shortest);
}

Lockstep::Lockstep(const std::vector<RowStep>& steps) {
    for (const RowStep& step : steps) {
        auto column = std::make_unique<LockstepColumn>(step);
        fixed_size_ += column->fixed_size();
        shortest_ += shortest(step);
        ops_.emplace_back();
        columns_.push_back(std::move(column));
    }
    ops_.push_back({.run = next_rows});
    for (LockstepOp& op : ops_) op.rows = &rows_;
    rows_.first = ops_.data();
    rows_.places = &places_;
}

Lockstep::~Lockstep() = default;

void Lockstep::prepare(const Batch& batch) {
    std::fill_n(lengths_.data(), batch.rows, fixed_size_);
    const Quarters quarters = batch.order != nullptr          ? Quarters::ordered
                              : rows_.quarter == full_quarter ? Quarters::full
                                                              : Quarters::partial;
    for (size_t i = 0; i < columns_.size(); ++i) {
        LockstepOp& op = ops_[i];
        const LockstepColumn::View view = columns_[i]->prepare(batch, lengths_.data());
        op.run = run_of(quarters, view.form, view.prefix.size());
        op.prefix_size = static_cast<uint8_t>(view.prefix.size());
        view.prefix.copy(op.prefix, sizeof op.prefix);
        op.values = view.values;
        op.sizes = view.sizes;
        op.more = view.more;
        op.tail_size = view.tail_size;
    }
}

/// Writes rows `from` to `end` of all four quarters.
void Lockstep::write_rows(size_t from, size_t end) {
    rows_.end = end;
    const auto [p0, p1, p2, p3] = places_;
    rows_.first->run(rows_.first, from, p0, p1, p2, p3);
}

char* Lockstep::write(const Batch& batch, RowOutput& out, uint32_t* ends, uint32_t& done) {
    HW_CHECK(batch.rows <= Batch::max_rows);
    rows_.quarter = batch.rows / 4;
    rows_.order = batch.order;
    const size_t half = rows_.quarter / 2;
    done = half * shortest_ < overrun ? 0 : batch.rows & ~3U;
    if (done == 0) return nullptr;
    prepare(batch);
    size_t total = 0;
    for (uint32_t i = 0; i < done; ++i) total += lengths_[batch.order != nullptr ? batch.order[i] : i];
    char* const start = out.reserve(nullptr, total + overrun);
    const auto before = static_cast<uint32_t>(start - out.data());
    uint32_t end = before;
    for (uint32_t i = 0; i < done; ++i) ends[i] = end += lengths_[batch.order != nullptr ? batch.order[i] : i];

    places_[0] = start;
    for (size_t k = 1; k < 4; ++k) places_[k] = start + (ends[k * rows_.quarter - 1] - before);
    const Places starts = places_;
    write_rows(0, half);
    std::array<std::array<char, overrun>, 4> heads;
    for (size_t k = 1; k < 4; ++k) std::memcpy(heads[k].data(), starts[k], overrun);
    write_rows(half, rows_.quarter);
    for (size_t k = 1; k < 4; ++k) std::memcpy(starts[k], heads[k].data(), overrun);
    return places_[3];
}

}  // namespace headwater
