// For one batch on its way through the faults of its stream: what becomes of each record, and what the answer key says of it.
#include "chaos/outgoing_batch.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "data/print.h"

namespace headwater {

namespace {

/// What lies in memory behind a column may be read by those that print several values at a time.
constexpr size_t padding = 64;

bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::uuid || kind == Kind::enumeration; }

/// Says in which storage the values of a field can be written; nothing for those that hold others.
Result<Storage> storage_to_edit(const std::string& path, const Field& field) {
    switch (field.type.kind) {
        case Kind::text:
        case Kind::uuid:
        case Kind::enumeration: return Storage::text;
        case Kind::boolean: return Storage::u8;
        case Kind::real: return Storage::f64;
        case Kind::date: return Storage::i32;
        case Kind::integer:
        case Kind::decimal:
        case Kind::instant:
        case Kind::duration: return Storage::i64;
        default: break;
    }
    return fail(ErrorKind::invalid, "Field holds no single value that a fault can change: " + path);
}

/// Reads a number as it is printed, scaled to `scale` digits.
std::optional<int64_t> scaled(std::string_view text, uint8_t scale) {
    if (text == "true" || text == "false") return text == "true";
    std::string digits(text);
    const size_t point = digits.find('.');
    size_t behind = 0;
    if (point != std::string::npos) {
        behind = digits.size() - point - 1;
        digits.erase(point, 1);
    }
    if (behind > scale) return std::nullopt;
    digits.append(scale - behind, '0');
    int64_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}  // namespace

Result<const Field*> OutgoingShape::field(const std::string& path) const {
    const Field* found = find_field(schema_, path);
    if (found != nullptr) return found;
    std::string known;
    for (const Field& one : schema_.fields) known += (known.empty() ? "" : ", ") + one.name;
    return fail(ErrorKind::invalid, "Stream " + schema_.stream + " has no such field (it has " + known + "): " + path);
}

Result<int> OutgoingShape::edit(const std::string& path) {
    for (size_t i = 0; i < edited_.size(); ++i)
        if (edited_[i].path == path) return static_cast<int>(i);
    if (auto known = field(path); !known) return std::unexpected(known.error());
    Field& field = *find_field(schema_, path);
    auto storage = storage_to_edit(path, field);
    if (!storage) return std::unexpected(storage.error());
    EditedField edited{.path = path, .source = field, .storage = *storage, .slot = schema_.slot_count++};
    const bool is_number = !is_text(field.type.kind);
    std::vector<std::string> spelled;
    if (is_number && field.storage == Storage::literal) spelled = {field.literal};
    if (is_number && field.dictionary != nullptr && field.storage != Storage::literal)
        spelled = field.dictionary->values;
    for (const std::string& text : spelled) {
        auto value = scaled(text, field.type.scale);
        if (!value) return fail(ErrorKind::invalid, "Field has values that a fault cannot change: " + path);
        edited.entries.push_back(*value);
    }
    field.storage = *storage;
    field.slot = edited.slot;
    field.nullable = true;
    field.plain = false;
    field.dictionary = nullptr;
    field.literal.clear();
    field.children.clear();
    field.low = INT64_MIN;
    field.high = INT64_MAX;
    if (*storage == Storage::text) field.type = Type{.kind = Kind::text};
    edited_.push_back(std::move(edited));
    return static_cast<int>(edited_.size()) - 1;
}

OutgoingBatch::OutgoingBatch(std::shared_ptr<const Schema> schema, const std::vector<EditedField>& edited)
    : edited_(edited), columns_(edited.size()) {
    batch_.schema = std::move(schema);
}

void OutgoingBatch::begin(const Batch& batch, const int64_t* late) {
    const uint32_t rows = rows_in_memory(batch);
    auto schema = std::move(batch_.schema);
    batch_ = batch;
    batch_.schema = std::move(schema);
    batch_.labels.clear();
    batch_.slots.resize(static_cast<size_t>(batch_.schema->slot_count));
    places_.assign(rows, 0);
    for (uint32_t place = 0; place < batch.rows; ++place) places_[row_at(place)] = place;
    removed_.assign(rows, 0);
    shapes_.assign(rows, 0);
    struck_.assign(rows, 0);
    batch_.struck = struck_.data();
    due_.assign(rows, INT64_MIN);
    late_ = late;
    for (uint32_t row = 0; late != nullptr && row < rows; ++row)
        if (late[row] > 0) due_[row] = arrival(row);
    passes_.assign(rows, 0);
    copies_.clear();
    rows_.clear();
    hits_.clear();
    damages_.clear();
    texts_used_ = 0;
    for (size_t i = 0; i < edited_.size(); ++i) fill(edited_[i], columns_[i], batch);
}

/// Copies a column as it was generated into one that can be written.
void OutgoingBatch::fill(const EditedField& field, Column& column, const Batch& from) {
    const auto rows = static_cast<uint32_t>(places_.size());
    const Field& source = field.source;
    const Slot* slot = slot_of(source, from);
    column.null.assign(rows + padding, 0);
    if (slot != nullptr && slot->null != nullptr) std::copy_n(slot->null, rows, column.null.begin());
    auto number = [&](uint32_t row) -> int64_t {
        if (slot == nullptr || slot->values == nullptr) return field.entries.at(0);
        const int64_t value = integer_of(source.storage, slot->values, row);
        return field.entries.empty() ? value : field.entries.at(static_cast<size_t>(value));
    };
    Slot& to = batch_.slots[static_cast<size_t>(field.slot)];
    to = {.null = column.null.data(), .rows = rows};
    auto numbers = [&]<typename T>(std::vector<T>& values) {
        values.assign(rows + padding, T{});
        for (uint32_t row = 0; row < rows; ++row)
            if (column.null[row] == 0) values[row] = static_cast<T>(number(row));
        to.values = values.data();
    };
    switch (field.storage) {
        case Storage::u8: return numbers(column.bytes);
        case Storage::i32: return numbers(column.i32);
        case Storage::i64: return numbers(column.i64);
        case Storage::f64:
            if (source.storage != Storage::f64) return numbers(column.f64);
            column.f64.assign(rows + padding, 0);
            std::copy_n(static_cast<const double*>(slot->values), rows, column.f64.begin());
            to.values = column.f64.data();
            return;
        default: break;
    }
    column.text.assign(rows + padding, TextView{});
    std::string printed;
    std::vector<uint32_t> ends(rows);
    for (uint32_t row = 0; row < rows; ++row) {
        if (column.null[row] == 0) append_value(printed, source, from, row);
        ends[row] = static_cast<uint32_t>(printed.size());
    }
    const char* kept = keep(printed);
    for (uint32_t row = 0, begin = 0; row < rows; begin = ends[row++])
        column.text[row] = {kept + begin, ends[row] - begin, 0};
    to.values = column.text.data();
}

const char* OutgoingBatch::keep(const std::string& text) {
    if (texts_used_ == texts_.size()) texts_.push_back(std::make_unique<std::string>());
    std::string& kept = *texts_[texts_used_++];
    kept = text;
    kept.append(padding, '\0');  // may be read past its end
    return kept.data();
}

void OutgoingBatch::finish() {
    for (uint32_t place = 0; place < batch_.rows; ++place) {
        const uint32_t row = row_at(place);
        if (removed_[row] != 0) continue;
        rows_.push_back({row, place, shapes_[row], due_[row], passes_[row]});
    }
    // A copy stands behind the record it is made of, and goes its own way from there.
    std::ranges::stable_sort(copies_, {}, [&](const Copy& copy) { return places_[copy.row]; });
    const auto originals = static_cast<ptrdiff_t>(rows_.size());
    for (const Copy& copy : copies_) rows_.push_back({copy.row, places_[copy.row], shapes_[copy.row], copy.due, 0});
    std::inplace_merge(rows_.begin(), rows_.begin() + originals, rows_.end(),
                       [](const OutgoingRow& a, const OutgoingRow& b) { return a.place < b.place; });
    std::ranges::stable_sort(hits_, {}, &Hit::place);
    std::ranges::stable_sort(damages_, {}, [&](const Damage& one) { return places_[one.row]; });
    size_t next = 0;
    for (OutgoingRow& one : rows_) {
        while (next < damages_.size() && places_[damages_[next].row] < one.place) ++next;
        size_t end = next;
        while (end < damages_.size() && damages_[end].row == one.row) ++end;
        one.damage_begin = static_cast<uint32_t>(next);
        one.damage_end = static_cast<uint32_t>(end);
    }
}

void OutgoingBatch::remove(uint32_t row) {
    removed_[row] = 1;
    std::erase_if(copies_, [&](const Copy& copy) { return copy.row == row; });
}

void OutgoingBatch::copy(uint32_t row, int64_t delay_us) {
    const bool is_at_once = delay_us == 0 && (late_ == nullptr || late_[row] == 0);
    copies_.push_back({row, is_at_once || batch_.times == nullptr ? INT64_MIN : arrival(row) + delay_us});
}

void OutgoingBatch::hold_until(uint32_t row, int64_t instant) { due_[row] = std::max(due_[row], instant); }
void OutgoingBatch::hold_for(uint32_t row, int64_t passes) { passes_[row] = std::max(passes_[row], passes); }
void OutgoingBatch::reshape(uint32_t row) { shapes_[row] |= 1U << fault_; }
void OutgoingBatch::damage(uint32_t row, uint64_t base) { damages_.push_back({row, fault_, base}); }

bool OutgoingBatch::print(int edited, uint32_t row, std::string& out) const {
    if (is_null(edited, row)) return false;
    const EditedField& field = edited_[static_cast<size_t>(edited)];
    const Field* now = find_field(*batch_.schema, field.path);
    append_value(out, *now, batch_, row);
    return true;
}

int64_t OutgoingBatch::integer(int edited, uint32_t row) const {
    const Column& column = columns_[static_cast<size_t>(edited)];
    switch (storage_of(edited)) {
        case Storage::u8: return column.bytes[row];
        case Storage::i32: return column.i32[row];
        default: return column.i64[row];
    }
}

double OutgoingBatch::real(int edited, uint32_t row) const { return columns_[static_cast<size_t>(edited)].f64[row]; }

void OutgoingBatch::set_null(int edited, uint32_t row) { columns_[static_cast<size_t>(edited)].null[row] = 1; }

void OutgoingBatch::set_integer(int edited, uint32_t row, int64_t value) {
    Column& column = columns_[static_cast<size_t>(edited)];
    column.null[row] = 0;
    switch (storage_of(edited)) {
        case Storage::u8: column.bytes[row] = value != 0; return;
        case Storage::i32:
            column.i32[row] = static_cast<int32_t>(std::clamp<int64_t>(value, INT32_MIN, INT32_MAX));
            return;
        default: column.i64[row] = value; return;
    }
}

void OutgoingBatch::set_real(int edited, uint32_t row, double value) {
    Column& column = columns_[static_cast<size_t>(edited)];
    column.null[row] = 0;
    column.f64[row] = value;
}

void OutgoingBatch::set_text(int edited, uint32_t row, const std::string& value) {
    Column& column = columns_[static_cast<size_t>(edited)];
    column.null[row] = 0;
    column.text[row] = {keep(value), static_cast<uint32_t>(value.size()), 0};
}

Hit& OutgoingBatch::add_hit(uint32_t row) {
    struck_[row] |= 1U << fault_;
    Hit hit;
    hit.row = row;
    hit.place = places_[row];
    hit.fault = fault_;
    return hits_.emplace_back(std::move(hit));
}

void OutgoingBatch::note(uint32_t row) { add_hit(row); }

void OutgoingBatch::note_sent(uint32_t row, std::string sent) {
    Hit& hit = add_hit(row);
    hit.has_sent = true;
    hit.sent = std::move(sent);
}

void OutgoingBatch::note_edit(uint32_t row, int edited, bool had_value, std::string was) {
    Hit& hit = add_hit(row);
    hit.field = edited_[static_cast<size_t>(edited)].path;
    hit.has_was = had_value;
    hit.was = std::move(was);
    hit.has_sent = print(edited, row, hit.sent);
}

void OutgoingBatch::note_field(uint32_t row, std::string field, std::string was, std::string sent) {
    Hit& hit = add_hit(row);
    hit.field = std::move(field);
    hit.was = std::move(was);
    hit.sent = std::move(sent);
    hit.has_was = !hit.was.empty();
    hit.has_sent = !hit.sent.empty();
}

}  // namespace headwater
