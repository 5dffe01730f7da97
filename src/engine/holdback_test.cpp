// For the claims about records held back: when they go, in which order, and that none is lost.
#include "engine/holdback.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

/// Records `first`, `first` + 1, ... one a second, each its number as text; some are held back.
Parcel seconds(int64_t first, int64_t count, std::vector<HeldRow> held = {}) {
    Parcel parcel;
    parcel.first_record = first;
    parcel.end_record = first + count;
    for (int64_t i = 0; i < count; ++i) {
        parcel.payload.bytes += std::to_string(first + i) + " ";
        parcel.payload.ends.push_back(static_cast<uint32_t>(parcel.payload.bytes.size()));
        parcel.payload.times.push_back((first + i) * 1'000'000);
        parcel.payload.numbers.push_back(first + i);
        parcel.owners.push_back(static_cast<uint32_t>(i));
    }
    parcel.payload.rows = static_cast<uint32_t>(count);
    parcel.held = std::move(held);
    return parcel;
}

int64_t at(int64_t second) { return second * 1'000'000; }

/// What is delivered for a parcel.
std::string delivered(Holdback& holdback, Parcel parcel) {
    Parcel out;
    const bool is_changed = holdback.pass(parcel, out);
    const Payload& payload = is_changed ? out.payload : parcel.payload;
    CHECK(payload.numbers.size() == payload.ends.size());
    CHECK(payload.times.size() == payload.ends.size());
    return payload.bytes;
}

std::string rest(Holdback& holdback) {
    Parcel out;
    holdback.release_all(out);
    return out.payload.bytes;
}

}  // namespace

TEST_CASE("a parcel passes as it is while nothing is held") {
    Holdback holdback;
    Parcel parcel = seconds(0, 3), out;
    CHECK_FALSE(holdback.pass(parcel, out));
    CHECK(out.rows() == 0);
    CHECK(holdback.is_empty());
    CHECK(holdback.oldest() == INT64_MAX);
}

TEST_CASE("a record goes in front of the first one at or behind its instant") {
    Holdback holdback;
    CHECK(delivered(holdback, seconds(0, 6, {{1, at(4), 0}})) == "0 2 3 1 4 5 ");
    CHECK(holdback.is_empty());
    CHECK(delivered(holdback, seconds(6, 3, {{0, at(8) + 1, 0}, {1, at(8), 0}})) == "7 8 ");
    CHECK(holdback.oldest() == 6);
    CHECK(delivered(holdback, seconds(9, 2)) == "6 9 10 ");
}

TEST_CASE("a record goes when as many have passed as it waits for") {
    Holdback holdback;
    CHECK(delivered(holdback, seconds(0, 6, {{1, INT64_MIN, 2}, {2, INT64_MIN, 1}})) == "0 3 1 2 4 5 ");
    CHECK(delivered(holdback, seconds(6, 2, {{1, INT64_MIN, 9}})) == "6 ");
    CHECK(rest(holdback) == "7 ");
}

TEST_CASE("one that waits for both goes with the later") {
    Holdback holdback;
    CHECK(delivered(holdback, seconds(0, 8, {{0, at(5), 2}, {1, at(2), 4}})) == "2 3 4 0 5 1 6 7 ");
}

TEST_CASE("what is due goes although nothing new comes") {
    Holdback holdback;
    CHECK(delivered(holdback, seconds(0, 2, {{0, at(5), 0}, {1, at(3), 0}})).empty());
    Parcel early, late;
    holdback.advance(at(3), early);
    CHECK(early.rows() == 0);
    holdback.advance(at(4), late);
    CHECK(late.payload.bytes == "1 ");
    CHECK(rest(holdback) == "0 ");
    CHECK(holdback.is_empty());
}
