// For rows of tables in compacted topics: the row behind a change in the way of the format, nothing but the line end for a delete.
#include "format/upsert.h"

#include <doctest/doctest.h>

#include <array>

#include "format/csv/csv.h"
#include "format/json/json.h"

namespace headwater {
namespace {

/// Three changes of rows with one column: an insert, an update, a delete.
struct Changes {
    std::array<uint8_t, 3> op = {0, 1, 2}, no_before = {1, 0, 0}, no_after = {0, 0, 1};
    std::array<int32_t, 3> before = {0, 7, 8}, after = {7, 8, 8};
    std::array<uint32_t, 4> order = {2, 0, 2, 1};
    Batch batch;

    Changes() {
        auto schema = std::make_shared<Schema>();
        schema->stream = "shop.rows";
        schema->is_of_table = true;
        schema->fields = {{.name = "op", .type = {.kind = Kind::integer}, .storage = Storage::u8, .slot = 0},
                          row("before", 1, 2),
                          row("after", 3, 4)};
        batch.slots = {{op.data(), nullptr, nullptr, 3},
                       {nullptr, no_before.data(), nullptr, 3},
                       {before.data(), nullptr, nullptr, 3},
                       {nullptr, no_after.data(), nullptr, 3},
                       {after.data(), nullptr, nullptr, 3}};
        batch.schema = schema;
        batch.rows = 3;
    }

    static Field row(const std::string& name, int slot, int column) {
        Field field = {
            .name = name, .type = {.kind = Kind::record}, .nullable = true, .storage = Storage::record, .slot = slot};
        field.children = {{.name = "size", .type = {.kind = Kind::integer}, .storage = Storage::i32, .slot = column}};
        return field;
    }
};

std::vector<std::string> records_of(const Payload& payload) {
    std::vector<std::string> records;
    uint32_t begin = 0;
    for (const uint32_t end : payload.ends) {
        records.push_back(payload.bytes.substr(begin, end - begin));
        begin = end;
    }
    CHECK(begin == payload.bytes.size());
    return records;
}

TEST_SUITE("format/upsert") {
    TEST_CASE("a record is the row behind the change, and a delete nothing but the line end") {
        const Changes changes;
        Payload payload;
        const auto encoder = make_upsert_format(make_json_format(false))->record_encoder(*changes.batch.schema, {});
        encoder->encode(changes.batch, payload);
        CHECK(payload.has_tombstones);
        CHECK(records_of(payload) == std::vector<std::string>{"{\"size\":7}\n", "{\"size\":8}\n", "\n"});
    }

    TEST_CASE("rows that come in another order, or twice, are told of in that order, behind what a payload holds") {
        Changes changes;
        Payload payload;
        const auto encoder = make_upsert_format(make_csv_format({}))->record_encoder(*changes.batch.schema, {});
        encoder->encode(changes.batch, payload);
        changes.batch.order = changes.order.data();
        changes.batch.rows = 4;
        encoder->encode(changes.batch, payload);
        CHECK(records_of(payload) == std::vector<std::string>{"7\n", "8\n", "\n", "\n", "7\n", "\n", "8\n"});
        CHECK(encoder->head() == "size\n");
    }

    TEST_CASE("a stream of no table is as the format has it") {
        Changes changes;
        auto schema = std::make_shared<Schema>(*changes.batch.schema);
        schema->is_of_table = false;
        changes.batch.schema = schema;
        Payload payload;
        make_upsert_format(make_json_format(false))->record_encoder(*schema, {})->encode(changes.batch, payload);
        CHECK(!payload.has_tombstones);
        CHECK(records_of(payload).back() == "{\"op\":2,\"before\":{\"size\":8},\"after\":null}\n");
    }
}

}  // namespace
}  // namespace headwater
