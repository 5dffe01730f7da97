// For the claims about the answer key: who is in it, in which order, and how a record is named.
#include "chaos/answer_key.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "data/print.h"

using namespace headwater;

namespace {

/// A stream with one integer column `id`, valued 100 + row.
struct Sample {
    std::vector<int64_t> id, times, entities, ordinals;
    std::vector<uint32_t> order;
    std::vector<std::string> names{"fraud", "probe"};
    Batch batch;

    explicit Sample(uint32_t rows, std::string key = "id") : id(rows + 64), times(rows + 64) {
        auto schema = std::make_shared<Schema>();
        Field field;
        field.name = "id";
        field.type.kind = Kind::integer;
        field.slot = 0;
        schema->stream = "pack.stream";
        schema->fields = {field};
        schema->slot_count = 1;
        schema->key = std::move(key);
        batch.schema = schema;
        batch.rows = rows;
        batch.first_row = 1000;
        for (uint32_t i = 0; i < rows; ++i) id[i] = 100 + i, times[i] = 7 * i;
        batch.slots = {Slot{id.data(), nullptr, nullptr, rows}};
        batch.times = times.data();
        batch.label_names = &names;
    }
};

struct Answers {
    std::vector<std::string> lines;  ///< row/entity/ordinal key name
    std::vector<uint32_t> owners;
    std::vector<uint32_t> batch_rows;
    int64_t last_time = 0;
};

Answers describe(const Batch& batch) {
    auto schema = answer_key_schema("pack.stream", "r1");
    AnswerKey key(batch.schema, schema);
    Answers answers;
    key.describe(batch, {}, [&](Batch& rows, const std::vector<uint32_t>& owners) {
        for (uint32_t i = 0; i < rows.rows; ++i) {
            std::string line;
            for (const char* name : {"row", "entity", "ordinal", "key", "name"}) {
                append_json(line, *find_field(*schema, name), rows, i);
                line += ' ';
            }
            answers.lines.push_back(line);
        }
        answers.owners.insert(answers.owners.end(), owners.begin(), owners.end());
        answers.batch_rows.push_back(rows.rows);
        answers.last_time = rows.times[rows.rows - 1];
    });
    return answers;
}

}  // namespace

TEST_CASE("the answer key has one record per label, named by row and key") {
    Sample sample(5);
    sample.batch.labels = {{1, 0}, {3, 0}, {3, 1}};
    Answers answers = describe(sample.batch);
    CHECK(answers.lines == std::vector<std::string>{R"(1001 null null "101" "fraud" )",
                                                    R"(1003 null null "103" "fraud" )",
                                                    R"(1003 null null "103" "probe" )"});
    CHECK(answers.owners == std::vector<uint32_t>{1, 3, 3});
    CHECK(answers.last_time == 21);
}

TEST_CASE("a batch without labels says nothing") { CHECK(describe(Sample(5).batch).lines.empty()); }

TEST_CASE("a stream without a key has null keys") {
    Sample sample(2, "");
    sample.batch.labels = {{0, 1}};
    CHECK(describe(sample.batch).lines == std::vector<std::string>{R"(1000 null null null "probe" )"});
}

TEST_CASE("records of entities are named by entity and ordinal") {
    Sample sample(2);
    sample.entities = {70, 71};
    sample.ordinals = {4, 5};
    sample.batch.entities = sample.entities.data();
    sample.batch.row_numbers = sample.ordinals.data();
    sample.batch.labels = {{1, 0}};
    CHECK(describe(sample.batch).lines == std::vector<std::string>{R"(null 71 5 "101" "fraud" )"});
}

TEST_CASE("labels come in the order of delivery, without those of rows taken out") {
    Sample sample(4);
    sample.order = {3, 0, 2};
    sample.batch.order = sample.order.data();
    sample.batch.rows = 3;
    sample.batch.labels = {{0, 0}, {1, 0}, {3, 0}};
    Answers answers = describe(sample.batch);
    CHECK(answers.lines.size() == 2);
    CHECK(answers.lines[0] == R"(1003 null null "103" "fraud" )");
    CHECK(answers.owners == std::vector<uint32_t>{0, 1});
}

TEST_CASE("more labels than a batch holds are spread over batches") {
    Sample sample(512);
    for (uint32_t row = 0; row < 512; ++row)
        for (uint32_t name : {0u, 1u}) sample.batch.labels.push_back({row, name});
    Answers answers = describe(sample.batch);
    CHECK(answers.batch_rows == std::vector<uint32_t>{512, 512});
    CHECK(answers.owners.back() == 511);
    CHECK(std::is_sorted(answers.owners.begin(), answers.owners.end()));
}
