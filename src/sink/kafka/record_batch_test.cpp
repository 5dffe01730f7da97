// For the claims about batches: bytes as Java and Python write them, and every record comes back.
#include "sink/kafka/record_batch.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "sink/kafka/crc32c.h"

using namespace headwater;

namespace {

/// Gives the headers that records of one stream share, and 32 bytes that may be read behind them.
std::string shared_headers() {
    return std::string("\x06\x1aheadwater-run\x04r1\x20headwater-stream\x06p.s\x1aheadwater-row") +
           std::string(32, '\0');
}

}  // namespace

TEST_CASE("the checksum is that of RFC 3720, for any length and however it is cut") {
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
    CHECK(crc32c("123456789") == 0xe3069283);
    std::string text;
    for (size_t i = 0; i < 20'000; ++i) text += static_cast<char>(mix(i));
    uint32_t bit_by_bit = 0xffffffff;
    for (size_t i = 0; i < text.size(); ++i) {
        bit_by_bit ^= static_cast<uint8_t>(text[i]);
        for (int bit = 0; bit < 8; ++bit) bit_by_bit = (bit_by_bit >> 1) ^ ((bit_by_bit & 1) != 0 ? 0x82f63b78 : 0);
        if (i % 997 != 0 && i + 1 < text.size()) continue;
        const std::string_view front = std::string_view(text).substr(0, i + 1);
        REQUIRE(crc32c(front) == ~bit_by_bit);
        const size_t cut = i / 3;
        REQUIRE(crc32c_of_both(crc32c(front.substr(0, cut)), crc32c(front.substr(cut)), front.size() - cut) ==
                ~bit_by_bit);
    }
}

TEST_CASE("a batch has the bytes that kafka-python gives it") {
    const std::string headers = shared_headers();
    const std::string_view shared = std::string_view(headers).substr(0, headers.size() - 32);
    RecordBatch batch(1000);
    const std::string long_value(200, 'v');
    REQUIRE(batch.append({.has_key = true,
                          .key = "k1",
                          .value = "value one",
                          .headers = shared,
                          .row = "7",
                          .has_row = true,
                          .time_ms = 1767225600678}));
    REQUIRE(batch.append({.has_key = false,
                          .key = "",
                          .value = long_value,
                          .headers = shared,
                          .row = "12-8",
                          .has_row = true,
                          .time_ms = 1767225600600}));
    REQUIRE(batch.append({.has_key = true,
                          .key = "",
                          .value = "",
                          .headers = shared,
                          .row = "9",
                          .has_row = true,
                          .time_ms = 1767225700000}));
    batch.seal({.producer_id = 4711, .epoch = 3, .sequence = 17});
    const std::string names =
        "061a6865616477617465722d72756e047231206865616477617465722d73747265616d06702e73"
        "1a6865616477617465722d726f77";
    // The leader's epoch, which is the broker's to fill in, is -1 here as in Java, and 0 there.
    CHECK(hex_of(batch.whole()) ==
          "0000000000000000000001c4ffffffff029675798d0000000000020000019b76daaaa60000019b76dc2ea0"
          "00000000000012670003000000110000000"
          "38e01000000046b311276616c7565206f6e65" +
              names + "0237" + "9204009b0102019003" + hex_of(long_value) + names + "0831322d38" + "7c00f48f0c04000" +
              "0" + names + "0239");
}

TEST_CASE("records come back from a batch, and their headers") {
    const std::string headers = shared_headers();
    const std::string_view shared = std::string_view(headers).substr(0, headers.size() - 32);
    RecordBatch batch(100'000);
    std::vector<std::string> values;
    for (int i = 0; i < 300; ++i) {
        values.emplace_back(mix(static_cast<uint64_t>(i)) % 300, static_cast<char>('a' + i % 26));
        const std::string row = std::to_string(i);
        REQUIRE(batch.append({.has_key = i % 2 == 0,
                              .key = row,
                              .value = values.back(),
                              .headers = shared,
                              .row = row,
                              .has_row = true,
                              .time_ms = 1'000'000 - 7 * i}));
    }
    BatchReader reader(batch.records(), batch.first_time_ms());
    for (int i = 0; i < 300; ++i) {
        auto record = reader.next();
        REQUIRE(record);
        CHECK(record->has_key == (i % 2 == 0));
        CHECK(record->key == (i % 2 == 0 ? std::to_string(i) : ""));
        CHECK(record->value == values[static_cast<size_t>(i)]);
        CHECK(record->time_ms == 1'000'000 - 7 * i);
        CHECK(header_in(record->headers, "headwater-row") == std::to_string(i));
        CHECK(header_in(record->headers, "headwater-run") == "r1");
        CHECK(!header_in(record->headers, "headwater"));
    }
    CHECK(!reader.next());
    CHECK(reader.is_at_end());
}

TEST_CASE("a record that does not fit leaves the batch as it was") {
    const std::string nothing = std::string(1, '\0') + std::string(32, '\0');
    const std::string_view none = std::string_view(nothing).substr(0, 1);
    RecordBatch batch(100);
    const std::string value(30, 'x');
    auto append = [&] {
        return batch.append(
            {.has_key = false, .key = "", .value = value, .headers = none, .row = "", .has_row = false, .time_ms = 5});
    };
    int count = 0;
    while (append()) ++count;
    CHECK(count == 2);
    CHECK(batch.count() == 2);
    CHECK(batch.records().size() == 2 * 37);
    BatchReader reader(batch.records(), batch.first_time_ms());
    CHECK(reader.next());
    CHECK(reader.next());
    CHECK(reader.is_at_end());
}

TEST_CASE("bytes that are no records end the reading") {
    for (std::string_view bytes :
         {"", "\x7f", "\x02", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x06\0\0\x09"}) {
        BatchReader reader(bytes, 0);
        CHECK(!reader.next());
    }
}

TEST_CASE("a record without a value comes back without one, and an empty value as an empty one") {
    const std::string headers = shared_headers();
    const std::string_view shared = std::string_view(headers).substr(0, headers.size() - 32);
    RecordBatch batch(1000), copy(1000);
    for (const bool has_value : {false, true})
        REQUIRE(batch.append(
            {.has_key = true, .has_value = has_value, .key = "k", .headers = shared, .row = "1", .has_row = true}));
    BatchReader first(batch.records(), batch.first_time_ms());
    while (auto record = first.next()) copy.append_again(*record);
    BatchReader reader(copy.records(), copy.first_time_ms());
    for (const bool has_value : {false, true}) {
        const auto record = reader.next();
        REQUIRE(record);
        CHECK(record->has_value == has_value);
        CHECK(record->value.empty());
        CHECK(record->key == "k");
        CHECK(header_in(record->headers, "headwater-row") == "1");
    }
    CHECK(reader.is_at_end());
    CHECK(!reader.next());
}
