// For claims about options: what may be said, and what is told where something else is.
#include "base/option.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

struct Settings {
    std::string name = "usual";
    bool is_loud = false;
    std::optional<int> parts;
    uint64_t most_bytes = 7;
};

const std::vector<Option> options{
    {.name = "name", .help = "A name.", .set = into<&Settings::name>},
    {.name = "loud", .help = "Say it loud.", .shape = OptionShape::boolean, .set = into<&Settings::is_loud>},
    {.name = "parts",
     .help = "How many.",
     .shape = OptionShape::whole,
     .least = 1,
     .most = 9,
     .set = into<&Settings::parts>},
    {.name = "most",
     .help = "How much.",
     .shape = OptionShape::size,
     .otherwise = "4MiB",
     .set = into<&Settings::most_bytes>},
    {.name = "way",
     .help = "Which way.",
     .shape = OptionShape::choice,
     .choices = {"up", "down", "off"},
     .set = into<&Settings::name>}};

std::string mistake_in(const GivenOptions& given) {
    auto read = read_options<Settings>(options, given, "Thing");
    return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("options that are given are set, others are as they were") {
    const auto read = read_options<Settings>(options, {{"loud", "true"}, {"parts", "3"}, {"most", "64kB"}}, "Thing");
    REQUIRE(read);
    CHECK(read->name == "usual");
    CHECK(read->is_loud);
    CHECK(read->parts == 3);
    CHECK(read->most_bytes == 64'000);
}

TEST_CASE("an option that cannot be says what can") {
    CHECK(mistake_in({{"nmae", "x"}}) == "Thing has no such option: nmae");
    CHECK(mistake_in({{"Name", "x"}}) == "Thing has no such option: Name");
    CHECK(mistake_in({{"loud", "yes"}}) == "Option loud is not true or false: yes");
    CHECK(mistake_in({{"parts", "0"}}) == "Option parts is not a whole number from 1 to 9: 0");
    CHECK(mistake_in({{"parts", "18446744073709551617"}}).starts_with("Option parts is not a whole number"));
    CHECK(mistake_in({{"most", "much"}}) == "Option most is not a size, such as 4MiB: much");
    CHECK(mistake_in({{"most", "0"}}) == "Option most is not a size, such as 4MiB: 0");
    CHECK(mistake_in({{"way", "left"}}) == "Option way is not up, down or off: left");
}
