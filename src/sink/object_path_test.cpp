// For the claims about names of objects.
#include "sink/object_path.h"

#include <doctest/doctest.h>

using namespace headwater;

TEST_CASE("a hidden path gives its hint back") {
    for (const char* hint : {"a.json", "folder/a.json", "a/b=c/d.e"}) CHECK(hint_of_hidden(hidden_path(hint)) == hint);
    CHECK(hidden_path("folder/a.json") == "folder/.a.json.part");
    for (const char* other : {"a.json", ".a.json", "a.json.part", "folder/.x", ""}) CHECK(hint_of_hidden(other) == "");
}

TEST_CASE("names that leave the folder or hide in it are refused") {
    for (const char* good : {"a", "a/b", "dt=2026-01-01/a.json"}) CHECK(check_object_name(good));
    for (const char* bad : {"", "/a", "a/", "a//b", "../a", "a/..", "./a", ".a", "a/.b"})
        CHECK(!check_object_name(bad));
    CHECK(!check_object_name(std::string("a\0b", 3)));
}
