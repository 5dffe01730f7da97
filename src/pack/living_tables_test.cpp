// For the laws of tables: changes replayed in order give the rows as the entities are, and what was before is what was after.
#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/time.h"
#include "pack/living_random_pack.h"
#include "pack/living_test.h"

using namespace headwater;

namespace {

using Json = nlohmann::json;

constexpr int64_t second = micros_per_second;

/// Gives the fields of a record, which stand one after the other.
std::vector<Json> fields_of(const LivingRecord& record) {
    std::vector<Json> fields;
    std::string text = "[";
    bool is_quoted = false;
    int depth = 0;
    for (size_t i = 0; i < record.text.size(); ++i) {
        const char c = record.text[i];
        if (c == '"' && (i == 0 || record.text[i - 1] != '\\')) is_quoted = !is_quoted;
        if (!is_quoted && (c == '{' || c == '[')) ++depth;
        if (!is_quoted && (c == '}' || c == ']')) --depth;
        text += c == ' ' && !is_quoted && depth == 0 ? ',' : c;
    }
    text.back() = ']';
    for (Json& field : Json::parse(text)) fields.push_back(std::move(field));
    return fields;
}

/// One change of a row.
struct Change {
    std::string table, op;
    Json at, before, after;

    bool is(const std::string& one_table, const std::string& one_op) const {
        return table == one_table && op == one_op;
    }
};

Change change_of(const LivingPack& pack, const LivingRecord& record) {
    std::vector<Json> fields = fields_of(record);
    REQUIRE(fields.size() == 4);
    return {pack.streams[static_cast<size_t>(record.stream)], fields[0], fields[1], fields[2], fields[3]};
}

std::vector<Change> changes_of(const LivingPack& pack, int64_t duration_us) {
    std::vector<Change> changes;
    for (const LivingRecord& record : records_of(pack, duration_us)) changes.push_back(change_of(pack, record));
    return changes;
}

/// Rows as the changes so far leave them.
class Replay {
  public:
    void add(const Change& change) {
        const Json key = (change.after.is_null() ? change.before : change.after).at("id");
        auto& rows = rows_[change.table];
        CHECK(change.before.is_null() == (change.op == "insert"));
        CHECK(change.after.is_null() == (change.op == "delete"));
        CHECK_MESSAGE(!gone_[change.table].contains(key), "nothing follows a delete: " << key);
        const auto row = rows.find(key);
        CHECK((row == rows.end()) == (change.op == "insert"));
        if (row != rows.end()) CHECK(row->second == change.before);
        if (change.op == "update") CHECK(without_time(change.before) != without_time(change.after));
        if (change.op == "delete") {
            rows.erase(key);
            gone_[change.table].insert(key);
        } else {
            rows[key] = change.after;
        }
        ++counts[change.op];
    }

    const Json* row(const std::string& table, const Json& key) {
        const auto found = rows_[table].find(key);
        return found == rows_[table].end() ? nullptr : &found->second;
    }

    std::map<std::string, int> counts;

  private:
    static Json without_time(Json row) {
        row.erase("at");
        return row;
    }

    std::map<std::string, std::map<Json, Json>> rows_;
    std::map<std::string, std::set<Json>> gone_;
};

}  // namespace

TEST_SUITE("tables") {
    TEST_CASE("rows replayed from their changes are as the entities are, whatever the pack") {
        std::map<std::string, int> counts;
        int looked = 0;
        for (uint64_t seed = 1; seed <= 40; ++seed) {
            const LivingPack pack(RandomPack(seed).text(), seed);
            CAPTURE(seed);
            std::map<int64_t, Replay> cells;
            for (const LivingRecord& record : records_of(pack, 4 * micros_per_minute)) {
                const std::string& stream = pack.streams[static_cast<size_t>(record.stream)];
                Replay& replay = cells[record.cell];
                if (!stream.starts_with("of_")) {
                    replay.add(change_of(pack, record));
                    continue;
                }
                const std::vector<Json> fields = fields_of(record);
                const std::string kind = stream.substr(3);
                const Json id = std::to_string(record.cell) + "-" + fields[1].dump();
                const Json* row = replay.row(kind + "s", id);
                REQUIRE_MESSAGE(row != nullptr, kind << " has no row: " << id);
                CHECK(row->at("level") == fields[2]);
                CHECK(row->at("heat") == fields[3]);
                CHECK(row->at("mood") == fields[4]);
                CHECK(row->at("busy") == fields[5]);
                ++looked;
            }
            for (const auto& [cell, replay] : cells)
                for (const auto& [op, count] : replay.counts) counts[op] += count;
        }
        CHECK(looked > 10'000);
        CHECK(counts["insert"] > 3'000);
        CHECK(counts["update"] > 10'000);
        CHECK(counts["delete"] > 100);
    }

    TEST_CASE("a row changes by what is set, not by time alone, and before carries the time of the change before") {
        const LivingPack pack(R"(
pack: clocks
entities:
  clock:
    count: 1
    state: {ticks: 0, face: 0}
    lifecycle:
      runs:
        enter: [{set: {face: 1}}]
        every: =10s
        do:
          - {set: {ticks: =ticks + 1}}
          - {when: ticks mod 2 == 0, set: {face: =ticks}}
          - {when: ticks == 5, set: {face: =face}}
        leave: [{to: stands, when: ticks == 6}]
      stands:
        leave: [{to: end, after: 3s}]
tables:
  clocks: {from: clock, key: id, columns: {id: =number, face: =face, phase: =phase, at: =time, age: =time - born}}
)");
        const std::vector<Change> changes = changes_of(pack, micros_per_minute * 2);
        std::string ops;
        Replay replay;
        for (const Change& change : changes) {
            ops += change.op[0];
            CHECK((change.after.is_null() || change.after.at("at") == change.at));
            replay.add(change);
        }
        CHECK(ops == "iuuuuud");  // born, entered, 2, 4, 6, stands, end
        CHECK(changes[1].after.at("face") == 1);
        CHECK(changes[1].at == changes[0].at);
        CHECK(changes[5].before.at("phase") == "runs");
        CHECK(changes[5].after.at("phase") == "stands");
    }

    TEST_CASE(
        "what a child sets changes the row of its parent; with its parent end those that rest and those that are "
        "done") {
        const LivingPack pack(R"(
pack: houses
entities:
  house:
    count: 1
    state: {guests: 0}
    lifecycle:
      open:
        every: =10s
        do: [{spawn: guest}]
        leave: [{to: end, after: 45s}]
  room:
    parent: house
    count: 2
  guest:
    parent: house
    state: {place: door}
    journey:
      - {set: {house.guests: =house.guests + 1}}
      - {after: 1s, set: {place: table}}
  plate:
    parent: guest
    count: 1
tables:
  plates: {from: plate, key: id, columns: {id: $(guest.number)-$(number), guest_id: =guest.number}, references: {guest_id: guests}}
  guests: {from: guest, key: id, columns: {id: =number, place: =place, house_id: =house.number}, references: {house_id: houses}}
  houses: {from: house, key: id, columns: {id: =number, guests: =guests}}
  rooms: {from: room, key: id, columns: {id: =number}}
)");
        CHECK(pack.streams == std::vector<std::string>{"houses", "guests", "plates", "rooms"});
        Replay replay;
        std::vector<std::string> ended;
        std::map<std::string, int> updates;
        for (const Change& change : changes_of(pack, 2 * micros_per_minute)) {
            replay.add(change);
            if (change.op == "delete") ended.push_back(change.table);
            if (change.op == "update") ++updates[change.table];
        }
        const int guests = updates["houses"];
        CHECK(guests >= 4);
        CHECK(updates["guests"] == guests);
        REQUIRE(ended.size() == static_cast<size_t>(3 + 2 * guests));
        CHECK(ended[0] == "plates");
        CHECK(ended[1] == "guests");
        CHECK(ended.back() == "houses");
        CHECK(replay.counts["insert"] == 3 + 2 * guests);
    }

    TEST_CASE("a journey that is over leaves its row where nobody above it ends") {
        const LivingPack pack(R"(
pack: visits
entities:
  visit:
    rate: 1/s
    state: {page: 0}
    journey: [{after: 1s, set: {page: 1}}, {after: 1s, set: {page: 2}}]
tables:
  visits: {from: visit, key: id, columns: {id: =number, page: =page}}
)");
        Replay replay;
        for (const Change& change : changes_of(pack, 100 * second)) replay.add(change);
        CHECK(replay.counts["delete"] == 0);
        CHECK(replay.counts["insert"] > 60);
        REQUIRE(replay.row("visits", 1) != nullptr);
        CHECK(replay.row("visits", 1)->at("page") == 2);
    }

    TEST_CASE("a child that a step chose and set tells of its row, however it is carried out") {
        const LivingPack pack(R"(
pack: desks
entities:
  office:
    count: 40
    lifecycle:
      open:
        every: 3s..5s
        do:
          - let: {who: '=any(desk, where=not busy)'}
            set: {who.busy: true, who.served: =who.served + 1}
  desk:
    parent: office
    count: 3
    state: {busy: false, served: 0}
    lifecycle: {there: {every: 20s..40s, do: [{set: {busy: false}}]}}
tables:
  desks:
    from: desk
    key: id
    columns: {id: $(office.number)-$(number), busy: =busy, served: =served}
)");
        Replay replay;
        for (const Change& change : changes_of(pack, 10 * micros_per_minute)) replay.add(change);
        CHECK(replay.counts["insert"] == 120);
        CHECK(replay.counts["update"] > 2'000);
        const Json* row = replay.row("desks", "1-1");
        REQUIRE(row != nullptr);
        CHECK(row->at("served") > 3);
        const auto made = [&](const LivingOptions& options) {
            const auto plan = pack.source(options);
            LivingReader reader(*plan, {.start = LivingPack::start, .until = LivingPack::start + micros_per_minute});
            reader.read_until(LivingPack::start, LivingPack::start + micros_per_minute, 10 * second);
            return in_order(reader.records);
        };
        CHECK(made({.cells_of_shard = 16, .one_by_one = true}) == made({.cells_of_shard = 16, .few_cells = 0}));
    }

    TEST_CASE("changes may arrive late, as records of streams do") {
        const LivingPack pack(R"(
pack: visits
entities:
  visit: {count: 5, state: {page: 0}, lifecycle: {there: {every: 1s, do: [{set: {page: =page + 1}}]}}}
tables:
  visits: {from: visit, key: id, late: {chance: 50%, by: 1s..5s}, columns: {id: =number, page: =page}}
)");
        REQUIRE(pack.plan);
        CHECK(pack.plan->streams.at(0).schema->most_late == 5 * second);
        CHECK(!pack.plan->streams.at(0).schema->late.empty());
    }

    TEST_CASE("rows of a kind that only has attributes are inserted at the start and never change") {
        const LivingPack pack(R"(
pack: sites
entities:
  site: {count: 3, attributes: {town: =place().city}}
tables:
  sites: {from: site, key: id, columns: {id: =number, town: =town}}
)");
        const std::vector<Change> changes = changes_of(pack, micros_per_hour);
        REQUIRE(changes.size() == 3);
        for (const Change& change : changes) CHECK(change.is("sites", "insert"));
    }
}
