// For the claims about faults on batches: whom they strike does not hang on batches, and what they leave alone stays.
#include "chaos/outgoing_stream.h"

#include <doctest/doctest.h>

#include <set>

#include "base/random.h"
#include "data/print.h"

using namespace headwater;

namespace {

/// Rows of one integer `id` (row * 2), one text `name` and an instant; generated in batches of any size.
struct Sample {
    std::shared_ptr<Schema> schema = std::make_shared<Schema>();
    std::vector<int64_t> id, times;
    std::vector<TextView> name;
    Batch batch;

    Sample() {
        Field number, text;
        number.name = "id";
        number.type.kind = Kind::integer;
        number.slot = 0;
        text.name = "name";
        text.type.kind = Kind::text;
        text.storage = Storage::text;
        text.slot = 1;
        schema->stream = "pack.stream";
        schema->fields = {number, text};
        schema->slot_count = 2;
        schema->key = "id";
    }

    const Batch& rows(int64_t first, uint32_t count) {
        id.assign(count + 64, 0);
        times.assign(count + 64, 0);
        name.assign(count + 64, TextView{"anna", 4, 0});
        for (uint32_t i = 0; i < count; ++i) id[i] = 2 * (first + i), times[i] = 1'000'000 * (first + i);
        batch.schema = schema;
        batch.rows = count;
        batch.first_row = first;
        batch.slots = {Slot{id.data(), nullptr, nullptr, count}, Slot{name.data(), nullptr, nullptr, count}};
        batch.times = times.data();
        return batch;
    }
};

FaultPlan fault(const std::string& verb, double chance, std::map<std::string, FaultValue, std::less<>> options = {}) {
    FaultPlan plan{.verb = verb, .name = verb, .key = key_of(verb), .chance = chance};
    plan.options = std::move(options);
    return plan;
}

FaultValue word(const std::string& text) {
    FaultValue value;
    value.text = text;
    return value;
}

FaultValue amount(int64_t low, int64_t high = 0) {
    FaultValue value;
    value.low = low;
    value.high = high;
    return value;
}

/// The ids delivered, and the places of the strokes in the stream.
struct Outcome {
    std::vector<std::string> rows;
    std::set<int64_t> struck;
};

Outcome strike(const std::vector<FaultPlan>& faults, int64_t count, uint32_t batch_rows) {
    Sample sample;
    auto stream = OutgoingStream::make(sample.schema, faults);
    REQUIRE(stream);
    OutgoingBatch outgoing((*stream)->schema(), (*stream)->edited());
    Outcome outcome;
    for (int64_t first = 0; first < count; first += batch_rows) {
        const auto rows = static_cast<uint32_t>(std::min<int64_t>(batch_rows, count - first));
        (*stream)->strike(sample.rows(first, rows), outgoing);
        for (const OutgoingRow& row : outgoing.rows()) {
            std::string text;
            const auto schema = (*stream)->schema_of(row.shape);
            for (const Field& field : schema->fields) {
                append_json(text, field, outgoing.batch(), row.row);
                text += ' ';
            }
            outcome.rows.push_back(text);
        }
        for (const Hit& hit : outgoing.hits()) outcome.struck.insert(first + hit.place);
    }
    return outcome;
}

}  // namespace

TEST_CASE("the same records are struck whatever the batches") {
    const std::vector<FaultPlan> faults = {fault("drop", 0.1), fault("duplicate", 0.1, {{"copies", amount(2)}}),
                                           fault("nullify", 0.1, {{"field", word("name")}}),
                                           fault("remove_field", 0.1, {{"field", word("id")}})};
    const Outcome whole = strike(faults, 1000, 500);
    for (uint32_t rows : {1U, 7U, 64U, 333U}) {
        const Outcome cut = strike(faults, 1000, rows);
        CHECK(cut.rows == whole.rows);
        CHECK(cut.struck == whole.struck);
    }
    CHECK(whole.struck.size() > 200);
    CHECK(whole.struck.size() < 450);
}

TEST_CASE("a fault with no chance strikes nobody, one with all strikes all") {
    CHECK(strike({fault("drop", 0)}, 100, 10).rows.size() == 100);
    CHECK(strike({fault("drop", 1)}, 100, 10).rows.empty());
}

TEST_CASE("a record that is removed is struck by no later fault") {
    const Outcome outcome = strike({fault("drop", 1), fault("duplicate", 1, {{"copies", amount(1)}})}, 10, 10);
    CHECK(outcome.rows.empty());
    CHECK(outcome.struck.size() == 10);
}

TEST_CASE("another fault moves no stroke of the first") {
    const Outcome alone = strike({fault("perturb", 0.2, {{"field", word("id")}, {"how", word("sign")}})}, 500, 50);
    const Outcome both = strike({fault("nullify", 0.2, {{"field", word("name")}}),
                                 fault("perturb", 0.2, {{"field", word("id")}, {"how", word("sign")}})},
                                500, 50);
    auto ids = [](const Outcome& outcome) {
        std::vector<std::string> ids;
        for (const std::string& row : outcome.rows) ids.push_back(row.substr(0, row.find(' ')));
        return ids;
    };
    CHECK(ids(alone) == ids(both));
}

TEST_CASE("a late record is held until its time and lateness, faults on top, and is struck by none for that") {
    Sample sample;
    Field late;
    late.name = "(late)";
    late.type.kind = Kind::duration;
    late.slot = 2;
    sample.schema->hidden = {late};
    sample.schema->late = late.name;
    sample.schema->slot_count = 3;
    const int64_t second = 1'000'000;
    auto due = [&](const std::vector<FaultPlan>& faults) {
        const auto stream = OutgoingStream::make(sample.schema, faults);
        REQUIRE(stream);
        CHECK((*stream)->holds());
        OutgoingBatch outgoing((*stream)->schema(), (*stream)->edited());
        sample.rows(10, 3);
        std::vector<int64_t> lateness = {0, 5 * second, 0};
        lateness.resize(3 + 64);
        sample.batch.slots.push_back(Slot{lateness.data(), nullptr, nullptr, 3});
        (*stream)->strike(sample.batch, outgoing);
        if (faults.empty()) CHECK(outgoing.hits().empty());
        std::vector<int64_t> instants;
        for (const OutgoingRow& row : outgoing.rows()) instants.push_back(row.due);
        return instants;
    };
    CHECK((due({}) == std::vector<int64_t>{INT64_MIN, 16 * second, INT64_MIN}));
    CHECK((due({fault("delay", 1, {{"by", amount(second, second)}})}) ==
           std::vector<int64_t>{11 * second, 17 * second, 13 * second}));
    // A copy comes right behind its record, or so much later.
    CHECK((due({fault("duplicate", 1, {{"copies", amount(1)}})}) ==
           std::vector<int64_t>{INT64_MIN, INT64_MIN, 16 * second, 16 * second, INT64_MIN, INT64_MIN}));
    CHECK((due({fault("revert", 1, {{"after", amount(second, second)}})}) ==
           std::vector<int64_t>{INT64_MIN, 11 * second, 16 * second, 17 * second, INT64_MIN, 13 * second}));
}

TEST_CASE("a fault fits the versions of a schema that have its field, and one that fits none is refused") {
    Sample sample;
    auto second = std::make_shared<Schema>(*sample.schema);
    second->version = 2;
    second->fields.pop_back();
    sample.schema->versions = {{100, second}};
    const auto stream =
        OutgoingStream::make(sample.schema, {fault("nullify", 1, {{"field", word("name")}}), fault("drop", 1)});
    REQUIRE(stream);
    REQUIRE((*stream)->versions() == 2);
    CHECK((*stream)->version_at(99) == 0);
    CHECK((*stream)->version_at(100) == 1);
    std::vector<uint32_t> struck;
    for (uint32_t version : {0U, 1U}) {
        const OutgoingStream& one = (*stream)->version(version);
        OutgoingBatch outgoing(one.schema(), one.edited());
        one.strike(sample.rows(0, 1), outgoing);
        for (const Hit& hit : outgoing.hits()) struck.push_back(hit.fault);
    }
    CHECK((struck == std::vector<uint32_t>{0, 1, 1}));
    CHECK((*stream)->schema()->versions.at(0).schema->fields.size() == 1);
    const auto refused = OutgoingStream::make(sample.schema, {fault("nullify", 1, {{"field", word("nosuch")}})});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "Stream pack.stream has no such field (it has id, name): nosuch");
}

TEST_CASE("fields that a stream lacks, and faults that do not fit, are refused") {
    Sample sample;
    auto missing = OutgoingStream::make(sample.schema, {fault("nullify", 1, {{"field", word("nosuch")}})});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message == "Stream pack.stream has no such field (it has id, name): nosuch");
    auto text = OutgoingStream::make(sample.schema, {fault("perturb", 1, {{"field", word("name")}})});
    REQUIRE_FALSE(text);
    CHECK(text.error().message.starts_with("Only numbers and times can be perturbed"));
}

TEST_CASE("windows come again as often as they are told") {
    const FaultWindow window{.from = 100, .length = 10, .every = 50, .times = 2};
    for (int64_t time : {99, 110, 149, 160, 200, 205}) CHECK_FALSE(window.holds(time));
    for (int64_t time : {100, 109, 150, 159}) CHECK(window.holds(time));
    CHECK(window.end_of(105) == 110);
    CHECK(window.end_of(155) == 160);
}

TEST_CASE("every verb is made and says what it is") {
    std::set<std::string_view> names;
    for (const FaultVerb& verb : fault_verbs()) {
        CHECK(names.insert(verb.name).second);
        CHECK_FALSE(verb.help.empty());
        CHECK(find_fault_verb(verb.name) == &verb);
        CHECK(verb.make(FaultPlan{.verb = std::string(verb.name)}) != nullptr);
    }
    CHECK(names.size() == 23);
    CHECK(find_fault_verb("dorp") == nullptr);
}
