// For showing records as JSON: golden lines, arrays, identity, and what faults do to bounds.
#include "format/json/json.h"

#include <doctest/doctest.h>

#include <array>

#include "format/row_writer.h"

namespace headwater {
namespace {

/// Three rows of a small order.
struct Orders {
    std::array<int32_t, 3> number = {7, 1234567, -1}, total = {1999, -5, 100};
    std::array<int32_t, 3> quantity = {1, 9, 4};
    std::array<int64_t, 3> at = {1'793'491'200'000'000, 1'793'491'200'250'000, 1'793'491'261'000'000};
    std::array<TextView, 3> note = {TextView{"say \"hi\"\n", 9}, TextView{"", 0}, TextView{"Zürich", 7}};
    std::array<uint8_t, 80> state = {0, 1, 1}, paid = {1, 0, 1}, no_note = {0, 0, 1};
    std::array<uint32_t, 4> offsets = {0, 2, 2, 3};
    std::array<int32_t, 3> lines = {10, 20, 30};
    Batch batch;

    Orders() {
        auto schema = std::make_shared<Schema>();
        schema->stream = "shop.orders";
        auto states = std::make_shared<Dictionary>();
        states->values = {"open", "closed"};
        const auto column = [&](std::string name, Type type, Storage storage, const void* values) {
            batch.slots.push_back({values, nullptr, nullptr, 3});
            return Field{.name = std::move(name),
                         .type = std::move(type),
                         .storage = storage,
                         .slot = static_cast<int>(batch.slots.size()) - 1};
        };
        Field quantity_field = column("quantity", {.kind = Kind::integer}, Storage::i32, quantity.data());
        quantity_field.low = 1, quantity_field.high = 9;
        Field state_field = column("state", {.kind = Kind::text}, Storage::index8, state.data());
        state_field.dictionary = states;
        Field note_field = column("note", {.kind = Kind::text}, Storage::text, note.data());
        note_field.nullable = true;
        batch.slots.back().null = no_note.data();
        Field lines_field = {.name = "lines", .type = {.kind = Kind::list}, .storage = Storage::list};
        batch.slots.push_back({nullptr, nullptr, offsets.data(), 3});
        lines_field.slot = static_cast<int>(batch.slots.size()) - 1;
        lines_field.children = {column("item", {.kind = Kind::integer}, Storage::i32, lines.data())};
        Field detail = {.name = "detail", .type = {.kind = Kind::record}, .storage = Storage::record};
        detail.children = {note_field, lines_field};
        Field currency = {
            .name = "currency", .type = {.kind = Kind::text}, .storage = Storage::literal, .literal = "EUR"};
        schema->fields = {column("number", {.kind = Kind::integer}, Storage::i32, number.data()),
                          column("at", {.kind = Kind::instant}, Storage::i64, at.data()),
                          column("total", {.kind = Kind::decimal, .scale = 2}, Storage::i32, total.data()),
                          quantity_field,
                          currency,
                          state_field,
                          column("paid", {.kind = Kind::boolean}, Storage::u8, paid.data()),
                          detail};
        batch.schema = schema;
        batch.rows = 3;
        batch.first_row = 100;
        batch.times = at.data();
    }
};

std::string encoded(const Orders& orders, bool array, const IdentityOptions& identity = {}) {
    Payload payload;
    make_json_format(array)->record_encoder(*orders.batch.schema, identity)->encode(orders.batch, payload);
    return payload.bytes;
}

TEST_SUITE("format/json") {
    TEST_CASE("one object per line, fields in order") {
        CHECK(
            encoded(Orders{}, false) ==
            R"({"number":7,"at":"2026-11-01T00:00:00.000Z","total":19.99,"quantity":1,"currency":"EUR","state":"open","paid":true,"detail":{"note":"say \"hi\"\n","lines":[10,20]}}
{"number":1234567,"at":"2026-11-01T00:00:00.250Z","total":-0.05,"quantity":9,"currency":"EUR","state":"closed","paid":false,"detail":{"note":"","lines":[]}}
{"number":-1,"at":"2026-11-01T00:01:01.000Z","total":1.00,"quantity":4,"currency":"EUR","state":"closed","paid":true,"detail":{"note":null,"lines":[30]}}
)");
    }

    TEST_CASE("an array is one line") {
        Orders orders;
        orders.batch.rows = 1;
        const auto encoder = make_json_format(true)->record_encoder(*orders.batch.schema, {});
        CHECK(encoder->head() == "[");
        CHECK(encoder->between() == ",");
        CHECK(encoder->tail() == "]\n");
        const std::string element = encoded(orders, true);
        CHECK(element.starts_with(R"({"number":7,)"));
        CHECK(element.ends_with("[10,20]}}"));
    }

    TEST_CASE("identity is the last key: run, stream and row, or entity and ordinal") {
        Orders orders;
        CHECK(encoded(orders, false, {.column = true, .run = "r1"}).find(R"(,"_headwater":"r1/shop.orders/101"})") !=
              std::string::npos);
        const std::array<int64_t, 3> entities = {5, 6, 7}, ordinals = {0, 3, 1};
        orders.batch.entities = entities.data();
        orders.batch.row_numbers = ordinals.data();
        CHECK(encoded(orders, false, {.column = true, .run = "r1"}).find(R"(,"_headwater":"r1/shop.orders/6-3"})") !=
              std::string::npos);
    }

    TEST_CASE("a value outside its field's bounds is written all the same") {
        Orders orders;
        orders.quantity[1] = 1'000'000;
        CHECK(encoded(orders, false).find(R"("quantity":1000000,)") != std::string::npos);
        orders.quantity[1] = -3;
        CHECK(encoded(orders, false).find(R"("quantity":-3,)") != std::string::npos);
    }

    TEST_CASE("records follow the batch's order") {
        Orders orders;
        const std::array<uint32_t, 3> order = {2, 0, 1};
        orders.batch.order = order.data();
        CHECK(encoded(orders, false).starts_with(R"({"number":-1,)"));
    }

    TEST_CASE("flat records are written in lock step, nested ones are not") {
        Orders orders;
        Schema flat = *orders.batch.schema;
        const auto in_lockstep = [&] {
            return RowWriter([&](bool narrow) { return compile_json(flat, {}, false, narrow); }).in_lockstep();
        };
        CHECK_FALSE(in_lockstep());
        flat.fields.pop_back();
        CHECK(in_lockstep());
    }
}

}  // namespace
}  // namespace headwater
