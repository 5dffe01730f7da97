// For the answer key: one record for every label and every fault of a stream, written beside the stream itself.
#include "chaos/answer_key.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "data/print.h"

namespace headwater {

namespace {

constexpr int row_slot = 0, entity_slot = 1, ordinal_slot = 2, key_slot = 3, kind_slot = 4, name_slot = 5,
              field_slot = 6, value_slot = 7, sent_slot = 8, slot_count = 9;
constexpr uint8_t label_kind = 0, fault_kind = 1;
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
        nullable(column("sent", Kind::text, Storage::text, sent_slot)),
    };
    return schema;
}

AnswerKey::AnswerKey(std::shared_ptr<const Schema> stream, std::shared_ptr<const Schema> answer_key,
                     std::vector<std::string> faults)
    : stream_(std::move(stream)),
      key_(stream_->key.empty() ? nullptr : find_field(*stream_, stream_->key)),
      faults_(std::move(faults)) {
    rows_.schema = std::move(answer_key);
    rows_.slots.resize(slot_count);
    constexpr size_t padded = Batch::max_rows + 64;
    for (auto* numbers : {&row_, &entity_, &ordinal_, &times_}) numbers->resize(padded);
    for (auto* texts : {&name_, &key_text_, &field_, &value_, &sent_}) texts->resize(padded);
    for (auto* nulls : {&field_null_, &value_null_, &sent_null_}) nulls->resize(padded);
    kind_.resize(padded);
    all_null_.assign(padded, 1);
}

void AnswerKey::describe(const Batch& batch, const std::vector<Hit>& hits, const Receiver& receive) {
    if (batch.labels.empty() && hits.empty()) return;
    HW_CHECK(batch.labels.empty() || batch.label_names != nullptr);
    sort_labels(batch);
    size_t next = 0;
    auto add_one = [&](const auto& one) {
        add(batch, one);
        if (rows_.rows == Batch::max_rows) hand_over(batch, receive);
    };
    for (const Label& label : labels_) {
        const uint32_t place = batch.order == nullptr ? label.row : places_[label.row];
        for (; next < hits.size() && hits[next].place < place; ++next) add_one(hits[next]);
        add_one(label);
    }
    for (; next < hits.size(); ++next) add_one(hits[next]);
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

/// Begins a row about a record; gives where it is.
uint32_t AnswerKey::begin_row(const Batch& batch, uint32_t row, uint32_t owner) {
    const uint32_t i = rows_.rows++;
    const int64_t number = batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row;
    row_[i] = ordinal_[i] = number;
    entity_[i] = batch.entities != nullptr ? batch.entities[row] : 0;
    times_[i] = batch.times != nullptr ? batch.times[row] : 0;
    owners_.push_back(owner);
    if (key_ != nullptr) append_value(key_bytes_, *key_, batch, row);
    key_ends_.push_back(key_bytes_.size());
    return i;
}

void AnswerKey::add(const Batch& batch, const Label& label) {
    const uint32_t i = begin_row(batch, label.row, batch.order == nullptr ? label.row : places_[label.row]);
    kind_[i] = label_kind;
    name_[i] = view_of((*batch.label_names)[label.name]);
    value_[i] = view_of(true_value);
    value_null_[i] = 0;
    field_null_[i] = sent_null_[i] = 1;
}

void AnswerKey::add(const Batch& batch, const Hit& hit) {
    const uint32_t i = begin_row(batch, hit.row, hit.place);
    kind_[i] = fault_kind;
    name_[i] = view_of(faults_[hit.fault]);
    field_[i] = view_of(hit.field);
    value_[i] = view_of(hit.was);
    sent_[i] = view_of(hit.sent);
    field_null_[i] = hit.field.empty();
    value_null_[i] = !hit.has_was;
    sent_null_[i] = !hit.has_sent;
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
    rows_.slots[field_slot] = {field_.data(), field_null_.data(), nullptr, rows};
    rows_.slots[value_slot] = {value_.data(), value_null_.data(), nullptr, rows};
    rows_.slots[sent_slot] = {sent_.data(), sent_null_.data(), nullptr, rows};
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
