// For the pass over one column before its rows are written in lock step: values become words, cells, indices or views.
#include "format/lockstep_column.h"

#include <algorithm>
#include <array>
#include <utility>

#include "format/row_digits.h"

namespace headwater {

namespace {

/// Vectors of rows have room for reads and writes of whole vectors.
constexpr uint32_t room = Batch::max_rows + 64;

bool within(const RowStep& step, int64_t low, int64_t end) { return step.low >= low && step.high < end; }

}  // namespace

LockstepColumn::Way LockstepColumn::way_of(const RowStep& step, const EntryTable& table) {
    switch (step.print) {
        case Print::nothing: return Way::nothing;
        case Print::entry: return table.is_small() ? Way::entries : Way::table_views;
        case Print::integer:
            if (within(step, 0, digits8_end)) return Way::integers;
            return within(step, 1 - signed_digits8_end, signed_digits8_end) ? Way::signed_integers : Way::wide_numbers;
        case Print::decimal: {
            // Absent decimals would have no digits behind the point either, which then differs from row to row.
            if (step.scale < 1 || step.scale > decimal_max_scale || !step.nulls.empty()) return Way::wide_numbers;
            const int64_t end = decimal_whole_end * static_cast<int64_t>(power_of_ten[step.scale]);
            return within(step, 1 - end, end) && step.high <= INT32_MAX && step.low > INT32_MIN ? Way::decimals
                                                                                                : Way::wide_numbers;
        }
        case Print::instant: return Way::instants;
        case Print::uuid: return step.nulls.empty() ? Way::uuids : Way::printed;
        case Print::hex: return step.nulls.empty() ? Way::hexes : Way::printed;
        case Print::text: return Way::texts;
        default: return Way::printed;
    }
}

ValueForm LockstepColumn::form_of(Way way, const EntryTable& table) {
    switch (way) {
        case Way::nothing: return ValueForm::nothing;
        case Way::integers:
        case Way::signed_integers: return ValueForm::word;
        case Way::decimals: return ValueForm::decimal;
        case Way::wide_numbers:
        case Way::instants: return ValueForm::cell;
        case Way::entries: return table.stride == 32 ? ValueForm::entry_32 : ValueForm::entry_64;
        case Way::uuids: return ValueForm::uuid;
        case Way::hexes: return ValueForm::hex;
        case Way::table_views:
        case Way::texts:
        case Way::printed: return ValueForm::view;
    }
    return ValueForm::nothing;
}

LockstepColumn::LockstepColumn(const RowStep& step)
    : step_(step), choice_(step.indices), instants_(step.form, step.unit) {
    if (step.print == Print::entry) table_ = EntryTable::of(step.entries);
    way_ = way_of(step, table_);
    form_ = form_of(way_, table_);
    prefix_ = std::exchange(step_.prefix, {});
    if (way_ == Way::printed) program_ = std::make_unique<RowProgram>(std::vector<RowStep>{step_});
    sizes_.resize(room);
    words_.resize(form_ == ValueForm::cell ? 4 * room : room);
    fractions_.resize(room);
    narrow_.resize(room);
    views_.resize(room);
    starts_.resize(room);
}

uint32_t LockstepColumn::fixed_size() const {
    const uint32_t values = form_ == ValueForm::uuid      ? 36
                            : form_ == ValueForm::hex     ? 16
                            : form_ == ValueForm::decimal ? step_.scale
                                                          : 0;
    return static_cast<uint32_t>(prefix_.size()) + values;
}

LockstepColumn::View LockstepColumn::view_of(const void* values, const uint8_t* sizes, const void* more) const {
    return {.form = form_, .prefix = prefix_, .values = values, .sizes = sizes, .more = more};
}

LockstepColumn::View LockstepColumn::prepare(const Batch& batch, uint32_t* lengths) {
    null_ = combined_nulls(batch, step_.nulls, null_scratch_);
    switch (way_) {
        case Way::nothing: return view_of(nullptr);
        case Way::uuids:
        case Way::hexes: return view_of(batch.slots[static_cast<size_t>(step_.slot)].values);
        case Way::entries:
        case Way::table_views: return prepare_entries(batch, lengths);
        case Way::texts: return prepare_texts(batch, lengths);
        case Way::printed: return print_all(batch, lengths);
        default: return prepare_number(batch, lengths);
    }
}

/// Adds the sizes, 0 where there is nothing, to the lengths.
LockstepColumn::View LockstepColumn::sized(const void* values, uint32_t rows, uint32_t* lengths, const void* more) {
    if (null_ != nullptr)
        for (uint32_t i = 0; i < rows; ++i) sizes_[i] = null_[i] != 0 ? 0 : sizes_[i];
    const uint8_t* const sizes = sizes_.data();
    for (uint32_t i = 0; i < rows; ++i) lengths[i] += sizes[i];
    return view_of(values, sizes, more);
}

/// Gives the column as 32-bit values; the bounds say that they fit.
const void* LockstepColumn::narrowed(const Slot& slot, uint32_t rows) {
    if (step_.storage == Storage::i32) return slot.values;
    for (uint32_t i = 0; i < rows; ++i) narrow_[i] = static_cast<int32_t>(integer_of(step_.storage, slot.values, i));
    return narrow_.data();
}

LockstepColumn::View LockstepColumn::prepare_number(const Batch& batch, uint32_t* lengths) {
    const Slot& slot = batch.slots[static_cast<size_t>(step_.slot)];
    const uint32_t rows = batch.rows;
    char* const cells = reinterpret_cast<char*>(words_.data());
    switch (way_) {
        case Way::integers:
            print_integers(static_cast<const uint32_t*>(narrowed(slot, rows)), rows, words_.data(), sizes_.data());
            return sized(words_.data(), rows, lengths);
        case Way::signed_integers:
            print_signed_integers(static_cast<const int32_t*>(narrowed(slot, rows)), rows, words_.data(),
                                  sizes_.data());
            return sized(words_.data(), rows, lengths);
        case Way::decimals: {
            const auto* const values = static_cast<const int32_t*>(narrowed(slot, rows));
            const int64_t short_end = decimal_short_end * static_cast<int64_t>(power_of_ten[step_.scale]);
            const auto print = within(step_, 1 - short_end, short_end) ? print_short_decimals : print_decimals;
            print(values, rows, step_.scale, words_.data(), sizes_.data(), fractions_.data());
            View view = sized(words_.data(), rows, lengths, fractions_.data());
            view.tail_size = step_.scale;
            return view;
        }
        case Way::wide_numbers:
            for (uint32_t i = 0; i < rows; ++i) {
                char* const cell = cells + size_t{32} * i;
                const int64_t value = integer_of(step_.storage, slot.values, i);
                const char* const end =
                    step_.print == Print::decimal ? write_decimal(cell, value, step_.scale) : write_signed(cell, value);
                sizes_[i] = static_cast<uint8_t>(end - cell);
            }
            return sized(cells, rows, lengths);
        default:
            if (View view; step_.storage == Storage::i64 &&
                           prepare_moments(static_cast<const int64_t*>(slot.values), rows, lengths, view))
                return view;
            for (uint32_t i = 0; i < rows; ++i) {
                char* const cell = cells + size_t{32} * i;
                const int64_t value = integer_of(step_.storage, slot.values, i);
                sizes_[i] = static_cast<uint8_t>(instants_.write(cell, value) - cell);
            }
            return sized(cells, rows, lengths);
    }
}

/// Puts the second into the prefix where all rows share one, so that four bytes are left of each instant.
bool LockstepColumn::prepare_moments(const int64_t* values, uint32_t rows, uint32_t* lengths, View& view) {
    constexpr size_t known = std::string_view("2026-11-01T00:00:00.").size();
    const bool fits = step_.unit == TimeUnit::milli && step_.form == InstantForm::iso &&
                      prefix_.size() + known <= RowPlan::max_prefix;
    if (!fits || null_ != nullptr) return false;
    std::array<char, 64> text;
    const int64_t second = instants_.second_of(values[0]);
    if (!share_second(values, rows, second)) return false;
    instants_.write(text.data(), values[0]);
    moment_prefix_.assign(prefix_).append(text.data(), known);
    print_millis(values, rows, second, fractions_.data());
    for (uint32_t i = 0; i < rows; ++i) lengths[i] += static_cast<uint32_t>(known) + 4;
    view = {.form = ValueForm::moment, .prefix = moment_prefix_, .values = fractions_.data()};
    return true;
}

LockstepColumn::View LockstepColumn::prepare_entries(const Batch& batch, uint32_t* lengths) {
    if (way_ == Way::table_views) {
        const uint32_t* const chosen = choice_.choose_words(batch);
        for (uint32_t i = 0; i < batch.rows; ++i) views_[i] = {table_.at(chosen[i]), table_.sizes[chosen[i]]};
        return views(views_.data(), batch.rows, lengths);
    }
    const uint8_t* const chosen = choice_.choose_bytes(batch);
    const uint8_t* const sizes = table_.short_sizes.data();
    for (uint32_t i = 0; i < batch.rows; ++i) lengths[i] += sizes[chosen[i]];
    return view_of(chosen, sizes, table_.text.data());
}

LockstepColumn::View LockstepColumn::views(const TextView* texts, uint32_t rows, uint32_t* lengths) const {
    for (uint32_t i = 0; i < rows; ++i) lengths[i] += texts[i].size;
    return view_of(texts);
}

LockstepColumn::View LockstepColumn::prepare_texts(const Batch& batch, uint32_t* lengths) {
    const auto* const texts = static_cast<const TextView*>(batch.slots[static_cast<size_t>(step_.slot)].values);
    const bool scanned = step_.escape == Escape::csv || (step_.escape == Escape::json && !step_.plain);
    if (null_ == nullptr && !scanned) return views(texts, batch.rows, lengths);

    size_t worst = 0;
    starts_.clear();
    for (uint32_t i = 0; i < batch.rows; ++i) {
        const TextView& text = texts[i];
        views_[i] = text;
        if (null_ != nullptr && null_[i] != 0) {
            views_[i] = {"", 0};
            continue;
        }
        if (!scanned) continue;
        const bool unsafe = step_.escape == Escape::csv ? needs_csv_quotes(text.data, text.size, step_.delimiter)
                                                        : needs_json_escape(text.data, text.size);
        if (!unsafe) continue;
        starts_.push_back(i);
        worst += size_t{6} * text.size + 2;
    }
    if (printed_.size() < worst + row_slack) printed_.resize(worst + row_slack);
    char* at = printed_.data();
    for (const uint32_t row : starts_) {
        char* const start = at;
        const TextView& text = texts[row];
        at = step_.escape == Escape::csv ? write_csv_quoted(at, text.data, text.size)
                                         : print_json_escaped(at, {text.data, text.size});
        views_[row] = {start, static_cast<uint32_t>(at - start)};
    }
    return views(views_.data(), batch.rows, lengths);
}

/// Prints values row by row where no faster way is known.
LockstepColumn::View LockstepColumn::print_all(const Batch& batch, uint32_t* lengths) {
    program_->bind(batch);
    printed_.clear();
    RowOutput out(printed_);
    char* at = nullptr;
    starts_.resize(room);
    for (uint32_t i = 0; i < batch.rows; ++i) {
        at = program_->write(out, at, i);
        starts_[i + 1] = static_cast<uint32_t>(at - out.data());
    }
    out.finish(at);
    for (uint32_t i = 0; i < batch.rows; ++i) {
        const uint32_t start = i == 0 ? 0 : starts_[i];
        views_[i] = {printed_.data() + start, starts_[i + 1] - start};
    }
    return views(views_.data(), batch.rows, lengths);
}

}  // namespace headwater
