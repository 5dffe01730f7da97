// For saying how a record is written: literals and printed values in order, compiled from a schema by a row format.
#include "format/row_plan.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "data/print.h"

namespace headwater {

namespace {

/// Entries up to this size lie in tables of fixed stride, where they are written by two stores.
constexpr size_t max_folded_entry = 64;
/// Tables beyond this many entries would push the rest of a batch out of the first-level cache.
constexpr size_t max_folded_table = 256;
/// Integers of at most this many different values become tables.
constexpr uint64_t max_small_range = 100;

size_t longest(const std::vector<std::string>& entries) {
    size_t size = 0;
    for (const auto& entry : entries) size = std::max(size, entry.size());
    return size;
}

bool is_small_table(const RowStep& step) {
    return step.print == Print::entry && step.entries.size() <= max_folded_table;
}

/// Makes one table of two neighbours where the product stays small.
bool multiply(RowStep& left, const RowStep& right) {
    if (!is_small_table(left) || !is_small_table(right)) return false;
    if (left.entries.size() * right.entries.size() > max_folded_table) return false;
    if (longest(left.entries) + right.prefix.size() + longest(right.entries) > max_folded_entry) return false;
    std::vector<std::string> product;
    product.reserve(left.entries.size() * right.entries.size());
    for (const auto& a : left.entries)
        for (const auto& b : right.entries) product.push_back(a + right.prefix + b);
    left.entries = std::move(product);
    left.indices.insert(left.indices.end(), right.indices.begin(), right.indices.end());
    return true;
}

void fold_prefix(RowStep& step) {
    if (!is_small_table(step) || step.prefix.size() + longest(step.entries) > max_folded_entry) return;
    for (auto& entry : step.entries) entry.insert(0, step.prefix);
    step.prefix.clear();
}

void fold_into_table(RowStep& table, RowStep& next) {
    const size_t size = longest(table.entries), stride = size <= 32 ? 32 : max_folded_entry;
    if (!is_small_table(table) || next.prefix.empty() || size + next.prefix.size() > stride) return;
    for (auto& entry : table.entries) entry += next.prefix;
    next.prefix.clear();
}

bool is_integer(Storage storage) {
    return storage == Storage::u8 || storage == Storage::i32 || storage == Storage::i64;
}

Print print_of(const Field& field) {
    switch (field.storage) {
        case Storage::f64: return Print::real;
        case Storage::uuid: return Print::uuid;
        case Storage::hex64: return Print::hex;
        case Storage::text: return Print::text;
        default: break;
    }
    switch (field.type.kind) {
        case Kind::decimal: return Print::decimal;
        case Kind::date: return Print::date;
        case Kind::instant: return field.type.form == InstantForm::epoch ? Print::epoch : Print::instant;
        case Kind::duration: return Print::duration;
        default: return Print::integer;
    }
}

RowStep step_of(const Field& field, const std::vector<int>& nulls, Print print) {
    RowStep step;
    step.print = print;
    step.storage = field.storage;
    step.scale = field.type.scale;
    step.form = field.type.form;
    step.unit = field.type.unit;
    step.plain = field.plain;
    step.slot = field.slot;
    step.nulls = nulls;
    return step;
}

/// True when no row's text of this part can need quotes in a CSV cell.
bool is_safe_part(const Field& part, const Dialect& dialect) {
    const auto safe = [&](const std::string& text) {
        return dialect.spell(text, dialect.delimiter) == text && !text.empty();
    };
    switch (part.storage) {
        case Storage::literal: return safe(part.literal);
        case Storage::index8:
        case Storage::index32: return std::ranges::all_of(part.dictionary->values, safe);
        case Storage::text:
        case Storage::f64:
        case Storage::cut: return false;
        default: return !part.nullable && part.type.kind != Kind::enumeration;
    }
}

std::string same(std::string_view text, char) { return std::string(text); }

std::string spelled(std::string_view text, const Type& type, const Dialect& dialect) {
    if (!is_quoted(type)) return std::string(text);
    return std::string(dialect.quote) + dialect.spell(text, dialect.delimiter) + std::string(dialect.quote);
}

}  // namespace

std::vector<int> with_own_null(std::vector<int> nulls, const Field& field) {
    if (field.nullable && field.slot >= 0) nulls.push_back(field.slot);
    return nulls;
}

void RowPlan::add(RowStep step) {
    step.prefix.insert(0, pending_);
    pending_.clear();
    steps_.push_back(std::move(step));
}

void RowPlan::guarded(const std::vector<int>& nulls, std::string_view present, std::string_view absent) {
    if (nulls.empty()) return literal(present);
    if (present == absent) return literal(present);
    RowStep step;
    step.print = Print::entry;
    step.indices = {Index{.nulls = nulls}};
    step.entries = {std::string(present), std::string(absent)};
    add(std::move(step));
}

void RowPlan::scalar(const Field& field, std::vector<int> nulls, const Dialect& dialect) {
    nulls = with_own_null(std::move(nulls), field);
    if (field.storage == Storage::literal) {
        if (field.type.kind == Kind::null) return literal(dialect.null);
        return guarded(nulls, spelled(field.literal, field.type, dialect), dialect.null);
    }
    if (field.storage == Storage::cut) return cut(field, nulls, dialect);
    if (field.dictionary != nullptr) return dictionary(field, nulls, dialect, field.dictionary->values);
    if (field.type.kind == Kind::boolean) return dictionary(field, nulls, dialect, {"false", "true"});
    if (field.type.kind == Kind::enumeration && is_integer(field.storage))
        return dictionary(field, nulls, dialect, field.type.symbols);
    number(field, nulls, dialect, print_of(field));
}

void RowPlan::dictionary(const Field& field, const std::vector<int>& nulls, const Dialect& dialect,
                         std::vector<std::string> values) {
    for (auto& value : values) value = spelled(value, field.type, dialect);
    RowStep step;
    step.print = Print::entry;
    step.indices = {Index{field.slot, field.storage, 0, static_cast<uint32_t>(values.size()), nulls}};
    if (!nulls.empty()) values.emplace_back(dialect.null);
    step.entries = std::move(values);
    add(std::move(step));
}

void RowPlan::number(const Field& field, const std::vector<int>& nulls, const Dialect& dialect, Print print) {
    RowStep step = step_of(field, nulls, print);
    step.escape = dialect.escape;
    step.delimiter = dialect.delimiter;
    step.absent = dialect.null;
    if (narrow_ && is_integer(field.storage) && (print == Print::integer || print == Print::decimal)) {
        step.low = field.low;
        step.high = field.high;
        const uint64_t span = static_cast<uint64_t>(field.high) - static_cast<uint64_t>(field.low);
        if (field.low <= field.high && span < max_small_range) {
            std::array<char, 64> buffer;
            std::vector<std::string> values;
            for (uint64_t i = 0; i <= span; ++i)
                values.emplace_back(buffer.data(), print_scalar(buffer.data(), field.type, Phys::i64,
                                                                field.low + static_cast<int64_t>(i), 0, nullptr));
            if (!nulls.empty()) values.emplace_back(dialect.null);
            step.print = Print::entry;
            step.indices = {Index{field.slot, field.storage, field.low, static_cast<uint32_t>(span + 1), nulls}};
            step.entries = std::move(values);
            step.nulls.clear();
            return add(std::move(step));
        }
    }
    const std::string_view quote = is_quoted(field.type) ? dialect.quote : "";
    guarded(nulls, quote, dialect.null);
    add(std::move(step));
    guarded(nulls, quote, "");
}

void RowPlan::cut(const Field& field, const std::vector<int>& nulls, const Dialect& dialect) {
    Dialect inner = dialect;
    inner.quote = inner.null = "";
    const auto safe = [&](const Field& part) { return is_safe_part(part, dialect); };
    if (dialect.escape != Escape::csv || (!field.children.empty() && std::ranges::all_of(field.children, safe))) {
        guarded(nulls, dialect.quote, dialect.null);
        for (const Field& part : field.children) scalar(part, nulls, inner);
        return guarded(nulls, dialect.quote, "");
    }
    inner.escape = Escape::none;
    inner.spell = same;
    RowPlan body(narrow_);
    for (const Field& part : field.children) body.scalar(part, {}, inner);
    RowStep step;
    step.print = Print::cell;
    step.delimiter = dialect.delimiter;
    step.nulls = nulls;
    step.body = body.finish();
    add(std::move(step));
}

void RowPlan::identity() {
    RowStep step;
    step.print = Print::identity;
    add(std::move(step));
}

std::vector<RowStep> RowPlan::finish() {
    if (!pending_.empty()) add(RowStep{});
    std::vector<RowStep> folded;
    for (RowStep& step : steps_)
        if (folded.empty() || !multiply(folded.back(), step)) folded.push_back(std::move(step));
    for (RowStep& step : folded) fold_prefix(step);
    for (size_t i = 0; i + 1 < folded.size(); ++i) fold_into_table(folded[i], folded[i + 1]);

    std::vector<RowStep> steps;
    for (RowStep& step : folded) {
        while (step.prefix.size() > max_prefix) {
            RowStep literal;
            literal.prefix = step.prefix.substr(0, max_prefix);
            step.prefix.erase(0, max_prefix);
            steps.push_back(std::move(literal));
        }
        if (step.print != Print::nothing || !step.prefix.empty()) steps.push_back(std::move(step));
    }
    steps_.clear();
    return steps;
}

}  // namespace headwater
