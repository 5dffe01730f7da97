// For saying how the records of a stream become objects of a target: layouts, places, and what one object holds.
#include "engine/objects.h"

#include "data/print.h"

namespace headwater {

std::optional<Layout> layout_of(std::string_view name) {
    if (name == "grouped") return Layout::grouped;
    if (name == "chunked") return Layout::chunked;
    if (name == "single") return Layout::single;
    if (name == "hive") return Layout::hive;
    return std::nullopt;
}

void append_keys(const Batch& batch, const Schema& schema, Payload& payload) {
    const Field* key = schema.key.empty() ? nullptr : find_field(schema, schema.key);
    if (key == nullptr) return;
    for (uint32_t i = 0; i < batch.rows; ++i) {
        append_value(payload.key_bytes, *key, batch, batch.order != nullptr ? batch.order[i] : i);
        payload.key_ends.push_back(static_cast<uint32_t>(payload.key_bytes.size()));
    }
}

void append_identity(const Batch& batch, Payload& payload) {
    for (uint32_t i = 0; i < batch.rows; ++i) {
        const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
        payload.numbers.push_back(batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row);
        if (batch.entities != nullptr) payload.entities.push_back(batch.entities[row]);
    }
}

}  // namespace headwater
