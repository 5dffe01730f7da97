#include "generate/grouped_clock.h"

#include <doctest/doctest.h>
#include <map>

#include "base/time.h"
#include "generate/rate_clock.h"

using namespace headwater;

namespace {

std::shared_ptr<const RowClock> every_second() {
    RateSpec spec;
    spec.constant = 1;
    spec.key = 3;
    return make_rate_clock(spec);
}

}  // namespace

TEST_SUITE("groups of arrivals") {
    TEST_CASE("every size comes equally often, and rows of a group share its instant") {
        const auto groups = every_second();
        const auto clock = std::make_shared<GroupedClock>(groups, 2, 4, 9);
        std::map<int64_t, int64_t> size_of, sizes;
        constexpr int64_t rows = 3 * 63 * 40;
        for (int64_t row = 0; row < rows; ++row) {
            const int64_t group = clock->group_of(row);
            ++size_of[group];
            CHECK(clock->time_of(row) == groups->time_of(group));
        }
        CHECK(size_of.size() == 63 * 40);
        for (const auto& [group, size] : size_of) ++sizes[size];
        CHECK(sizes == std::map<int64_t, int64_t>{{2, 840}, {3, 840}, {4, 840}});
        CHECK(GroupNumbers(clock).time_of(0) == 1);
        CHECK(GroupNumbers(clock).rows_by(2) == size_of[0]);
    }

    TEST_CASE("the rows by an instant are known, whatever the sizes") {
        for (const auto& [least, most] : {std::pair(1, 1), std::pair(3, 3), std::pair(1, 2), std::pair(1, 100)}) {
            const GroupedClock clock(every_second(), least, most, 5);
            std::vector<int64_t> times(2000);
            clock.times(0, 2000, times.data());
            for (int64_t row = 0; row < 2000; ++row) {
                const int64_t time = times[static_cast<size_t>(row)];
                REQUIRE(clock.time_of(row) == time);
                CHECK(clock.rows_by(time) <= row);
                CHECK(clock.rows_by(time + 1) > row);
                if (row > 0) CHECK(times[static_cast<size_t>(row) - 1] <= time);
            }
        }
    }
}
