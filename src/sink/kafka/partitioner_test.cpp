// For the claims about the choice of partitions.
#include "sink/kafka/partitioner.h"

#include <doctest/doctest.h>

#include <string>

using namespace headwater;

TEST_CASE("murmur2 hashes as Java's client does") {
    // The vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
    CHECK(static_cast<int32_t>(murmur2("21")) == -973932308);
    CHECK(static_cast<int32_t>(murmur2("foobar")) == -790332482);
    CHECK(static_cast<int32_t>(murmur2("a-little-bit-long-string")) == -985981536);
    CHECK(static_cast<int32_t>(murmur2("a-little-bit-longer-string")) == -1486304829);
    CHECK(static_cast<int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")) == -58897971);
    CHECK(static_cast<int32_t>(murmur2("abc")) == 479470107);
}

TEST_CASE("records of one key go to one partition, wherever they stand") {
    Payload payload;
    for (const char* key : {"21", "foobar", "21", "abc"}) {
        payload.key_bytes += key;
        payload.key_ends.push_back(static_cast<uint32_t>(payload.key_bytes.size()));
        payload.bytes += "x";
        payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
    }
    std::vector<int32_t> chosen;
    choose_partitions(payload, 7, chosen);
    CHECK(chosen[0] == (-973932308 & 0x7fffffff) % 7);
    CHECK(chosen[1] == (-790332482 & 0x7fffffff) % 7);
    CHECK(chosen[2] == chosen[0]);
    CHECK(chosen[3] == 479470107 % 7);
}

TEST_CASE("records of no key take turns in runs, whatever payload they come in") {
    Payload payload;
    for (int i = 0; i < 10; ++i) {
        payload.bytes += "x";
        payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
        payload.numbers.push_back(rows_of_a_run * 4 - 5 + i);
    }
    std::vector<int32_t> chosen;
    choose_partitions(payload, 3, chosen);
    CHECK(chosen == std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1});
    payload.entities.assign(10, 8);
    choose_partitions(payload, 3, chosen);
    CHECK(chosen == std::vector<int32_t>(10, 2));
}
