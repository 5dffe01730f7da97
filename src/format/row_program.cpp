// For executing a row plan one row after the other, whatever its columns are.
#include "format/row_program.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/time.h"

namespace headwater {

/// One step, made ready to run. An op runs itself and then the op behind it, so that every op has a jump of its own for the
/// processor to predict.
struct RowOp {
    using Run = char* (*)(RowOp* op, char* at, uint32_t row, RowOutput& out);

    Run run = nullptr;
    const void* values = nullptr;  ///< of the batch at hand; entries: the choice
    const uint8_t* null = nullptr;
    const char* table_text = nullptr;
    const uint8_t* table_sizes = nullptr;
    uint8_t prefix_size = 0;
    uint8_t scale = 0;
    Storage storage = Storage::i64;
    TimeUnit unit = TimeUnit::milli;
    char delimiter = ',';
    char prefix[RowPlan::max_prefix] = {};

    size_t bound = 0;  ///< of the whole row
    int slot = -1;
    const Batch* batch = nullptr;
    const uint32_t* offsets = nullptr;
    std::vector<int> nulls;
    std::vector<uint8_t> null_scratch;
    EntryTable table;
    std::unique_ptr<EntryChoice> choice;
    std::unique_ptr<RowProgram> body;
    std::string between, absent, cell_scratch;
    InstantText instants{InstantForm::iso, TimeUnit::milli};
};

namespace {

/// Enough for any value but text, list and long entries, stores behind its end included.
constexpr size_t value_bound = 112;

int64_t unit_micros(TimeUnit unit) {
    return unit == TimeUnit::second ? 1'000'000 : unit == TimeUnit::milli ? 1'000 : 1;
}

void write_two(char* at, uint32_t value) {
    const uint32_t digits = digits4(value) >> 16;
    std::memcpy(at, &digits, 2);
}

char* put_nothing(RowOp&, char* at, uint32_t, RowOutput&) { return at; }

char* put_entry_32(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const size_t i = static_cast<const uint8_t*>(op.values)[row];
    store32(at, op.table_text + 32 * i);
    return at + op.table_sizes[i];
}

char* put_entry_64(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const size_t i = static_cast<const uint8_t*>(op.values)[row];
    store32(at, op.table_text + 64 * i);
    store32(at + 32, op.table_text + 64 * i + 32);
    return at + op.table_sizes[i];
}

char* put_entry(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const uint32_t i = static_cast<const uint32_t*>(op.values)[row];
    return std::copy_n(op.table.at(i), op.table.sizes[i], at);
}

char* put_small_integer(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return write_below_1e8(at, static_cast<const uint32_t*>(op.values)[row]);
}

char* put_integer(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return write_signed(at, integer_of(op.storage, op.values, row));
}

/// Writes a decimal of 32 bits, below 10^8 before the point, whose scale the compiler knows.
template <uint32_t unit, unsigned scale>
char* put_small_decimal(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const int32_t value = static_cast<const int32_t*>(op.values)[row];
    *at = '-';
    at += value < 0;
    const uint32_t magnitude = value < 0 ? 0U - static_cast<uint32_t>(value) : static_cast<uint32_t>(value),
                   whole = magnitude / unit;
    at = write_below_1e8(at, whole);
    *at = '.';
    const uint32_t digits = digits4(magnitude - whole * unit) >> (32 - 8 * scale);
    std::memcpy(at + 1, &digits, 4);
    return at + 1 + scale;
}

char* put_decimal(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return write_decimal(at, integer_of(op.storage, op.values, row), op.scale);
}

char* put_epoch(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const int64_t micros = integer_of(op.storage, op.values, row), unit = unit_micros(op.unit);
    return write_signed(at, micros / unit - (micros % unit < 0));
}

char* put_real(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const double value = static_cast<const double*>(op.values)[row];
    return std::isfinite(value) ? print_real(at, value) : std::copy(op.absent.begin(), op.absent.end(), at);
}

char* put_uuid(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return write_uuid(at, static_cast<const unsigned char*>(op.values) + size_t{16} * row);
}

char* put_hex(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return write_hex_fast(at, static_cast<const uint64_t*>(op.values)[row]);
}

template <Escape escape>
char* put_text(RowOp& op, char* at, uint32_t row, RowOutput& out) {
    const TextView& text = static_cast<const TextView*>(op.values)[row];
    if (text.size > 16) at = out.reserve(at, size_t{6} * text.size + op.bound);
    if constexpr (escape == Escape::json)
        if (needs_json_escape(text.data, text.size)) [[unlikely]]
            return print_json_escaped(at, {text.data, text.size});
    if constexpr (escape == Escape::csv)
        if (needs_csv_quotes(text.data, text.size, op.delimiter)) [[unlikely]]
            return write_csv_quoted(at, text.data, text.size);
    return copy_text(at, text.data, text.size);
}

char* put_instant(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return op.instants.write(at, integer_of(op.storage, op.values, row));
}

char* put_date(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return print_date(at, integer_of(op.storage, op.values, row));
}

char* put_duration(RowOp& op, char* at, uint32_t row, RowOutput&) {
    return print_duration(at, integer_of(op.storage, op.values, row));
}

char* put_identity(RowOp& op, char* at, uint32_t row, RowOutput&) {
    const Batch& batch = *op.batch;
    if (batch.entities != nullptr) {
        at = write_signed(at, batch.entities[row]);
        *at++ = '-';
    }
    return write_signed(at, batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row);
}

char* put_list(RowOp& op, char* at, uint32_t row, RowOutput& out) {
    for (uint32_t i = op.offsets[row]; i < op.offsets[row + 1]; ++i) {
        if (i > op.offsets[row]) at = std::copy(op.between.begin(), op.between.end(), at);
        at = out.reserve(op.body->write(out, at, i), op.bound);
    }
    return at;
}

char* put_body(RowOp& op, char* at, uint32_t row, RowOutput& out) {
    return out.reserve(op.body->write(out, at, row), op.bound);
}

/// Writes the body, then puts it in quotes if it must be.
char* put_cell(RowOp& op, char* at, uint32_t row, RowOutput& out) {
    const auto offset = static_cast<size_t>(at - out.data());
    at = op.body->write(out, at, row);
    const auto size = static_cast<uint32_t>(at - out.data() - static_cast<std::ptrdiff_t>(offset));
    at = out.reserve(at, size + 2 + op.bound);
    char* const start = out.data() + offset;
    if (!needs_csv_quotes(start, size, op.delimiter)) return at;
    op.cell_scratch.assign(start, size);
    return write_csv_quoted(start, op.cell_scratch.data(), size);
}

using Put = char* (*)(RowOp&, char*, uint32_t, RowOutput&);

template <Put put>
char* run_op(RowOp* op, char* at, uint32_t row, RowOutput& out) {
    store32(at, op->prefix);
    at += op->prefix_size;
    if (op->null == nullptr || op->null[row] == 0) [[likely]]
        at = put(*op, at, row, out);
    else if constexpr (put == put_body)
        at = std::copy(op->absent.begin(), op->absent.end(), at);
    return op[1].run(op + 1, at, row, out);
}

char* end_row(RowOp*, char* at, uint32_t, RowOutput&) { return at; }

RowOp::Run run_of(const RowStep& step, const EntryTable& table) {
    const bool is_small = step.storage == Storage::i32;
    switch (step.print) {
        case Print::nothing: return run_op<put_nothing>;
        case Print::entry:
            return !table.is_small()    ? run_op<put_entry>
                   : table.stride == 32 ? run_op<put_entry_32>
                                        : run_op<put_entry_64>;
        case Print::integer:
            return is_small && step.low >= 0 && step.high < 100'000'000 ? run_op<put_small_integer>
                                                                        : run_op<put_integer>;
        case Print::decimal:
            if (is_small && step.scale == 2) return run_op<put_small_decimal<100, 2>>;
            return is_small && step.scale == 4 ? run_op<put_small_decimal<10000, 4>> : run_op<put_decimal>;
        case Print::epoch: return run_op<put_epoch>;
        case Print::real: return run_op<put_real>;
        case Print::uuid: return run_op<put_uuid>;
        case Print::hex: return run_op<put_hex>;
        case Print::text:
            if (step.escape == Escape::csv) return run_op<put_text<Escape::csv>>;
            return step.escape == Escape::none || step.plain ? run_op<put_text<Escape::none>>
                                                             : run_op<put_text<Escape::json>>;
        case Print::instant: return run_op<put_instant>;
        case Print::date: return run_op<put_date>;
        case Print::duration: return run_op<put_duration>;
        case Print::identity: return run_op<put_identity>;
        case Print::list: return run_op<put_list>;
        case Print::guard: return run_op<put_body>;
        case Print::cell: return run_op<put_cell>;
    }
    return nullptr;
}

}  // namespace

RowProgram::RowProgram(RowProgram&&) noexcept = default;
RowProgram& RowProgram::operator=(RowProgram&&) noexcept = default;
RowProgram::~RowProgram() = default;

char* RowOutput::grow(char* at, size_t room) {
    if (at != nullptr) size_ = static_cast<size_t>(at - bytes_.data());
    const size_t needed = size_ + room, held = bytes_.capacity();
    const size_t target = needed > held ? std::max(needed, 2 * held) : held;
    if (at != nullptr) bytes_.resize(size_);
    bytes_.resize_and_overwrite(target, [](char*, size_t n) { return n; });
    limit_ = bytes_.data() + bytes_.size();
    return bytes_.data() + size_;
}

InstantText::InstantText(InstantForm form, TimeUnit unit) : form_(form), unit_(unit) { turn_to(0); }

int64_t InstantText::turn_to(int64_t micros) {
    micros = std::clamp(micros, first_printed_instant, last_printed_instant);
    if (size_ == 0 || static_cast<uint64_t>(micros) - static_cast<uint64_t>(day_) >= micros_per_day) {
        const unsigned digits = unit_ == TimeUnit::second ? 0 : unit_ == TimeUnit::milli ? 3 : 6;
        const std::string_view suffix = form_ == InstantForm::iso ? "Z" : form_ == InstantForm::offset ? "+00:00" : "";
        size_ = static_cast<uint32_t>(print_instant(text_, micros, digits, suffix) - text_);
        day_ = day_of(micros) * micros_per_day;
    }
    const auto second = static_cast<uint32_t>((micros - day_) / micros_per_second);
    second_ = day_ + second * micros_per_second;
    write_two(text_ + 11, second / 3600);
    write_two(text_ + 14, second / 60 % 60);
    write_two(text_ + 17, second % 60);
    return micros;
}

RowProgram::RowProgram(const std::vector<RowStep>& steps) : bound_(value_bound) {
    for (const RowStep& step : steps) {
        HW_CHECK(step.prefix.size() <= RowPlan::max_prefix);
        RowOp op;
        if (step.print == Print::entry) {
            op.table = EntryTable::of(step.entries);
            op.choice = std::make_unique<EntryChoice>(step.indices);
        }
        op.run = run_of(step, op.table);
        op.prefix_size = static_cast<uint8_t>(step.prefix.size());
        step.prefix.copy(op.prefix, step.prefix.size());
        op.scale = step.scale;
        op.storage = step.storage;
        op.unit = step.unit;
        op.instants = InstantText(step.form, step.unit);
        op.delimiter = step.delimiter;
        op.slot = step.slot;
        op.nulls = step.nulls;
        op.between = step.between;
        op.absent = step.absent;
        if (step.print == Print::list || step.print == Print::guard || step.print == Print::cell)
            op.body = std::make_unique<RowProgram>(step.body);
        bound_ += RowPlan::max_prefix + value_bound + op.between.size() + op.absent.size();
        bound_ += step.print == Print::entry ? std::ranges::max(op.table.sizes) : 0;
        ops_.push_back(std::move(op));
    }
    for (RowOp& op : ops_) op.bound = bound_;
    ops_.emplace_back().run = end_row;
}

void RowProgram::bind(const Batch& batch) {
    for (RowOp& op : ops_) {
        op.batch = &batch;
        if (op.slot >= 0) {
            const Slot& slot = batch.slots[static_cast<size_t>(op.slot)];
            op.values = slot.values;
            op.offsets = slot.offsets;
        }
        op.null = combined_nulls(batch, op.nulls, op.null_scratch);
        if (op.choice != nullptr) {
            op.table_text = op.table.text.data();
            op.table_sizes = op.table.short_sizes.data();
            op.values = op.table.is_small() ? static_cast<const void*>(op.choice->choose_bytes(batch))
                                            : op.choice->choose_words(batch);
        }
        if (op.body != nullptr) op.body->bind(batch);
    }
}

char* RowProgram::write(RowOutput& out, char* at, uint32_t row) {
    RowOp* const first = ops_.data();
    return first->run(first, out.reserve(at, bound_), row, out);
}

}  // namespace headwater
