// For records as they go out: what is around them, and of rows that are gone nothing but the line end.
#include "engine/record_maker.h"

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
        schema->slot_count = 5;
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

/// Makes the records of batches in an envelope.
Parcel made(const FeedEncoding& encoding, std::initializer_list<const Batch*> batches) {
    RecordMaker maker((*batches.begin())->schema, (*batches.begin())->schema, encoding);
    Parcel parcel;
    for (const Batch* batch : batches) maker.add(*batch, false, parcel);
    return parcel;
}

FeedEncoding encoding_of(std::unique_ptr<Format> format, EnvelopeRequest request, std::string_view envelope) {
    auto stage = EnvelopeStage::make(envelope, std::move(request));
    REQUIRE(stage);
    return {.format = std::move(format), .envelope = std::make_shared<const EnvelopeStage>(std::move(*stage))};
}

TEST_SUITE("engine/record_maker") {
    TEST_CASE("an upsert is the row behind the change, and of a delete nothing but the line end") {
        const Changes changes;
        const Parcel parcel = made(encoding_of(make_json_format(false), {}, "upsert"), {&changes.batch});
        CHECK(parcel.payload.has_tombstones);
        CHECK(records_of(parcel.payload) == std::vector<std::string>{"{\"size\":7}\n", "{\"size\":8}\n", "\n"});
    }

    TEST_CASE("rows that come in another order, or twice, are told of in that order, behind what a parcel holds") {
        Changes changes, again;
        again.batch.order = again.order.data();
        again.batch.rows = 4;
        const FeedEncoding encoding = encoding_of(make_csv_format({}), {}, "upsert");
        const Parcel parcel = made(encoding, {&changes.batch, &again.batch});
        CHECK(records_of(parcel.payload) == std::vector<std::string>{"7\n", "8\n", "\n", "\n", "7\n", "\n", "8\n"});
        const auto rows = encoding.envelope->schema_of(changes.batch.schema);
        CHECK(encoding.format->record_encoder(*rows, {})->head() == "size\n");
    }

    TEST_CASE("a stream of no table is as the format has it, and is refused where rows are meant") {
        Changes changes;
        auto schema = std::make_shared<Schema>(*changes.batch.schema);
        schema->is_of_table = false;
        changes.batch.schema = schema;
        const FeedEncoding encoding = encoding_of(make_json_format(false), {}, "upsert");
        const Parcel parcel = made(encoding, {&changes.batch});
        CHECK(!parcel.payload.has_tombstones);
        CHECK(records_of(parcel.payload).back() == "{\"op\":2,\"before\":{\"size\":8},\"after\":null}\n");
        CHECK(encoding.envelope->check(*schema, true).error().message.ends_with("name tables): shop.rows"));
    }

    TEST_CASE("a target that cannot hold a key without a value is refused") {
        const Changes changes;
        const auto stage = EnvelopeStage::make("upsert", {});
        CHECK(stage->check(*changes.batch.schema, true));
        CHECK(stage->check(*changes.batch.schema, false).error().message.ends_with("is for others): shop.rows"));
        CHECK(EnvelopeStage::make("", {})->check(*changes.batch.schema, false));
        CHECK(EnvelopeStage::make("debezium", {}).error().message == "Envelope is none of simple, upsert: debezium");
    }

    TEST_CASE(
        "an emulation's record holds its id, the time of the event and the record, and is known by a field of it") {
        Changes changes;
        const std::array<int64_t, 3> times = {1'500'000, 2'000'001, 3'000'000};
        changes.batch.times = times.data();
        changes.batch.order = changes.order.data();
        changes.batch.rows = 2;
        FeedEncoding encoding = encoding_of(make_json_format(false), {"run-7", {{"key_field", "op"}}}, "emulation");
        encoding.with_keys = true;
        const Parcel parcel = made(encoding, {&changes.batch});
        CHECK(records_of(parcel.payload) ==
              std::vector<std::string>{
                  "{\"emulation_id\":\"run-7\",\"timestamp\":3.000000,\"data\":{\"op\":2,\"before\":{\"size\":8},"
                  "\"after\":null}}\n",
                  "{\"emulation_id\":\"run-7\",\"timestamp\":1.500000,\"data\":{\"op\":0,\"before\":null,"
                  "\"after\":{\"size\":7}}}\n"});
        CHECK(parcel.payload.key_bytes == "20");
        CHECK(parcel.payload.key_ends == std::vector<uint32_t>{1, 2});
    }
}

}  // namespace
}  // namespace headwater
