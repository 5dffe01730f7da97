// For showing records as CSV: header, quoting, absent values, options.
#include "format/csv/csv.h"

#include <doctest/doctest.h>

#include <array>

namespace headwater {
namespace {

/// Two rows with what CSV finds hard.
struct Rows {
    std::array<TextView, 2> name = {TextView{"a,b", 3}, TextView{"", 0}};
    std::array<int32_t, 2> amount = {5, 6}, items = {1, 2};
    std::array<uint8_t, 2> no_detail = {0, 1};
    std::array<uint32_t, 3> offsets = {0, 2, 2};
    Batch batch;

    Rows() {
        auto schema = std::make_shared<Schema>();
        schema->stream = "shop.rows";
        const Field text = {.name = "name", .type = {.kind = Kind::text}, .storage = Storage::text, .slot = 0};
        const Field number = {
            .name = "amount;eur", .type = {.kind = Kind::integer}, .storage = Storage::i32, .slot = 1};
        Field list = {.name = "items", .type = {.kind = Kind::list}, .storage = Storage::list, .slot = 3};
        list.children = {{.name = "item", .type = {.kind = Kind::integer}, .storage = Storage::i32, .slot = 4}};
        Field detail = {
            .name = "detail", .type = {.kind = Kind::record}, .nullable = true, .storage = Storage::record, .slot = 2};
        detail.children = {number, list};
        const Field fixed = {
            .name = "said", .type = {.kind = Kind::text}, .storage = Storage::literal, .literal = "\"yes\""};
        schema->fields = {text, detail, fixed};
        batch.slots = {{name.data(), nullptr, nullptr, 2},
                       {amount.data(), nullptr, nullptr, 2},
                       {nullptr, no_detail.data(), nullptr, 2},
                       {nullptr, nullptr, offsets.data(), 2},
                       {items.data(), nullptr, nullptr, 2}};
        batch.schema = schema;
        batch.rows = 2;
    }
};

std::string encoded(const CsvOptions& options, const IdentityOptions& identity = {}) {
    const Rows rows;
    Payload payload;
    const auto encoder = make_csv_format(options)->record_encoder(*rows.batch.schema, identity);
    encoder->encode(rows.batch, payload);
    return std::string(encoder->head()) + payload.bytes;
}

TEST_SUITE("format/csv") {
    TEST_CASE("nested fields have dotted names, lists are JSON, an absent record is all empty") {
        CHECK(encoded({}) ==
              "name,detail.amount;eur,detail.items,said\n"
              "\"a,b\",5,\"[1,2]\",\"\"\"yes\"\"\"\n"
              "\"\",,,\"\"\"yes\"\"\"\n");
    }

    TEST_CASE("records are one cell of JSON where that is asked for") {
        CHECK(encoded({.records_are_json = true}) ==
              "name,detail,said\n"
              "\"a,b\",\"{\"\"amount;eur\"\":5,\"\"items\"\":[1,2]}\",\"\"\"yes\"\"\"\n"
              "\"\",,\"\"\"yes\"\"\"\n");
    }

    TEST_CASE("line end, delimiter and header are options") {
        CHECK(encoded({.line_end = "\r\n", .delimiter = ";"}) ==
              "name;\"detail.amount;eur\";detail.items;said\r\n"
              "a,b;5;[1,2];\"\"\"yes\"\"\"\r\n"
              "\"\";;;\"\"\"yes\"\"\"\r\n");
        CHECK(encoded({.header = false}).starts_with("\"a,b\",5"));
    }

    TEST_CASE("identity is the last column") {
        CHECK(encoded({}, {.column = true, .run = "r1"}).find(",r1/shop.rows/1\n") != std::string::npos);
        CHECK(encoded({}, {.column = true, .run = "a,b"}).find(",\"a,b/shop.rows/0\"\n") != std::string::npos);
    }

    TEST_CASE("options that no reader would understand are refused with their value") {
        CHECK(check_csv_options({}));
        CHECK(check_csv_options({.delimiter = "\t"}));
        CHECK(check_csv_options({.delimiter = "x"}).error().message == "CSV delimiter must be one of , ; tab |: x");
        CHECK_FALSE(check_csv_options({.line_end = "\r"}));
        CHECK_FALSE(check_csv_options({.delimiter = ""}));
    }
}

}  // namespace
}  // namespace headwater
