// For the claims about the memory of batches on their way, and about records that are set aside.
#include "sink/kafka/traffic.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

struct Fixture {
    KafkaTopic topic{"t", 1, 0, {0}};
    KafkaTraffic traffic;
    std::string stream = "p.s";

    Fixture() {
        TopicTraffic& one = traffic.topics.emplace_back();
        one.topic = &topic;
        one.batch_bytes = 100'000;
        one.partitions.emplace_back(topic, 0);
    }
    TopicTraffic& all() { return traffic.topics[0]; }
    KafkaPartition& partition() { return traffic.topics[0].partitions[0]; }

    void fill(size_t bytes) {
        partition().open = traffic.take_batch(all(), 0);
        ++traffic.open_batches;
        partition().open->stretches.push_back({0, &stream});
        const std::string value(bytes, 'v'), none(33, '\0');
        REQUIRE(partition().open->records.append({.has_key = true,
                                                  .key = "k",
                                                  .value = value,
                                                  .headers = std::string_view(none).substr(0, 1),
                                                  .row = "",
                                                  .has_row = false,
                                                  .time_ms = 7}));
        partition().open->numbers.push_back(42);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a batch that is nearly empty holds no more memory than its records") {
    fill(1000);
    CHECK(traffic.held_bytes > 100'000);
    traffic.seal(all(), partition());
    CHECK(traffic.held_bytes < 2000);
    CHECK(traffic.batches == 1);
    CHECK(traffic.open_batches == 0);
    CHECK(all().idle.size() == 1);
    KafkaBatch& sealed = *partition().next();
    BatchReader reader(sealed.records.records(), sealed.records.first_time_ms());
    CHECK(reader.next()->value == std::string(1000, 'v'));
    CHECK(sealed.stream_of(0) == "p.s");
    CHECK(sealed.numbers == std::vector<int64_t>{42});
    partition().mark_sent(sealed);
    traffic.give_back(all(), partition().settle(sealed));
    CHECK(traffic.held_bytes == 0);
    CHECK(traffic.batches == 0);
}

TEST_CASE_FIXTURE(Fixture, "a batch that is full stays where it is and is used again") {
    fill(60'000);
    const KafkaBatch* open = partition().open.get();
    traffic.seal(all(), partition());
    KafkaBatch& sealed = *partition().next();
    CHECK(&sealed == open);
    partition().mark_sent(sealed);
    traffic.give_back(all(), partition().settle(sealed));
    auto again = traffic.take_batch(all(), 0);
    CHECK(again.get() == open);
    CHECK(again->records.count() == 0);
    CHECK(again->stretches.empty());
    CHECK(traffic.take_batch(all(), 200'000)->records.capacity() == 200'000);
}

TEST_CASE_FIXTURE(Fixture, "a record that is set aside tells what it was") {
    fill(3);
    BatchReader reader(partition().open->records.records(), partition().open->records.first_time_ms());
    traffic.refuse(*partition().open, 0, *reader.next(), "why");
    REQUIRE(traffic.refusals.size() == 1);
    const Refusal& refusal = traffic.refusals[0];
    CHECK(refusal.stream == "p.s");
    CHECK(refusal.reason == "why");
    CHECK(refusal.payload.bytes == "vvv");
    CHECK(refusal.payload.key_bytes == "k");
    CHECK(refusal.payload.first_row == 42);
    CHECK(refusal.payload.times == std::vector<int64_t>{7000});
}
