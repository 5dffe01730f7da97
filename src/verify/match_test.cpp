// For holding the match to its counts when memory runs out at once and partitions are cut, and the order to its word.
#include "verify/match.h"

#include <doctest/doctest.h>

#include <cstring>

#include "base/temporary_folder.h"

namespace headwater {
namespace {

Schema schema_of() {
    Schema schema;
    schema.stream = "test.items";
    schema.key = "id";
    for (const char* name : {"id", "amount", "note"}) {
        Field field;
        field.name = name;
        field.type.kind = Kind::integer;
        schema.fields.push_back(field);
    }
    return schema;
}

/// One record as an entry: identity `row`, and the values of its fields.
struct Item {
    alignas(8) char bytes[sizeof(Entry) + 4 * sizeof(uint32_t)] = {};
    Item(const Shape& shape, int64_t row, uint64_t position, int64_t amount, bool has_name) {
        Entry entry{.position = position, .mark = has_name ? has_identity : has_no_identity};
        if (has_name) entry.identity = identity_of(key_of(shape.stream()), {row, -1});
        uint32_t shorts[4] = {};
        const int64_t values[] = {row, amount, row % 7};
        for (int leaf = 0; leaf < 3; ++leaf) {
            const ValueHash at = placed(hash_integer(values[leaf]), shape.leaves()[static_cast<size_t>(leaf)].place);
            entry.digest += at;
            shorts[leaf] = short_hash(at);
        }
        std::memcpy(bytes, &entry, sizeof entry);
        std::memcpy(bytes + sizeof entry, shorts, sizeof shorts);
    }
    const Entry& entry() const { return *reinterpret_cast<const Entry*>(bytes); }
};

/// Delivers rows 0 .. rows-1 with some mistakes, and gives what was found.
GradeCounts grade(bool by_identity, size_t memory_bytes, int64_t rows) {
    TemporaryFolder folder;
    const Shape shape(schema_of(), {});
    const std::vector<Shape> shapes{shape};
    SpoolRoom room(memory_bytes, folder.path());
    GradeBook book(shapes, {0}, 3);
    book.grade().lanes.push_back({.name = "lane"});
    StreamMatch match(0, shape, room, book);
    uint64_t position = 0;
    auto land = [&](int64_t row, int64_t amount) {
        const Item item(shape, row, position++, amount, by_identity);
        book.count_landed(0, 0);
        match.add_landed(item.entry());
    };
    for (int64_t row = 0; row < rows; ++row) {
        if (row % 1000 == 10) continue;                     // lost
        land(row, row % 1000 == 20 ? -1 : row % 100);       // altered
        if (row % 1000 == 30) land(row, row % 100);         // duplicated
        if (row % 1000 == 40) land(row + rows, row % 100);  // unexpected
    }
    match.settle(by_identity);
    for (int64_t row = 0; row < rows; ++row) {
        const Item item(shape, row, static_cast<uint64_t>(row), row % 100, true);
        book.count_sent(0, 0);
        match.add_sent(item.entry());
    }
    OrderCheck order(OrderScope::lane, position, room, book);
    REQUIRE(match.match(order));
    REQUIRE(order.finish());
    REQUIRE(room.failure());
    CHECK((room.spilled_bytes() > 0) == (memory_bytes < 1 << 20));
    return book.grade().total();
}

TEST_CASE("match: every record is counted once, whether entries fit into memory or not") {
    constexpr int64_t rows = 50'000;
    constexpr uint64_t each = 50;
    for (bool by_identity : {true, false}) {
        for (size_t memory : {size_t{1} << 30, size_t{200} << 10}) {
            CAPTURE(by_identity);
            CAPTURE(memory);
            const GradeCounts found = grade(by_identity, memory, rows);
            CHECK(found.sent == rows);
            CHECK(found.of(DifferenceKind::lost) == each);
            CHECK(found.of(DifferenceKind::altered) == each);
            CHECK(found.of(DifferenceKind::duplicated) == each);
            CHECK(found.of(DifferenceKind::unexpected) == each);
            CHECK(found.of(DifferenceKind::reordered) == 0);
            CHECK(found.equal == rows - 2 * each);
            CHECK(found.landed == rows + each);
        }
    }
}

TEST_CASE("match: a partition too large for memory is cut, and loses nothing") {
    // 64 partitions of more than 24 MiB of both sides would be 1.5 GiB: keys that share their first bits make one of them.
    TemporaryFolder folder;
    const Shape shape(schema_of(), {});
    const std::vector<Shape> shapes{shape};
    SpoolRoom room(1 << 20, folder.path());
    GradeBook book(shapes, {0}, 0);
    book.grade().lanes.push_back({.name = "lane"});
    StreamMatch match(0, shape, room, book);
    constexpr uint64_t entries = 250'000;
    auto identity = [](uint64_t i) { return ValueHash{mix(i), mix(i) >> 8}; };  // the first six bits of `high` are 0
    for (uint64_t i = 0; i < entries; ++i) {
        Item item(shape, 1, i, 1, true);
        Entry entry = item.entry();
        entry.identity = identity(entries - 1 - i);
        std::memcpy(item.bytes, &entry, sizeof entry);
        match.add_landed(item.entry());
    }
    match.settle(true);
    for (uint64_t i = 0; i < entries; ++i) {
        Item item(shape, 1, i, 1, true);
        Entry entry = item.entry();
        entry.identity = identity(i);
        std::memcpy(item.bytes, &entry, sizeof entry);
        match.add_sent(item.entry());
    }
    OrderCheck order(OrderScope::lane, entries, room, book);
    REQUIRE(match.match(order));
    REQUIRE(order.finish());
    CHECK(book.grade().total().equal == entries);
    CHECK(book.grade().total().of(DifferenceKind::reordered) ==
          entries - 1);  // all but the first stand behind later ones
}

}  // namespace
}  // namespace headwater
