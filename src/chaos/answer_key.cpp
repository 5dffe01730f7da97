// For the answer key: one record for every label (later: every fault) of a stream, written beside the stream itself.
#include "chaos/answer_key.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "data/print.h"

namespace headwater {

namespace {

constexpr int row_slot = 0, entity_slot = 1, ordinal_slot = 2, key_slot = 3, kind_slot = 4, name_slot = 5,
              field_slot = 6, value_slot = 7, slot_count = 8;
constexpr uint8_t label_kind = 0;
constexpr std::string_view true_value = "true";

Field column(std::string name, Kind kind, Storage storage, int slot) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.storage = storage;
    field.slot = slot;
    return field;
}

Field nullable(Field field) {
    field.nullable = true;
    return field;
}

Field constant(std::string name, const std::string& value) {
    Field field = column(std::move(name), Kind::text, Storage::literal, -1);
    field.literal = value;
    return field;
}

TextView view_of(std::string_view text) { return {text.data(), static_cast<uint32_t>(text.size()), 0}; }

}  // namespace

std::shared_ptr<const Schema> answer_key_schema(const std::string& stream, const std::string& run) {
    auto kinds = std::make_shared<Dictionary>();
    kinds->values = {"label", "fault"};
    Field kind = column("kind", Kind::enumeration, Storage::index8, kind_slot);
    kind.type.symbols = kinds->values;
    kind.dictionary = kinds;
    kind.plain = true;

    auto schema = std::make_shared<Schema>();
    schema->stream = stream;
    schema->slot_count = slot_count;
    schema->key = "key";
    schema->fields = {
        constant("run", run),
        constant("stream", stream),
        nullable(column("row", Kind::integer, Storage::i64, row_slot)),
        nullable(column("entity", Kind::integer, Storage::i64, entity_slot)),
        nullable(column("ordinal", Kind::integer, Storage::i64, ordinal_slot)),
        nullable(column("key", Kind::text, Storage::text, key_slot)),
        kind,
        column("name", Kind::text, Storage::text, name_slot),
        nullable(column("field", Kind::text, Storage::text, field_slot)),
        nullable(column("value", Kind::text, Storage::text, value_slot)),
    };
    return schema;
}

AnswerKey::AnswerKey(std::shared_ptr<const Schema> stream, std::shared_ptr<const Schema> answer_key)
    : stream_(std::move(stream)), key_(stream_->key.empty() ? nullptr : find_field(*stream_, stream_->key)) {
    rows_.schema = std::move(answer_key);
    rows_.slots.resize(slot_count);
    constexpr size_t padded = Batch::max_rows + 64;
    for (auto* numbers : {&row_, &entity_, &ordinal_, &times_}) numbers->resize(padded);
    for (auto* texts : {&name_, &key_text_, &value_}) texts->resize(padded);
    kind_.assign(padded, label_kind);
    all_null_.assign(padded, 1);
}

void AnswerKey::describe(const Batch& batch, const Receiver& receive) {
    if (batch.labels.empty()) return;
    HW_CHECK(batch.label_names != nullptr);
    sort_labels(batch);
    for (const Label& label : labels_) {
        add(batch, label);
        if (rows_.rows == Batch::max_rows) hand_over(batch, receive);
    }
    if (rows_.rows > 0) hand_over(batch, receive);
}

/// Labels follow their records: with a permutation their order changes, and those of rows taken out are gone.
void AnswerKey::sort_labels(const Batch& batch) {
    labels_.assign(batch.labels.begin(), batch.labels.end());
    if (batch.order == nullptr) return;
    uint32_t highest = 0;
    for (uint32_t i = 0; i < batch.rows; ++i) highest = std::max(highest, batch.order[i]);
    for (const Label& label : labels_) highest = std::max(highest, label.row);
    places_.assign(highest + size_t{1}, UINT32_MAX);
    for (uint32_t i = 0; i < batch.rows; ++i) places_[batch.order[i]] = i;
    std::erase_if(labels_, [&](const Label& label) { return places_[label.row] == UINT32_MAX; });
    std::stable_sort(labels_.begin(), labels_.end(),
                     [&](const Label& a, const Label& b) { return places_[a.row] < places_[b.row]; });
}

void AnswerKey::add(const Batch& batch, const Label& label) {
    uint32_t i = rows_.rows++;
    int64_t number = batch.row_numbers != nullptr ? batch.row_numbers[label.row] : batch.first_row + label.row;
    row_[i] = ordinal_[i] = number;
    entity_[i] = batch.entities != nullptr ? batch.entities[label.row] : 0;
    times_[i] = batch.times != nullptr ? batch.times[label.row] : 0;
    name_[i] = view_of((*batch.label_names)[label.name]);
    value_[i] = view_of(true_value);
    owners_.push_back(batch.order == nullptr ? label.row : places_[label.row]);
    if (key_ != nullptr) append_value(key_bytes_, *key_, batch, label.row);
    key_ends_.push_back(key_bytes_.size());
}

void AnswerKey::hand_over(const Batch& batch, const Receiver& receive) {
    size_t begin = 0;
    for (uint32_t i = 0; i < rows_.rows; ++i) {
        key_text_[i] = view_of(std::string_view(key_bytes_).substr(begin, key_ends_[i] - begin));
        begin = key_ends_[i];
    }
    bool is_flat = batch.entities == nullptr;
    const uint8_t* null = all_null_.data();
    uint32_t rows = rows_.rows;
    rows_.slots[row_slot] = {row_.data(), is_flat ? nullptr : null, nullptr, rows};
    rows_.slots[entity_slot] = {entity_.data(), is_flat ? null : nullptr, nullptr, rows};
    rows_.slots[ordinal_slot] = {ordinal_.data(), is_flat ? null : nullptr, nullptr, rows};
    rows_.slots[key_slot] = {key_text_.data(), key_ != nullptr ? nullptr : null, nullptr, rows};
    rows_.slots[kind_slot] = {kind_.data(), nullptr, nullptr, rows};
    rows_.slots[name_slot] = {name_.data(), nullptr, nullptr, rows};
    rows_.slots[field_slot] = {name_.data(), null, nullptr, rows};
    rows_.slots[value_slot] = {value_.data(), nullptr, nullptr, rows};
    rows_.row_numbers = row_.data();
    rows_.first_row = row_[0];
    rows_.times = times_.data();
    receive(rows_, owners_);
    rows_.rows = 0;
    owners_.clear();
    key_bytes_.clear();
    key_ends_.clear();
}

}  // namespace headwater
