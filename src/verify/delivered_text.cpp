// For records that faults struck, as they were delivered: their bytes in the run's own format, read as a copy is read.
#include "verify/delivered_text.h"

#include "base/text.h"

#include "base/check.h"
#include "format/formats.h"

namespace headwater {

uint64_t line_hash(std::string_view line) { return hash_bytes(line, text_tag).low; }

std::vector<std::string_view> landed_lines(std::string_view bytes, bool in_lines) {
    if (!in_lines) return {trimmed(bytes)};
    std::vector<std::string_view> lines;
    for (const std::string_view line : split(bytes, '\n'))
        if (!trimmed(line).empty()) lines.push_back(trimmed(line));
    return lines;
}

bool unwrap(const FormatKind* format, std::string_view bytes, std::string& json) {
    if (format == nullptr || format->reading != FormatReading::records) {
        json = bytes;
        return true;
    }
    const auto factories = factories_of(*format);
    HW_CHECK(factories);  // what was written is read by the same module
    return (*factories)->next(bytes, json) == bytes.size() && !json.empty();
}

DeliveredText::DeliveredText(const std::vector<Shape>& shapes, int shape, const Schema& schema,
                             const DeliveredForm& form)
    : shape_(shapes[static_cast<size_t>(shape)]),
      form_(form),
      index_(shape),
      version_(schema.version),
      encoder_(form.format->record_encoder(schema, form.identity)),
      only_{shape_},
      record_(shapes, false) {}

const std::string& DeliveredText::bytes_of(const Batch& batch, uint32_t row) {
    Batch one = batch;
    one.order = &row;
    one.rows = 1;
    payload_.clear();
    encoder_->encode(one, payload_);
    payload_.bytes.resize(payload_.bytes.size() - encoder_->line_end_bytes());
    return payload_.bytes;
}

LandedRecord* DeliveredText::read(const std::string& bytes) {
    record_.begin(index_);
    if (form_.format->kind().reading == FormatReading::csv) {
        if (!read_csv(bytes)) return nullptr;
    } else {
        if (!unwrap(&form_.format->kind(), bytes, padded_)) return nullptr;
        padded_.reserve(padded_.size() + json_padding_bytes);
        if (!json_.read(padded_, record_).empty()) return nullptr;
    }
    record_.settle_identity();
    return &record_;
}

/// Cells are known by the names of the columns in objects, and by their number in messages.
bool DeliveredText::read_csv(const std::string& bytes) {
    CsvRow row(form_.delimiter);
    row.read(bytes, true);
    CsvRecords records(only_);
    if (!form_.in_lines)
        return !records.begin(row.cells()) && records.shape() >= 0 && records.read(row, record_, json_).empty();
    std::vector<CsvCell> head;
    for (const int leaf : shape_.leaves_of(version_))
        head.push_back({shape_.leaves()[static_cast<size_t>(leaf)].path, false});
    if (form_.identity.column) head.push_back({"_headwater", false});
    return records.begin(head) && records.read(row, record_, json_).empty();
}

}  // namespace headwater
