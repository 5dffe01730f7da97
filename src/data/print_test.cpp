// For showing how each type and storage prints, as plain text and as JSON.
#include "data/print.h"

#include <doctest/doctest.h>

#include <array>

namespace headwater {
namespace {

/// A batch of two rows whose columns are put in by hand.
struct Rows {
    Batch batch;
    Schema schema;

    Rows() { batch.rows = 2; }

    int slot(const void* values, const uint8_t* null = nullptr, const uint32_t* offsets = nullptr, uint32_t rows = 2) {
        batch.slots.push_back({values, null, offsets, rows});
        return static_cast<int>(batch.slots.size()) - 1;
    }
    std::string value(const Field& field, uint32_t row) const {
        std::string out;
        append_value(out, field, batch, row);
        return out;
    }
    std::string json(const Field& field, uint32_t row) const {
        std::string out;
        append_json(out, field, batch, row);
        return out;
    }
};

Field field(std::string name, Type type, Storage storage, int slot) {
    Field f;
    f.name = std::move(name);
    f.type = std::move(type);
    f.storage = storage;
    f.slot = slot;
    return f;
}

TEST_SUITE("data/print") {
    TEST_CASE("numbers print bare in both ways") {
        Rows rows;
        const std::array<int32_t, 2> small = {-7, 1234};
        const std::array<int64_t, 2> large = {INT64_MIN, 5};
        const std::array<double, 2> reals = {0.1, 1.0 / 0.0};
        const std::array<uint8_t, 2> flags = {0, 1};
        const Field i32 = field("a", {Kind::integer}, Storage::i32, rows.slot(small.data()));
        const Field money = field("b", {.kind = Kind::decimal, .scale = 2}, Storage::i32, rows.slot(small.data()));
        const Field i64 = field("c", {Kind::integer}, Storage::i64, rows.slot(large.data()));
        const Field real = field("d", {Kind::real}, Storage::f64, rows.slot(reals.data()));
        const Field flag = field("e", {Kind::boolean}, Storage::u8, rows.slot(flags.data()));
        CHECK(rows.json(i32, 0) == "-7");
        CHECK(rows.json(money, 0) == "-0.07");
        CHECK(rows.value(money, 1) == "12.34");
        CHECK(rows.json(i64, 0) == "-9223372036854775808");
        CHECK(rows.json(real, 0) == "0.1");
        CHECK(rows.json(real, 1) == "null");
        CHECK(rows.value(real, 1) == "");
        CHECK(rows.value(flag, 0) == "false");
        CHECK(rows.json(flag, 1) == "true");
    }

    TEST_CASE("times print by form and unit") {
        Rows rows;
        const std::array<int64_t, 2> instants = {1'793'491'200'123'456, -1};
        const std::array<int32_t, 2> days = {0, 20758};
        const int slot = rows.slot(instants.data());
        const auto at = [&](InstantForm form, TimeUnit unit) {
            return field("at", {.kind = Kind::instant, .form = form, .unit = unit}, Storage::i64, slot);
        };
        CHECK(rows.json(at(InstantForm::iso, TimeUnit::milli), 0) == "\"2026-11-01T00:00:00.123Z\"");
        CHECK(rows.json(at(InstantForm::offset, TimeUnit::second), 0) == "\"2026-11-01T00:00:00+00:00\"");
        CHECK(rows.value(at(InstantForm::local, TimeUnit::micro), 0) == "2026-11-01T00:00:00.123456");
        CHECK(rows.json(at(InstantForm::epoch, TimeUnit::milli), 0) == "1793491200123");
        CHECK(rows.json(at(InstantForm::epoch, TimeUnit::second), 1) == "-1");
        CHECK(rows.json(field("d", {Kind::date}, Storage::i32, rows.slot(days.data())), 1) == "\"2026-11-01\"");
        CHECK(rows.json(field("p", {Kind::duration}, Storage::i64, slot), 1) == "\"-PT0.000001S\"");
    }

    TEST_CASE("texts are quoted and escaped in JSON only") {
        Rows rows;
        const std::array<TextView, 2> texts = {TextView{"a\"b", 3}, TextView{"", 0}};
        const std::array<uint8_t, 2> index = {1, 0};
        auto words = std::make_shared<Dictionary>();
        words->values = {"new\nline", "done"};
        const Field text = field("t", {Kind::text}, Storage::text, rows.slot(texts.data()));
        Field word = field("w", {Kind::text}, Storage::index8, rows.slot(index.data()));
        word.dictionary = words;
        Field number = word;
        number.type = {Kind::integer};
        Field fixed = field("f", {Kind::text}, Storage::literal, -1);
        fixed.literal = "EUR";
        const Field nothing = field("n", {Kind::null}, Storage::literal, -1);
        Field cut = field("c", {Kind::text}, Storage::cut, -1);
        cut.children = {fixed, text, word};
        CHECK(rows.value(text, 0) == "a\"b");
        CHECK(rows.json(text, 0) == "\"a\\\"b\"");
        CHECK(rows.json(text, 1) == "\"\"");
        CHECK(rows.json(word, 0) == "\"done\"");
        CHECK(rows.json(word, 1) == "\"new\\nline\"");
        CHECK(rows.json(number, 0) == "done");
        CHECK(rows.json(fixed, 1) == "\"EUR\"");
        CHECK(rows.json(nothing, 0) == "null");
        CHECK(rows.value(nothing, 0) == "");
        CHECK(rows.json(cut, 0) == "\"EURa\\\"bdone\"");
        CHECK(rows.value(cut, 0) == "EURa\"bdone");
    }

    TEST_CASE("a null value prints as null in JSON and as nothing otherwise") {
        Rows rows;
        const std::array<int32_t, 2> values = {1, 2};
        const std::array<uint8_t, 2> null = {1, 0};
        const Field f = field("a", {Kind::integer}, Storage::i32, rows.slot(values.data(), null.data()));
        CHECK(rows.json(f, 0) == "null");
        CHECK(rows.value(f, 0) == "");
        CHECK(rows.json(f, 1) == "2");
    }

    TEST_CASE("records, lists and maps print as JSON in both ways") {
        Rows rows;
        const std::array<int32_t, 3> items = {1, 2, 3};
        const std::array<TextView, 3> keys = {TextView{"x", 1}, TextView{"y", 1}, TextView{"\"", 1}};
        const std::array<uint32_t, 3> offsets = {0, 2, 3};
        const Field item = field("item", {Kind::integer}, Storage::i32, rows.slot(items.data(), nullptr, nullptr, 3));
        const Field key = field("key", {Kind::text}, Storage::text, rows.slot(keys.data(), nullptr, nullptr, 3));
        Field list = field("l", {Kind::list}, Storage::list, rows.slot(nullptr, nullptr, offsets.data()));
        list.children = {item};
        Field map = field("m", {Kind::map}, Storage::map, rows.slot(nullptr, nullptr, offsets.data()));
        map.children = {key, item};
        Field record = field("r", {Kind::record}, Storage::record, -1);
        record.children = {list, map};
        CHECK(rows.value(list, 0) == "[1,2]");
        CHECK(rows.json(map, 1) == "{\"\\\"\":3}");
        CHECK(rows.json(record, 0) == R"({"l":[1,2],"m":{"x":1,"y":2}})");

        Schema schema;
        schema.fields = {record, item};
        REQUIRE(find_field(schema, "r.m") != nullptr);
        CHECK(find_field(schema, "r.m")->name == "m");
        CHECK(find_field(schema, "item") == &schema.fields[1]);
        CHECK(find_field(schema, "r.x") == nullptr);
        CHECK(find_field(schema, "r.m.key") == nullptr);
    }
}

}  // namespace
}  // namespace headwater
