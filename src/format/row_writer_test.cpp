// For the law that every way of writing rows gives the same bytes, and these are the ones that data/print spells.
#include "format/row_writer.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "base/print.h"
#include "data/print.h"
#include "format/csv/csv.h"
#include "format/json/json.h"
#include "format/random_batch_test.h"

namespace headwater {
namespace {

uint32_t row_at(const Batch& batch, uint32_t i) { return batch.order != nullptr ? batch.order[i] : i; }

std::string identity_of(const Batch& batch, uint32_t row) {
    const std::string number =
        std::to_string(batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row);
    return "r1/" + batch.schema->stream + "/" +
           (batch.entities != nullptr ? std::to_string(batch.entities[row]) + "-" : "") + number;
}

std::string json_record(const Batch& batch, uint32_t row, bool identity) {
    std::string out = "{";
    for (const Field& field : batch.schema->fields) {
        if (out.size() > 1) out += ",";
        out += "\"";
        out += field.name;
        out += "\":";
        append_json(out, field, batch, row);
    }
    if (identity) {
        out += ",\"_headwater\":\"";
        append_json_escaped(out, identity_of(batch, row));
        out += "\"";
    }
    return out + "}\n";
}

/// As CSV sees it: a number that is none has no text.
bool is_empty_cell(const Field& field, const Batch& batch, uint32_t row) {
    if (field.storage != Storage::f64) return is_null(field, batch, row);
    std::string text;
    append_value(text, field, batch, row);
    return text.empty();
}

std::string csv_cell(const std::string& text) {
    const bool unsafe =
        text.empty() || text.front() == ' ' || text.back() == ' ' || text.find_first_of(",\"\r\n") != std::string::npos;
    if (!unsafe) return text;
    std::string out = "\"";
    for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

void add_csv(std::string& out, const Field& field, const Batch& batch, uint32_t row, bool absent) {
    absent = absent || is_empty_cell(field, batch, row);
    if (field.storage == Storage::record) {
        for (const Field& child : field.children) add_csv(out, child, batch, row, absent);
        return;
    }
    std::string text;
    append_value(text, field, batch, row);
    out += absent ? "" : csv_cell(text);
    out += ",";
}

std::string csv_record(const Batch& batch, uint32_t row, bool identity) {
    std::string out;
    for (const Field& field : batch.schema->fields) add_csv(out, field, batch, row, false);
    if (identity) return out + csv_cell(identity_of(batch, row)) + "\n";
    out.back() = '\n';
    return out;
}

/// Encodes the batch and compares each record, found by its end, with what `expected` spells.
template <typename Expected>
void check_records(const Format& format, const Batch& batch, bool identity, Expected expected) {
    const auto encoder = format.record_encoder(*batch.schema, {.column = identity, .run = "r1"});
    Payload payload;
    encoder->encode(batch, payload);
    encoder->encode(batch, payload);
    REQUIRE(payload.rows == 2 * batch.rows);
    REQUIRE(payload.ends.size() == payload.rows);
    REQUIRE(payload.first_row == batch.first_row);
    uint32_t start = 0;
    for (uint32_t i = 0; i < payload.rows; ++i) {
        const uint32_t row = row_at(batch, i % batch.rows);
        REQUIRE(payload.bytes.substr(start, payload.ends[i] - start) == expected(batch, row, identity));
        REQUIRE(payload.times[i] == batch.times[row]);
        start = payload.ends[i];
    }
    REQUIRE(payload.bytes.size() == start);
}

/// Small batches, and now and then one that is full or nearly so.
uint32_t rows_of(uint64_t seed) {
    const auto small = static_cast<uint32_t>(mix(seed) % 40);
    return seed % 20 == 7 ? Batch::max_rows - small % 6 : 1 + small;
}

TEST_SUITE("format/row_writer") {
    TEST_CASE("JSON of random batches is what data/print spells, and parses") {
        const auto format = make_json_format(false);
        for (uint64_t seed = 0; seed < 300; ++seed) {
            CAPTURE(seed);
            const RandomBatch random(mix(seed), {.rows = rows_of(seed), .nested = seed % 2 == 0});
            check_records(*format, random.batch, seed % 3 == 0, json_record);
            const std::string record = json_record(random.batch, 0, true);
            REQUIRE(nlohmann::json::accept(record));
        }
    }

    TEST_CASE("CSV of random batches is what data/print spells, in quotes where it must be") {
        const auto format = make_csv_format({});
        for (uint64_t seed = 0; seed < 300; ++seed) {
            CAPTURE(seed);
            const RandomBatch random(mix(seed + 1000), {.rows = rows_of(seed), .nested = seed % 2 == 0});
            check_records(*format, random.batch, seed % 3 == 0, csv_record);
        }
    }
}

}  // namespace
}  // namespace headwater
