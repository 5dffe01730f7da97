// For the claims about values of Arrow that no file of Parquet can hold, or no writer here writes: runs, views, odd widths.
#include "verify/arrow_cells.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

using namespace headwater;

namespace {

/// A column made by hand; what it points to outlives it.
struct Column {
    ArrowSchema schema{};
    ArrowArray array{};
    std::vector<const void*> buffers;
    std::vector<ArrowSchema*> schemas;
    std::vector<ArrowArray*> arrays;

    Column(const char* format, int64_t length, std::vector<const void*> held, std::vector<Column*> children = {})
        : buffers(std::move(held)) {
        for (Column* child : children) {
            schemas.push_back(&child->schema);
            arrays.push_back(&child->array);
        }
        schema.format = format;
        schema.name = "";
        schema.n_children = array.n_children = static_cast<int64_t>(children.size());
        schema.children = schemas.data();
        array.children = arrays.data();
        array.length = length;
        array.null_count = -1;
        array.n_buffers = static_cast<int64_t>(buffers.size());
        array.buffers = buffers.data();
    }
    Column(const Column&) = delete;
    Column& operator=(const Column&) = delete;

    std::string text(int64_t row) const {
        const auto cell = cell_at(schema, array, row);
        return cell ? scalar_of(*cell).text : "null";
    }
    std::pair<int64_t, int64_t> items(int64_t row) const {
        const auto items = items_of(*cell_at(schema, array, row));
        REQUIRE(items);
        return {items->from, items->to};
    }
};

using Items = std::pair<int64_t, int64_t>;

}  // namespace

TEST_CASE("runs are found by their ends, behind the offsets of both") {
    const std::array<int32_t, 3> ends{2, 5, 6}, numbers{10, 20, 30};
    const std::array<uint8_t, 1> valid{0b101};
    Column run_ends("i", 3, {nullptr, ends.data()}), values("i", 3, {valid.data(), numbers.data()});
    Column runs("+r", 6, {}, {&run_ends, &values});
    CHECK(runs.text(0) == "10");
    CHECK(runs.text(1) == "10");
    CHECK(runs.text(2) == "null");
    CHECK(runs.text(4) == "null");
    CHECK(runs.text(5) == "30");
    runs.array.offset = 4;
    CHECK(runs.text(0) == "null");
    CHECK(runs.text(1) == "30");
}

TEST_CASE("views hold short texts themselves, and say where long ones lie") {
    const std::string first = "it lies in the first buffer", second = "..and this in the second";
    std::array<char, 48> views{};
    auto put = [&](size_t row, const std::string& text, int32_t buffer, int32_t at) {
        char* view = views.data() + 16 * row;
        const auto size = static_cast<int32_t>(text.size());
        std::memcpy(view, &size, 4);
        std::memcpy(view + 4, text.data(), text.size() <= 12 ? text.size() : 4);
        if (text.size() <= 12) return;
        std::memcpy(view + 8, &buffer, 4);
        std::memcpy(view + 12, &at, 4);
    };
    put(0, "twelve bytes", 0, 0);
    put(1, first, 0, 0);
    put(2, second.substr(2), 1, 2);
    const std::array<int64_t, 2> sizes{27, 24};
    Column texts("vu", 3, {nullptr, views.data(), first.data(), second.data(), sizes.data()});
    CHECK(texts.text(0) == "twelve bytes");
    CHECK(texts.text(1) == first);
    CHECK(texts.text(2) == "and this in the second");
    texts.array.offset = 1;
    CHECK(texts.text(0) == first);
}

TEST_CASE("lists of every kind say which rows they hold") {
    Column numbers("i", 12, {nullptr, nullptr});
    const std::array<int32_t, 4> starts{0, 2, 2, 5}, sizes{2, 0, 3, 1};
    const std::array<int64_t, 4> wide_starts{6, 4, 2, 0}, wide_sizes{1, 2, 3, 4};
    Column list("+l", 3, {nullptr, starts.data()}, {&numbers});
    Column view("+vl", 4, {nullptr, starts.data(), sizes.data()}, {&numbers});
    Column wide_view("+vL", 4, {nullptr, wide_starts.data(), wide_sizes.data()}, {&numbers});
    Column fixed("+w:3", 4, {nullptr}, {&numbers});
    CHECK(list.items(2) == Items{2, 5});
    CHECK(view.items(2) == Items{2, 5});
    CHECK(view.items(3) == Items{5, 6});
    CHECK(wide_view.items(1) == Items{4, 6});
    CHECK(fixed.items(2) == Items{6, 9});
    fixed.array.offset = 1;
    CHECK(fixed.items(2) == Items{9, 12});
}

TEST_CASE("decimals of every width are read to their end and no further") {
    const std::array<int32_t, 2> narrow{-31139, 5};
    const std::array<int64_t, 2> middle{31139, INT64_MIN};
    const std::array<uint64_t, 4> large{0, 1, 0, 0}, negative{~0ULL, ~0ULL, ~0ULL, ~0ULL};
    CHECK(Column("d:9,2,32", 2, {nullptr, narrow.data()}).text(0) == "-311.39");
    CHECK(Column("d:9,2,32", 2, {nullptr, narrow.data()}).text(1) == "0.05");
    CHECK(Column("d:18,2,64", 2, {nullptr, middle.data()}).text(0) == "311.39");
    CHECK(Column("d:18,0,64", 2, {nullptr, middle.data()}).text(1) == "-9223372036854775808");
    CHECK(Column("d:38,-2", 1, {nullptr, large.data()}).text(0) == "1844674407370955161600");
    CHECK(Column("d:76,3,256", 1, {nullptr, large.data()}).text(0) == "18446744073709551.616");
    CHECK(Column("d:76,0,256", 1, {nullptr, negative.data()}).text(0) == "-1");
}

TEST_CASE("numbers, times and bytes are spelled as they are") {
    const std::array<uint16_t, 4> halves{0x3e00, 0xc000, 0x0001, 0x7c00};
    Column half("e", 4, {nullptr, halves.data()});
    CHECK(half.text(0) == "1.5");
    CHECK(half.text(1) == "-2");
    CHECK(half.text(2) == "5.9604645e-08");
    CHECK(half.text(3) == "inf");
    const std::array<uint64_t, 1> most{UINT64_MAX};
    CHECK(Column("L", 1, {nullptr, most.data()}).text(0) == "18446744073709551615");
    const std::array<int32_t, 1> noon{43'200};
    CHECK(Column("tts", 1, {nullptr, noon.data()}).text(0) == "12:00:00.000000");
    const std::array<int64_t, 1> nanos{1'000'000'001};
    CHECK(Column("tsn:", 1, {nullptr, nanos.data()}).text(0) == "1000000001 ns");
    CHECK(Column("w:3", 2, {nullptr, "abcdef"}).text(1) == "def");
}
