// For the claims about which parameters of a pack say how much happens.
#include "pack/paces.h"

#include <doctest/doctest.h>

#include "pack/load.h"

using namespace headwater;

namespace {

std::vector<std::string> paces_in(const std::string& pack) {
    LoadRequest request{.what = pack};
    const Loaded loaded = load(request);
    REQUIRE(loaded.plan);
    return loaded.plan->packs.front().paces;
}

}  // namespace

TEST_CASE("the rates of streams and the counts of entities are what says how much happens, shapes of the day are not") {
    CHECK(paces_in("payments") == std::vector<std::string>{"payments_rate", "logs_rate"});
    CHECK(paces_in("sensors") == std::vector<std::string>{"sensors"});
}
