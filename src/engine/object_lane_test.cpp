// For claims about layouts: where records land, under which names, and that only the records decide.
#include "engine/lane.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"
#include "base/time.h"
#include "engine/object_name.h"
#include "format/parquet/parquet.h"
#include "sink/digest.h"
#include "sink/object_path.h"

namespace headwater {
namespace {

constexpr int64_t first_instant = 1'793'491'200'000'000;  // 2026-11-01T00:00:00Z

/// What a sink that keeps objects in memory got; finished ones by name.
struct Memory {
    std::map<std::string, std::string> objects;
    std::set<std::string> unfinished;
    size_t replaced = 0;
    size_t fail_after_bytes = SIZE_MAX;
};

class MemoryWriter final : public ObjectWriter {
  public:
    MemoryWriter(Memory& memory, std::string hint) : memory_(memory), hint_(std::move(hint)) {
        CHECK(memory_.unfinished.insert(hint_).second);
    }
    ~MemoryWriter() override { memory_.unfinished.erase(hint_); }
    Result<void> write(std::string_view bytes) override {
        bytes_ += bytes;
        if (bytes_.size() > memory_.fail_after_bytes) return fail(ErrorKind::disk, "Cannot write: full: x");
        return {};
    }
    Result<ObjectReceipt> finish(const std::string& name) override {
        ObjectReceipt receipt{name, bytes_.size(), sha256_hex(bytes_)};
        memory_.replaced += memory_.objects.insert_or_assign(name, std::move(bytes_)).second ? 0 : 1;
        return receipt;
    }

  private:
    Memory& memory_;
    std::string hint_;
    std::string bytes_;
};

class MemorySink final : public ObjectSink {
  public:
    explicit MemorySink(Memory& memory) : memory_(memory) {}
    Result<void> open() override { return {}; }
    Result<std::unique_ptr<ObjectWriter>> create(const std::string& hint) override {
        return std::make_unique<MemoryWriter>(memory_, hint);
    }
    Result<void> flush() override { return {}; }
    Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) override {
        std::vector<std::string> names;
        for (auto& [name, bytes] : memory_.objects) {
            if (name.starts_with(prefix) && name.ends_with(ending)) names.push_back(name);
        }
        return names;
    }
    Result<void> remove(const std::string& name) override {
        memory_.objects.erase(name);
        return {};
    }
    Result<std::optional<std::string>> read(const std::string& name) override {
        return memory_.objects.contains(name) ? std::optional(memory_.objects.at(name)) : std::nullopt;
    }

  private:
    Memory& memory_;
};

/// A format of records whose bytes the tests make themselves, with or without head, separators and tail.
class PlainEncoder final : public RecordEncoder {
  public:
    explicit PlainEncoder(bool framed) : framed_(framed) {}
    void encode(const Batch& batch, Payload& payload) override {
        for (uint32_t i = 0; i < batch.rows; ++i) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            payload.bytes += std::to_string(batch.first_row + row) + "\n";
            payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
            payload.times.push_back(batch.times[row]);
        }
        payload.rows += batch.rows;
    }
    std::string_view head() const override { return framed_ ? "[" : ""; }
    std::string_view between() const override { return framed_ ? ",," : ""; }
    std::string_view tail() const override { return framed_ ? "]\n" : ""; }

  private:
    bool framed_;
};

const FormatKind plain_kind{.name = "plain", .extension = "json", .content_type = "text/plain"};

class PlainFormat final : public Format {
  public:
    explicit PlainFormat(bool framed) : Format(plain_kind), framed_(framed) {}
    std::unique_ptr<RecordEncoder> record_encoder(const Schema&, const IdentityOptions&) const override {
        return std::make_unique<PlainEncoder>(framed_);
    }

  private:
    bool framed_;
};

std::shared_ptr<const Schema> sales_schema() {
    Schema schema;
    schema.stream = "shop.sales";
    schema.key = "id";
    schema.slot_count = 2;
    Field id;
    id.name = "id";
    id.type.kind = Kind::integer;
    id.storage = Storage::i64;
    id.slot = 0;
    Field name;
    name.name = "name";
    name.type.kind = Kind::text;
    name.storage = Storage::text;
    name.slot = 1;
    schema.fields = {id, name};
    return std::make_shared<Schema>(std::move(schema));
}

struct Record {
    std::string bytes;
    std::string key;
    int64_t time = 0;
};

/// Records of very different sizes, an hour apart, every ninth late by a day.
std::vector<Record> make_records(size_t count) {
    std::vector<Record> records;
    for (size_t i = 0; i < count; ++i) {
        const uint64_t word = mix(i + 1);
        std::string bytes = std::to_string(i) + ":";
        bytes.append(word % 17 == 0 ? 300 : word % 40, static_cast<char>('a' + i % 26));
        const int64_t late = i % 9 == 8 ? micros_per_day : 0;
        records.push_back(
            {bytes + "\n", "k" + std::to_string(i), first_instant + static_cast<int64_t>(i) * micros_per_hour - late});
    }
    return records;
}

Payload payload_of(const std::vector<Record>& records, size_t from, size_t to) {
    Payload payload;
    payload.first_row = static_cast<int64_t>(from);
    for (size_t i = from; i < to; ++i) {
        payload.bytes += records[i].bytes;
        payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
        payload.times.push_back(records[i].time);
        payload.key_bytes += records[i].key;
        payload.key_ends.push_back(static_cast<uint32_t>(payload.key_bytes.size()));
        ++payload.rows;
    }
    return payload;
}

Result<std::unique_ptr<Lane>> lane_to(Memory& sink, std::shared_ptr<const Format> format, const LaneOptions& options) {
    return make_object_lane(std::make_unique<MemorySink>(sink), std::move(format), 0, sales_schema(), options);
}

std::unique_ptr<Lane> lane_to(Memory& sink, const LaneOptions& options) {
    return std::move(*lane_to(sink, std::make_shared<PlainFormat>(false), options));
}

/// Delivers records from number `from` on.
Result<void> append(Lane& lane, Payload payload, int64_t from) {
    Parcel parcel;
    parcel.first_record = from;
    parcel.end_record = from + static_cast<int64_t>(payload.ends.size());
    parcel.payload = std::move(payload);
    return lane.commit(0, parcel);
}

Result<void> append(Lane& lane, const Batch& batch) {
    Parcel parcel;
    parcel.first_record = batch.first_row;
    parcel.end_record = batch.first_row + batch.rows;
    parcel.batches.append(batch);
    return lane.commit(0, parcel);
}

/// Pours records into a sink, in payloads of sizes drawn by `cut`; 0 = all in one.
std::vector<ObjectEntry> pour(Memory& sink, const std::vector<Record>& records, LaneOptions options, uint64_t cut,
                              bool framed = false) {
    if (options.run.empty()) options.run = "r1";
    auto lane = lane_to(sink, std::make_shared<PlainFormat>(framed), options);
    REQUIRE_MESSAGE(lane, lane.error().message);
    for (size_t from = 0; from < records.size();) {
        const size_t count = cut == 0 ? records.size() : 1 + mix(cut + from) % 50;
        const size_t to = std::min(records.size(), from + count);
        const auto done = append(**lane, payload_of(records, from, to), static_cast<int64_t>(from));
        REQUIRE_MESSAGE(done, done.error().message);
        from = to;
    }
    const auto closed = (*lane)->close();
    REQUIRE_MESSAGE(closed, closed.error().message);
    const auto entries = (*lane)->take_entries();
    CHECK((*lane)->tallies().size() == (records.empty() ? 0 : 1));
    if (!records.empty()) CHECK((*lane)->tallies().at(0).rows == static_cast<int64_t>(records.size()));
    CHECK(sink.unfinished.empty());
    CHECK(sink.replaced == 0);
    uint64_t rows = 0;
    for (const ObjectEntry& entry : entries) {
        rows += entry.rows;
        REQUIRE(sink.objects.contains(entry.name));
        CHECK(sink.objects[entry.name].size() == entry.bytes);
        CHECK(sha256_hex(sink.objects[entry.name]) == entry.sha256);
    }
    CHECK(rows == records.size());
    CHECK(sink.objects.size() == entries.size());
    return entries;
}

/// Rows of the sales schema for formats of objects.
struct SalesBatch {
    SalesBatch(const std::shared_ptr<const Schema>& schema, int64_t first, uint32_t rows, int64_t step) {
        for (uint32_t i = 0; i < rows + 8; ++i) {
            const int64_t row = first + i;
            ids.push_back(row);
            times.push_back(first_instant + row * step);
            names.push_back(std::string(mix(static_cast<uint64_t>(row)) % 60, 'n') + std::to_string(row));
        }
        for (const std::string& name : names) views.push_back({name.data(), static_cast<uint32_t>(name.size()), 0});
        batch.schema = schema;
        batch.rows = rows;
        batch.first_row = first;
        batch.slots = {{ids.data(), nullptr, nullptr, rows}, {views.data(), nullptr, nullptr, rows}};
        batch.times = times.data();
    }
    std::vector<int64_t> ids, times;
    std::vector<std::string> names;
    std::vector<TextView> views;
    Batch batch;
};

std::shared_ptr<const Format> parquet() {
    auto format = make_parquet_format({.compression = "snappy", .row_group_rows = 5000});
    REQUIRE(format);
    return std::move(*format);
}

std::vector<ObjectEntry> pour_columns(Memory& sink, int64_t rows, uint32_t batch_rows, int64_t step,
                                      LaneOptions options) {
    options.run = "r1";
    auto lane = lane_to(sink, parquet(), options);
    REQUIRE(lane);
    const auto schema = sales_schema();
    for (int64_t first = 0; first < rows; first += batch_rows) {
        const SalesBatch sales(schema, first, static_cast<uint32_t>(std::min<int64_t>(batch_rows, rows - first)), step);
        const auto done = append(**lane, sales.batch);
        REQUIRE_MESSAGE(done, done.error().message);
    }
    REQUIRE((*lane)->close());
    CHECK(sink.replaced == 0);
    return (*lane)->take_entries();
}

}  // namespace

TEST_SUITE("engine/objects") {
    TEST_CASE("grouped makes one object of the whole run, named by its rows") {
        Memory sink;
        const auto records = make_records(500);
        const auto entries = pour(sink, records, {}, 3);
        REQUIRE(entries.size() == 1);
        CHECK(entries[0].name == "sales/aggregated_0-499-r1.json");
        CHECK(entries[0].stream == "shop.sales");
        CHECK(entries[0].first_row == 0);
        CHECK(entries[0].last_row == 499);
        CHECK(entries[0].min_time == records[8].time);  // the first late one
        CHECK(entries[0].max_time == records[499].time);
        std::string all;
        for (const Record& record : records) all += record.bytes;
        CHECK(sink.objects.begin()->second == all);
    }

    TEST_CASE("a chunk never exceeds its bound unless one record does, and no chunk could take the next record") {
        for (const uint64_t bound : {1UL, 20UL, 64UL, 250UL, 1000UL, 1'000'000UL}) {
            for (const bool framed : {false, true}) {
                Memory sink;
                const auto records = make_records(400);
                const auto entries =
                    pour(sink, records, {.layout = Layout::chunked, .max_chunk_size_bytes = bound}, 5, framed);
                std::string all;
                for (size_t i = 0; i < entries.size(); ++i) {
                    const ObjectEntry& entry = entries[i];
                    CHECK((entry.bytes <= bound || entry.rows == 1));
                    const std::string text = sink.objects[entry.name];
                    all += framed ? text.substr(1, text.size() - 3) : text;
                    if (framed && i + 1 < entries.size()) all += ",,";
                    if (i + 1 == entries.size()) continue;
                    const Record& next = records[static_cast<size_t>(entries[i + 1].first_row)];
                    CHECK(entry.bytes + next.bytes.size() + (framed ? 2 : 0) > bound);
                }
                std::string expected;
                for (const Record& record : records)
                    expected += (framed && !expected.empty() ? ",," : "") + record.bytes;
                CHECK(all == expected);
            }
        }
    }

    TEST_CASE("single puts one record in one object, named by its key") {
        Memory sink;
        auto records = make_records(6);
        records[1].key = "a/b c";
        records[3].key = "k0";  // the second of that key
        records[4].key = "";
        const auto entries = pour(sink, records, {.layout = Layout::single}, 2);
        REQUIRE(entries.size() == 6);
        CHECK(entries[0].name == "sales/k0-r1.json");
        CHECK(entries[1].name == "sales/a%2Fb%20c-r1.json");
        CHECK(entries[3].name == "sales/k0-3-r1.json");
        CHECK(entries[4].name == "sales/4-r1.json");
        CHECK(sink.objects["sales/k0-3-r1.json"] == records[3].bytes);
        CHECK(lane_to(sink, {.layout = Layout::single, .run = "r"})->wants_keys());
        CHECK_FALSE(lane_to(sink, {.run = "r"})->wants_keys());
    }

    TEST_CASE("hive puts every record, late ones too, under the day of its event") {
        Memory sink;
        const auto records = make_records(300);
        const auto entries = pour(sink, records, {.layout = Layout::hive}, 4);
        CHECK(std::ranges::count_if(entries, [](const ObjectEntry& entry) {
                  return entry.name.starts_with("sales/dt=2026-11-01/sales-0-");
              }) == 1);
        for (const ObjectEntry& entry : entries) {
            const int64_t day = day_of(entry.min_time);
            CHECK(day_of(entry.max_time) == day);
            CHECK(entry.name.substr(6, 13) == "dt=" + spell_instant(day * micros_per_day).substr(0, 10));
        }
        CHECK(entries.size() == 14);  // 300 hours and the day before: late records find their day still open
    }

    TEST_CASE("a hive object ends with the record that reaches the target size") {
        Memory sink;
        auto records = make_records(400);
        for (Record& record : records) record.time = first_instant;
        const auto entries = pour(sink, records, {.layout = Layout::hive, .target_size_bytes = 700}, 6);
        REQUIRE(entries.size() > 5);
        for (size_t i = 0; i < entries.size(); ++i) {
            const Record& last = records[static_cast<size_t>(entries[i].last_row)];
            CHECK(entries[i].bytes - last.bytes.size() < 700);
            if (i + 1 < entries.size()) CHECK(entries[i].bytes >= 700);
        }
        CHECK(entries[1].name == "sales/dt=2026-11-01/sales-" + std::to_string(entries[1].first_row) + "-" +
                                     std::to_string(entries[1].last_row) + "-r1.json");
    }

    TEST_CASE("names and bytes do not depend on how records come in payloads") {
        const auto records = make_records(700);
        const std::vector<LaneOptions> every{
            {},
            {.layout = Layout::chunked, .max_chunk_size_bytes = 900},
            {.layout = Layout::single},
            {.layout = Layout::hive, .target_size_bytes = 400},
            {.layout = Layout::hive, .compression = "zstd"},
            {.folder = "$(pack)/$(date)/$(hour)/$(stream)", .compression = "gzip"},
        };
        for (const LaneOptions& options : every) {
            Memory whole;
            pour(whole, records, options, 0, true);
            for (const uint64_t cut : {1UL, 2UL, 3UL}) {
                Memory other;
                pour(other, records, options, cut, true);
                CHECK(other.objects == whole.objects);
            }
        }
    }

    TEST_CASE("compression adds its ending, and the holes of the folder are settled for each object") {
        Memory sink;
        auto records = make_records(2);
        records[1].time = records[0].time + 25 * micros_per_hour;
        const auto entries =
            pour(sink, records, {.folder = "$(pack)/$(date)-$(hour)/$(stream)", .compression = "zstd"}, 0);
        REQUIRE(entries.size() == 2);
        CHECK(entries[0].name == "shop/2026-11-01-00/sales/aggregated_0-0-r1.json.zst");
        CHECK(entries[1].name == "shop/2026-11-02-01/sales/aggregated_1-1-r1.json.zst");
        CHECK(entries[0].compression == "zstd");
    }

    TEST_CASE("parts never share a name, whether rows have numbers or are counted") {
        std::set<std::string> names;
        for (int part = 0; part < 2; ++part) {
            Memory sink;
            const auto records = make_records(3);
            const LaneOptions counted{.count_rows = true, .part = part, .parts = 2};
            for (const ObjectEntry& entry : pour(sink, records, counted, 0)) CHECK(names.insert(entry.name).second);
        }
        CHECK(names == std::set<std::string>{"sales/aggregated_p0-0-2-r1.json", "sales/aggregated_p1-0-2-r1.json"});
        Memory sink;
        const auto entries = pour(sink, make_records(1), {.layout = Layout::single, .part = 1, .parts = 2}, 0);
        CHECK(entries[0].name == "sales/k0-0-r1.json");
    }

    TEST_CASE("no records make no object, and a lane that is dropped leaves none") {
        Memory sink;
        CHECK(pour(sink, {}, {}, 0).empty());
        {
            auto lane = lane_to(sink, {.run = "r"});
            REQUIRE(append(*lane, payload_of(make_records(5), 0, 5), 0));
            CHECK(sink.unfinished.size() == 1);
        }
        CHECK(sink.unfinished.empty());
        CHECK(sink.objects.empty());
    }

    TEST_CASE("finished entries can be taken while the lane goes on") {
        Memory sink;
        auto lane = lane_to(sink, {.layout = Layout::single, .run = "r"});
        const auto records = make_records(10);
        REQUIRE(append(*lane, payload_of(records, 0, 4), 0));
        const auto state = lane->checkpoint();
        REQUIRE(state);
        CHECK(state->rows == 4);
        CHECK(state->entries.size() == 4);
        REQUIRE(append(*lane, payload_of(records, 4, 10), 4));
        REQUIRE(lane->close());
        CHECK(lane->take_entries().size() == 6);
    }

    TEST_CASE("an error of the target stops the lane as it was") {
        Memory sink;
        sink.fail_after_bytes = 100;
        auto lane = lane_to(sink, {.run = "r"});
        const auto done = append(*lane, payload_of(make_records(50), 0, 50), 0);
        REQUIRE_FALSE(done);
        CHECK(done.error().kind == ErrorKind::disk);
        lane.reset();
        CHECK(sink.objects.empty());
    }

    TEST_CASE("rows of columns go into objects in the order of their batch, each under its own key and number") {
        Memory sink;
        const auto schema = sales_schema();
        auto lane = lane_to(sink, parquet(), {.layout = Layout::single, .run = "r"});
        REQUIRE(lane);
        SalesBatch sales(schema, 40, 3, micros_per_hour);
        const std::vector<uint32_t> order{2, 0};
        sales.batch.order = order.data();
        sales.batch.rows = 2;
        REQUIRE(append(**lane, sales.batch));
        REQUIRE((*lane)->close());
        const auto entries = (*lane)->take_entries();
        REQUIRE(entries.size() == 2);
        CHECK(entries[0].name == "sales/42-r.parquet");
        CHECK(entries[0].first_row == 42);
        CHECK(entries[0].min_time == first_instant + 42 * micros_per_hour);
        CHECK(entries[1].name == "sales/40-r.parquet");
        CHECK(entries[1].last_row == 40);
    }

    TEST_CASE("objects of columns do not depend on how rows come in batches") {
        const std::vector<LaneOptions> every{
            {},
            {.layout = Layout::chunked, .max_chunk_size_bytes = 40'000},
            {.layout = Layout::hive, .target_size_bytes = 300'000},
        };
        for (const LaneOptions& options : every) {
            Memory whole;
            const auto entries = pour_columns(whole, 20'000, 512, 10 * micros_per_second, options);
            for (const uint32_t batch_rows : {511U, 100U}) {
                Memory other;
                pour_columns(other, 20'000, batch_rows, 10 * micros_per_second, options);
                CHECK(other.objects == whole.objects);
            }
            uint64_t rows = 0;
            for (const ObjectEntry& entry : entries) rows += entry.rows;
            CHECK(rows == 20'000);
        }
    }

    TEST_CASE("a chunk of columns never exceeds its bound unless one row does") {
        for (const uint64_t bound : {1UL, 8'000UL, 20'000UL, 150'000UL}) {
            Memory sink;
            const int64_t rows = bound < 8'000 ? 20 : 6'000;
            const auto entries =
                pour_columns(sink, rows, 500, 1, {.layout = Layout::chunked, .max_chunk_size_bytes = bound});
            for (const ObjectEntry& entry : entries) CHECK((entry.bytes <= bound || entry.rows == 1));
            CHECK(entries.size() > 1);
        }
    }

    TEST_CASE("single and hive work for columns") {
        Memory singles;
        const auto one = pour_columns(singles, 7, 3, 1, {.layout = Layout::single});
        REQUIRE(one.size() == 7);
        CHECK(one[6].name == "sales/6-r1.parquet");
        Memory days;
        const auto entries = pour_columns(days, 20'000, 512, 10 * micros_per_second, {.layout = Layout::hive});
        REQUIRE(entries.size() == 3);
        CHECK(entries[0].name == "sales/dt=2026-11-01/sales-0-8639-r1.parquet");
        CHECK(entries[2].name == "sales/dt=2026-11-03/sales-17280-19999-r1.parquet");
        CHECK(entries[1].min_time == first_instant + 8640 * 10 * micros_per_second);
    }

    TEST_CASE("options that do not go together are refused") {
        Memory sink;
        const auto refuse = [&](const LaneOptions& options) {
            auto lane = lane_to(sink, std::make_shared<PlainFormat>(false), options);
            REQUIRE_FALSE(lane);
            return lane.error().message;
        };
        CHECK(refuse({}) == "Objects need the name of a run in their names");
        CHECK(refuse({.run = "r", .compression = "snappy"}) == "Compression must be none, zstd, gzip or lz4: snappy");
        CHECK(refuse({.layout = Layout::chunked, .run = "r", .max_chunk_size_bytes = 0}) ==
              "max_chunk_size must be at least 1 byte: 0");
    }

    TEST_CASE("the path of a target is split in front of its first hole") {
        const auto split = [](const char* path) {
            const ObjectPlace place = place_of(path);
            return place.root + " | " + place.folder;
        };
        CHECK(split("out") == "out | $(stream)");
        CHECK(split("/data/out/") == "/data/out | $(stream)");
        CHECK(split("/data/$(date)/x") == "/data | $(date)/x/$(stream)");
        CHECK(split("out/$(pack)-$(stream)/") == "out | $(pack)-$(stream)");
        CHECK(split("out/run-$(stream)") == "out | run-$(stream)");
        CHECK(split("$(stream)") == ". | $(stream)");
        CHECK(split("/$(stream)") == "/ | $(stream)");
        CHECK(split("/") == "/ | $(stream)");
    }

    TEST_CASE("names of objects hold safe characters only") {
        CHECK(encode_name("Az09-_.x") == "Az09-_.x");
        CHECK(encode_name("../a b%ü") == "%2E.%2Fa%20b%25%C3%BC");
        CHECK(encode_name(std::string(500, 'x')).size() == 160);
    }
}

}  // namespace headwater
