// For the claim that a copied batch is whole: it reads the same when everything it was copied from is gone.
#include "data/batch_copy.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "data/print.h"

using namespace headwater;

namespace {

Field field_of(std::string name, Kind kind, Storage storage, int slot) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.storage = storage;
    field.slot = slot;
    return field;
}

/// A batch of two rows with a column of each kind of storage that owns memory; all of it can be overwritten.
struct Original {
    std::vector<uint8_t> flags = std::vector<uint8_t>(80), nulls{0, 1};
    std::vector<int32_t> small = std::vector<int32_t>(80);
    std::vector<double> reals = std::vector<double>(80);
    std::vector<unsigned char> uuids = std::vector<unsigned char>(160, 0xab);
    std::string bytes = "first-second";
    std::vector<TextView> texts = std::vector<TextView>(80);
    std::vector<uint32_t> offsets{0, 1, 3};
    std::vector<int64_t> items = std::vector<int64_t>(80);
    std::vector<int64_t> times{10, 20}, entities{7, 8}, numbers{0, 4};
    std::vector<uint32_t> order{1, 0};
    Batch batch;

    Original() {
        auto schema = std::make_shared<Schema>();
        Field list = field_of("list", Kind::list, Storage::list, 5);
        Field item = field_of("item", Kind::integer, Storage::i64, 6);
        list.type.fields = {item};
        list.children = {item};
        Field text = field_of("text", Kind::text, Storage::text, 4);
        text.nullable = true;
        schema->fields = {field_of("flag", Kind::boolean, Storage::u8, 0),
                          field_of("small", Kind::integer, Storage::i32, 1),
                          field_of("real", Kind::real, Storage::f64, 2),
                          field_of("uuid", Kind::uuid, Storage::uuid, 3),
                          text,
                          list};
        schema->slot_count = 7;
        flags[1] = 1;
        small[1] = -5;
        reals[0] = 0.5;
        texts[0] = {bytes.data(), 5, 0};
        items[0] = 1, items[1] = 2, items[2] = 3;
        batch.schema = schema;
        batch.rows = 2;
        batch.slots = {Slot{flags.data(), nullptr, nullptr, 2},      Slot{small.data(), nullptr, nullptr, 2},
                       Slot{reals.data(), nullptr, nullptr, 2},      Slot{uuids.data(), nullptr, nullptr, 2},
                       Slot{texts.data(), nulls.data(), nullptr, 2}, Slot{nullptr, nullptr, offsets.data(), 2},
                       Slot{items.data(), nullptr, nullptr, 3}};
        batch.times = times.data();
        batch.entities = entities.data();
        batch.row_numbers = numbers.data();
        batch.order = order.data();
        batch.labels = {{1, 0}};
    }

    void overwrite() {
        for (auto* memory : {&flags, &nulls}) std::fill(memory->begin(), memory->end(), uint8_t{99});
        std::fill(small.begin(), small.end(), 99);
        std::fill(reals.begin(), reals.end(), 99);
        std::fill(uuids.begin(), uuids.end(), uint8_t{0});
        std::fill(bytes.begin(), bytes.end(), '?');
        std::fill(items.begin(), items.end(), 99);
        for (auto* memory : {&times, &entities, &numbers}) std::fill(memory->begin(), memory->end(), int64_t{99});
        std::fill(order.begin(), order.end(), 99u);
        std::fill(offsets.begin(), offsets.end(), 0u);
    }
};

std::string spell_batch(const Batch& batch) {
    std::string text;
    for (uint32_t i = 0; i < batch.rows; ++i) {
        uint32_t row = batch.order[i];
        for (const Field& field : batch.schema->fields) {
            append_json(text, field, batch, row);
            text += ' ';
        }
        text += std::to_string(batch.times[row]) + "/" + std::to_string(batch.entities[row]) + "/" +
                std::to_string(batch.row_numbers[row]) + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a copy reads the same when its original is overwritten") {
    Original original;
    std::string before = spell_batch(original.batch);
    CHECK(before.find("null [2,3] 20/8/4") != std::string::npos);
    CHECK(before.find("\"first\" [1] 10/7/0") != std::string::npos);
    BatchCopies copies;
    copies.append(original.batch);
    original.overwrite();
    original.batch.labels.clear();
    CHECK(spell_batch(copies.at(0)) == before);
    CHECK(copies.at(0).labels.size() == 1);
    CHECK(copies.at(0).labels[0].row == 1);
}

TEST_CASE("memory is used again after clear, and copies beyond one block stay whole") {
    Original original;
    std::string before = spell_batch(original.batch);
    BatchCopies copies;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 2000; ++i) copies.append(original.batch);
        CHECK(copies.size() == 2000);
        CHECK(copies.bytes() > (1 << 20));
        CHECK(spell_batch(copies.at(0)) == before);
        CHECK(spell_batch(copies.at(1999)) == before);
        copies.clear();
        CHECK(copies.size() == 0);
        CHECK(copies.bytes() == 0);
    }
}
