// For printing one value of a column by its type, slowly and generally: keys, labels, previews, texts.
#pragma once

#include <string>

#include "data/batch.h"
#include "data/program.h"

namespace headwater {

/// Tells whether JSON has values of a type as text, in quotes.
bool is_quoted(const Type& type);
/// Appends the value of `field` in row `row` of the batch as plain text: text without quotes, null as "", lists and records as JSON.
void append_value(std::string& out, const Field& field, const Batch& batch, uint32_t row);
/// Appends the same value as JSON. Duration prints as ISO 8601 text, instant by its form, decimal with all its digits.
void append_json(std::string& out, const Field& field, const Batch& batch, uint32_t row);
/// Gives row `i` of a batch, as Batch::order has them, as a record by itself: a JSON object of its fields.
Payload row_as_record(const Batch& batch, uint32_t i);
/// Finds a field by dotted path, or null.
const Field* find_field(const Schema& schema, std::string_view path);
Field* find_field(Schema& schema, std::string_view path);
/// Prints one scalar held as a register value (`integer`, `real`, or `text`), as `type` says, without quotes.
/// Needs up to 64 bytes at `out` unless it is text, which the caller copies itself. Returns the end.
char* print_scalar(char* out, const Type& type, Phys phys, int64_t integer, double real, const unsigned char* uuid);

}  // namespace headwater
