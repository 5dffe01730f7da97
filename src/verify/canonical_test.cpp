// For holding to what the page on verify says is equal, and what is not.
#include "verify/canonical.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace headwater {
namespace {

Type type_of(Kind kind, uint8_t scale = 0) {
    Type type;
    type.kind = kind;
    type.scale = scale;
    return type;
}

bool are_equal(const Type& type, std::pair<Rendering, const char*> a, std::pair<Rendering, const char*> b) {
    return hash_rendered(type, a.first, a.second) == hash_rendered(type, b.first, b.second);
}

constexpr Rendering number = Rendering::number, text = Rendering::text, any = Rendering::any;

TEST_CASE("canonical: a decimal is its value, however many zeros it has and whatever its exponent") {
    const Type money = type_of(Kind::decimal, 2);
    const ValueHash stored = hash_stored(money, int64_t{150});
    for (const char* same : {"1.5", "1.50", "1.500", "15e-1", "0.15E1", "+1.5", "01.5"})
        CHECK_MESSAGE(hash_rendered(money, number, same) == stored, same);
    for (const char* other : {"1.51", "-1.5", "15", "1.5000000000000002", "1.505", "", ".", "1.5.0", "1,5", "1.5x"})
        CHECK_MESSAGE(hash_rendered(money, number, other) != stored, other);
    CHECK(hash_rendered(money, any, "1.5") == stored);
    CHECK_MESSAGE(hash_rendered(money, text, "1.5") != stored, "a text is no number");
}

TEST_CASE("canonical: whole numbers keep all 64 bits") {
    const Type whole = type_of(Kind::integer);
    for (int64_t value : {int64_t{0}, int64_t{-1}, int64_t{9'007'199'254'740'993}, INT64_MAX, INT64_MIN})
        CHECK(hash_rendered(whole, number, std::to_string(value)) == hash_stored(whole, value));
    CHECK(hash_rendered(whole, number, "5.0") == hash_stored(whole, int64_t{5}));
    CHECK(hash_rendered(whole, number, "5e3") == hash_stored(whole, int64_t{5000}));
    CHECK(hash_rendered(whole, number, "-0") == hash_stored(whole, int64_t{0}));
    CHECK(hash_rendered(whole, number, "9223372036854775808") != hash_stored(whole, INT64_MIN));
    CHECK(hash_rendered(whole, number, "100000000000000000000000000000000000001") != hash_stored(whole, int64_t{1}));
    CHECK(hash_rendered(whole, number, "5.5") != hash_stored(whole, int64_t{5}));
}

TEST_CASE("canonical: an instant is a point in time, whatever its zone and its form") {
    const Type seen = type_of(Kind::instant);
    const ValueHash stored = hash_stored(seen, int64_t{1'767'225'600'123'000});
    for (auto [rendering, same] : {std::pair{text, "2026-01-01T00:00:00.123Z"},
                                   {text, "2026-01-01T00:00:00.123+00:00"},
                                   {text, "2026-01-01 00:00:00.123"},
                                   {text, "2026-01-01 00:00:00.123000 UTC"},
                                   {text, "2026-01-01T01:30:00.123+0130"},
                                   {text, "2025-12-31T23:00:00.123-01"},
                                   {number, "1767225600123"},
                                   {number, "1767225600123000"},
                                   {number, "1767225600123000000"},
                                   {number, "1767225600.123"}})
        CHECK_MESSAGE(hash_rendered(seen, rendering, same) == stored, same);
    for (auto [rendering, other] : {std::pair{text, "2026-01-01T00:00:00.124Z"},
                                    {text, "2026-01-01T00:00:00Z"},
                                    {text, "2026-01-01T00:00:00.1230001Z"},
                                    {text, "2026-02-30T00:00:00.123Z"},
                                    {text, "1767225600123"},
                                    {number, "1767225600"},
                                    {text, "2026-01-01T24:00:00.123Z"},
                                    {text, ""}})
        CHECK_MESSAGE(hash_rendered(seen, rendering, other) != stored, other);
}

TEST_CASE("canonical: what is finer than an instant's unit was never sent") {
    Type seconds = type_of(Kind::instant);
    seconds.unit = TimeUnit::second;
    CHECK(hash_stored(seconds, int64_t{1'999'999}) == hash_rendered(seconds, text, "1970-01-01T00:00:01Z"));
    CHECK(hash_stored(seconds, int64_t{-1}) == hash_rendered(seconds, text, "1969-12-31T23:59:59Z"));
    CHECK(hash_stored(seconds, int64_t{1'999'999}) != hash_rendered(seconds, text, "1970-01-01T00:00:01.5Z"));
}

TEST_CASE("canonical: a counted instant is counted in its own unit alone") {
    Type counted = type_of(Kind::instant);
    counted.form = InstantForm::epoch;
    const ValueHash stored = hash_stored(counted, int64_t{1'000'000});
    CHECK(hash_rendered(counted, number, "1000") == stored);
    CHECK(hash_rendered(counted, number, "1") != stored);
    CHECK(hash_rendered(counted, text, "1970-01-01T00:00:01Z") == stored);
}

TEST_CASE("canonical: uuids, dates, durations, reals and truths in their usual renderings") {
    const Type uuid = type_of(Kind::uuid), date = type_of(Kind::date), span = type_of(Kind::duration),
               real = type_of(Kind::real), truth = type_of(Kind::boolean);
    const char* plain = "00112233-4455-6677-8899-aabbccddeeff";
    CHECK(are_equal(uuid, {text, plain}, {text, "00112233-4455-6677-8899-AABBCCDDEEFF"}));
    CHECK(are_equal(uuid, {text, plain}, {text, "00112233445566778899aabbccddeeff"}));
    CHECK_FALSE(are_equal(uuid, {text, plain}, {text, "10112233-4455-6677-8899-aabbccddeeff"}));
    CHECK_FALSE(are_equal(uuid, {text, plain}, {text, "00112233-4455-6677-8899-aabbccddeefg"}));
    CHECK(are_equal(date, {text, "2026-11-01"}, {text, "2026-11-01T00:00:00Z"}));
    CHECK_FALSE(are_equal(date, {text, "2026-11-01"}, {text, "2026-11-01T00:00:01Z"}));
    CHECK(hash_rendered(span, text, "P1DT2H3M4.5S") == hash_stored(span, int64_t{93'784'500'000}));
    CHECK(hash_rendered(span, text, "PT26H") == hash_rendered(span, text, "P1DT2H"));
    CHECK_FALSE(are_equal(span, {text, "PT1H"}, {text, "PT1M"}));
    CHECK(are_equal(real, {number, "1e3"}, {number, "1000.0"}));
    CHECK(are_equal(real, {number, "-0.0"}, {number, "0"}));
    CHECK_FALSE(are_equal(real, {number, "0.1"}, {number, "0.10000000000000002"}));
    CHECK(are_equal(truth, {Rendering::truth, "true"}, {any, "TRUE"}));
    CHECK_FALSE(are_equal(truth, {Rendering::truth, "true"}, {number, "1"}));
    CHECK_FALSE(are_equal(type_of(Kind::text), {text, "1"}, {number, "1"}));
}

}  // namespace
}  // namespace headwater
