// For the claims about the order of batches and the numbers by which a broker knows them again.
#include "sink/kafka/partition.h"

#include <doctest/doctest.h>

#include <set>

using namespace headwater;

namespace {

const std::string stream = "p.s";

std::unique_ptr<KafkaBatch> batch_of(int records, int64_t first_row) {
    auto batch = std::make_unique<KafkaBatch>(4096);
    batch->stretches.push_back({0, &stream});
    for (int i = 0; i < records; ++i) {
        const std::string value = std::to_string(first_row + i);
        batch->numbers.push_back(first_row + i);
        const std::string none(33, '\0');
        REQUIRE(batch->records.append({.has_key = false,
                                       .key = "",
                                       .value = value,
                                       .headers = std::string_view(none).substr(0, 1),
                                       .row = "",
                                       .has_row = false,
                                       .time_ms = 1000 - i}));
    }
    return batch;
}

struct Fixture {
    KafkaTopic topic{"t", 1, 0, {0}};
    KafkaPartition partition{topic, 0};

    void seal(int records, int64_t first_row = 0) {
        partition.open = batch_of(records, first_row);
        partition.seal();
    }
    /// Sends the next batch and gives it; null when none may go.
    KafkaBatch* send() {
        KafkaBatch* batch = partition.next();
        if (batch != nullptr) partition.mark_sent(*batch);
        return batch;
    }
    /// Has the broker know the producer.
    void introduce() {
        seal(1);
        partition.settle(*send());
    }
};

std::vector<int32_t> sequences_of(const KafkaPartition& partition) {
    std::vector<int32_t> all;
    for (auto& batch : partition.queue()) all.push_back(batch->sequence);
    return all;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the first batch goes alone, for brokers take any number from whom they do not know") {
    seal(3);
    seal(2);
    KafkaBatch* first = send();
    REQUIRE(first != nullptr);
    CHECK(first->sequence == 0);
    CHECK(send() == nullptr);
    partition.settle(*first);
    CHECK(send()->sequence == 3);
}

TEST_CASE_FIXTURE(Fixture, "numbers go on from batch to batch, and begin at 0 behind the largest") {
    introduce();
    seal(2);
    seal(5);
    CHECK(send()->sequence == 1);
    CHECK(send()->sequence == 3);
    CHECK(sequence_after(INT32_MAX, 1) == 0);
    CHECK(sequence_after(INT32_MAX - 1, 5) == 3);
}

TEST_CASE_FIXTURE(Fixture,
                  "behind a batch that did not arrive nothing goes until all are answered, then all in order") {
    introduce();
    for (int i = 0; i < 3; ++i) seal(2);
    KafkaBatch *first = send(), *second = send(), *third = send();
    partition.put_back(*first, false);
    seal(2);
    CHECK(send() == nullptr);
    partition.put_back(*second, false);
    CHECK(send() == nullptr);
    partition.put_back(*third, false);
    CHECK(send() == first);
    CHECK(send() == second);
    CHECK(send() == third);
    CHECK(sequences_of(partition) == std::vector<int32_t>{1, 3, 5, -1});
    CHECK(send()->sequence == 7);
}

TEST_CASE_FIXTURE(Fixture, "a batch that may be there keeps its number, though one behind it is there") {
    introduce();
    seal(2);
    seal(2);
    seal(2);
    KafkaBatch *first = send(), *second = send();
    partition.put_back(*first, true);
    CHECK(partition.has_doubted());
    partition.settle(*second);
    CHECK(send()->sequence == 1);
    CHECK(send()->sequence == 5);
}

TEST_CASE_FIXTURE(Fixture, "what is left of a refused batch takes its numbers, and those behind it follow") {
    introduce();
    seal(4, 10);
    seal(3, 20);
    seal(1, 30);
    KafkaBatch *refused = send(), *behind = send();
    auto rest = rest_of(*refused, 2, [](int32_t place, const BatchRecord&) { return place != 1; });
    REQUIRE(rest.size() == 2);
    CHECK(rest[0]->numbers == std::vector<int64_t>{10, 12});
    CHECK(rest[1]->numbers == std::vector<int64_t>{13});
    CHECK(rest[0]->stream_of(1) == stream);
    partition.replace(*refused, std::move(rest));
    CHECK(send() == nullptr);
    partition.put_back(*behind, false);
    CHECK(sequences_of(partition) == std::vector<int32_t>{1, 3, 4, -1});
    for (int32_t sequence : {1, 3, 4, 7}) CHECK(send()->sequence == sequence);
}

TEST_CASE_FIXTURE(Fixture, "what was sent behind a record that is set aside is expected to come back") {
    introduce();
    seal(1);
    seal(2);
    KafkaBatch *refused = send(), *behind = send();
    CHECK(!partition.is_holding());
    partition.replace(*refused, {});
    CHECK(partition.is_holding());
    partition.put_back(*behind, false);
    CHECK(send() == behind);
    CHECK(behind->sequence == 1);
    CHECK(!partition.is_holding());
}

TEST_CASE_FIXTURE(Fixture, "another producer begins with 0 and sends everything again") {
    introduce();
    seal(2);
    seal(2);
    send();
    send();
    seal(1);
    partition.begin_anew();
    CHECK(!partition.has_doubted());
    KafkaBatch* first = send();
    CHECK(first->sequence == 0);
    CHECK(send() == nullptr);
    partition.settle(*first);
    CHECK(send()->sequence == 2);
    CHECK(send()->sequence == 4);
}

TEST_CASE_FIXTURE(Fixture, "a new leader gets nothing before the old one has answered") {
    introduce();
    seal(1);
    seal(1);
    KafkaBatch* first = send();
    partition.hold();
    CHECK(send() == nullptr);
    partition.settle(*first);
    CHECK(send() != nullptr);
}

TEST_CASE("the rest of a batch holds its records as they were") {
    auto batch = batch_of(100, 0);
    const std::string other = "p.other";
    batch->stretches.push_back({50, &other});
    auto rest = rest_of(*batch, 100, [](int32_t place, const BatchRecord&) { return place % 3 != 0; });
    REQUIRE(rest.size() == 1);
    BatchReader reader(rest[0]->records.records(), rest[0]->records.first_time_ms());
    int32_t place = 0;
    for (int32_t was = 0; was < 100; ++was) {
        if (was % 3 == 0) continue;
        auto record = reader.next();
        REQUIRE(record);
        CHECK(record->value == std::to_string(was));
        CHECK(record->time_ms == 1000 - was);
        CHECK(rest[0]->stream_of(place) == (was < 50 ? stream : other));
        ++place;
    }
    CHECK(reader.is_at_end());
    CHECK(rest_of(*batch, 100, [](int32_t, const BatchRecord&) { return false; }).empty());
}
