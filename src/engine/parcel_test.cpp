// For the claims about records that move between parcels: all that belongs to a record goes with it.
#include "engine/parcel.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

/// Records of one byte more each than the one before, with two words: 10 i and 10 i + 1.
Payload payload_of(size_t records) {
    Payload payload;
    payload.words_each = 2;
    for (size_t i = 0; i < records; ++i) {
        payload.bytes.append(i, static_cast<char>('a' + i));
        payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
        payload.times.push_back(static_cast<int64_t>(i));
        payload.words.push_back(10 * i);
        payload.words.push_back(10 * i + 1);
    }
    payload.rows = static_cast<uint32_t>(records);
    return payload;
}

using Words = std::vector<uint64_t>;

}  // namespace

TEST_CASE("words go with their records, whether those have bytes or none") {
    const Payload from = payload_of(4);
    Payload to;
    append_records(from, 0, 1, to);
    append_records(from, 2, 4, to);
    CHECK(to.words_each == 2);
    CHECK(to.words == Words{0, 1, 20, 21, 30, 31});
    CHECK(to.bytes == "ccddd");
    CHECK(record_at(from, 3).words == Words{30, 31});
}

TEST_CASE("words leave with the records that are cut off") {
    Parcel parcel;
    parcel.payload = payload_of(4);
    CHECK(parcel.bytes() == 6 + 8 * 8);
    truncate(parcel, 3);
    CHECK(parcel.payload.words == Words{0, 1, 10, 11, 20, 21});
    drop_front(parcel, 2);
    CHECK(parcel.payload.words == Words{20, 21});
    CHECK(parcel.payload.bytes == "cc");
    CHECK(front_of(parcel, 0).payload.words.empty());
}
