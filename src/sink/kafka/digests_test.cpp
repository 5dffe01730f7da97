// For the claims about knowing records again.
#include "sink/kafka/digests.h"

#include <doctest/doctest.h>

using namespace headwater;

TEST_CASE("what is put together otherwise has another digest") {
    CHECK(digest_of("a", "b", "c") == digest_of("a", "b", "c"));
    CHECK(digest_of("ab", "", "c") != digest_of("a", "b", "c"));
    CHECK(digest_of("", "ab", "c") != digest_of("ab", "", "c"));
    CHECK(digest_of("a", "b", "") != digest_of("a", "", "b"));
}

TEST_CASE("a bag gives back as many as were put in") {
    DigestBag bag;
    auto one = digest_of("a", "1", "x"), other = digest_of("a", "2", "x");
    bag.add(one);
    bag.add(one);
    CHECK(!bag.take(other));
    CHECK(bag.take(one));
    CHECK(!bag.is_empty());
    CHECK(bag.take(one));
    CHECK(!bag.take(one));
    CHECK(bag.is_empty());
}

TEST_CASE("a bag can be written down and read again") {
    DigestBag bag, again;
    for (const char* row : {"1", "2", "2"}) bag.add(digest_of("stream", row, "value"));
    for (const std::string& text : bag.spelled()) CHECK(again.add_spelled(text));
    CHECK(again.spelled() == bag.spelled());
    CHECK(again.take(digest_of("stream", "2", "value")));
    CHECK(again.take(digest_of("stream", "2", "value")));
    CHECK(!again.take(digest_of("stream", "2", "value")));
    CHECK(!again.add_spelled("short"));
    CHECK(!again.add_spelled(std::string(32, 'g')));
}
