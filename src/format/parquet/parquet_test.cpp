// For claims about Parquet objects: every type comes back, and equal rows give equal bytes.
#include "format/parquet/parquet.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <doctest/doctest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <cstring>
#include <deque>

#include "data/print.h"

namespace headwater {
namespace {

Field make_field(std::string name, Kind kind, Storage storage, bool nullable = false) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.storage = storage;
    field.nullable = nullable;
    return field;
}

std::shared_ptr<const Dictionary> words(std::vector<std::string> values) {
    return std::make_shared<Dictionary>(Dictionary{std::move(values)});
}

/// A record of every type and storage.
std::shared_ptr<const Schema> sample_schema() {
    Schema schema;
    schema.stream = "shop.sales";
    schema.key = "id";
    auto& fields = schema.fields;
    fields.push_back(make_field("flag", Kind::boolean, Storage::u8));
    fields.push_back(make_field("count", Kind::integer, Storage::i32));
    fields.push_back(make_field("total", Kind::integer, Storage::i64, true));
    fields.push_back(make_field("score", Kind::real, Storage::f64));
    fields.push_back(make_field("amount", Kind::decimal, Storage::i64));
    fields.back().type.scale = 2;
    fields.push_back(make_field("id", Kind::uuid, Storage::uuid));
    fields.push_back(make_field("day", Kind::date, Storage::i32));
    fields.push_back(make_field("at", Kind::instant, Storage::i64));
    fields.push_back(make_field("at_micro", Kind::instant, Storage::i64));
    fields.back().type.unit = TimeUnit::micro;
    fields.push_back(make_field("took", Kind::duration, Storage::i64));
    fields.push_back(make_field("kind", Kind::enumeration, Storage::index8));
    fields.back().dictionary = words({"new", "paid", "sent"});
    fields.push_back(make_field("country", Kind::text, Storage::index32, true));
    fields.back().dictionary = words({"unused", "DE", "FR", "Österreich"});
    fields.push_back(make_field("name", Kind::text, Storage::text));
    fields.push_back(make_field("url", Kind::text, Storage::cut));
    fields.push_back(make_field("note", Kind::text, Storage::literal));
    fields.back().literal = "fixed";
    fields.push_back(make_field("nothing", Kind::null, Storage::literal));
    fields.push_back(make_field("small", Kind::integer, Storage::index8));
    fields.back().dictionary = words({"1", "2", "3"});
    fields.push_back(make_field("tags", Kind::list, Storage::list, true));
    fields.back().children = {make_field("item", Kind::text, Storage::index8)};
    fields.back().children[0].dictionary = words({"red", "blue"});
    fields.push_back(make_field("lines", Kind::list, Storage::list));
    fields.back().children = {make_field("item", Kind::record, Storage::record)};
    fields.back().children[0].children = {make_field("quantity", Kind::integer, Storage::u8)};
    fields.push_back(make_field("marks", Kind::map, Storage::map));
    fields.back().children = {make_field("key", Kind::text, Storage::text),
                              make_field("value", Kind::real, Storage::f64)};
    fields.push_back(make_field("address", Kind::record, Storage::record, true));
    fields.back().children = {make_field("city", Kind::text, Storage::index8)};
    fields.back().children[0].dictionary = words({"Ulm", "Nice"});

    int slot = 0;
    const auto place = [&](auto& self, Field& field) -> void {
        if (field.storage != Storage::literal && field.storage != Storage::cut) field.slot = slot++;
        for (Field& child : field.children) self(self, child);
    };
    for (Field& field : fields) place(place, field);
    for (Field& field : fields) {
        if (field.name != "url") continue;
        field.children = {make_field("", Kind::text, Storage::literal), fields[1]};
        field.children[0].literal = "/p/";
    }
    schema.slot_count = slot;
    return std::make_shared<Schema>(std::move(schema));
}

/// Rows of the sample, each a function of its number alone; owns the memory of its batch.
class SampleRows {
  public:
    SampleRows(std::shared_ptr<const Schema> schema, int64_t first, uint32_t rows) {
        batch.schema = schema;
        batch.rows = rows;
        batch.first_row = first;
        batch.slots.resize(static_cast<size_t>(schema->slot_count));
        const auto number = [&](uint32_t i) { return first + i; };
        put<uint8_t>("flag", rows, [&](uint32_t i) { return number(i) % 2; });
        put<int32_t>("count", rows, [&](uint32_t i) { return number(i) * 3 - 50; });
        put<int64_t>(
            "total", rows, [&](uint32_t i) { return number(i) << 33; }, [&](uint32_t i) { return number(i) % 5 == 0; });
        put<double>("score", rows, [&](uint32_t i) { return static_cast<double>(number(i)) / 8; });
        put<int64_t>("amount", rows, [&](uint32_t i) { return number(i) * 7 - 1000; });
        put<std::array<unsigned char, 16>>("id", rows, [&](uint32_t i) {
            std::array<unsigned char, 16> id{};
            const int64_t value = number(i);
            std::memcpy(id.data() + 8, &value, 8);
            return id;
        });
        put<int32_t>("day", rows, [&](uint32_t i) { return 20'000 + number(i) % 30; });
        put<int64_t>("at", rows, [&](uint32_t i) { return at(number(i)); });
        put<int64_t>("at_micro", rows, [&](uint32_t i) { return at(number(i)); });
        put<int64_t>("took", rows, [&](uint32_t i) { return number(i) * 1'500'000; });
        put<uint8_t>("kind", rows, [&](uint32_t i) { return number(i) % 3; });
        put<int32_t>(
            "country", rows, [&](uint32_t i) { return number(i) % 4 == 0 ? 77 : number(i) % 4; },
            [&](uint32_t i) { return number(i) % 4 == 0; });
        put<TextView>("name", rows, [&](uint32_t i) { return keep("name " + std::to_string(number(i))); });
        put<uint8_t>("small", rows, [&](uint32_t i) { return number(i) % 3; });
        put_lists(first, rows);
        put<char>("address", rows, [](uint32_t) { return 0; }, [&](uint32_t i) { return number(i) % 3 == 1; });
        put<uint8_t>(
            "address.city", rows, [&](uint32_t i) { return number(i) % 2; },
            [&](uint32_t i) { return number(i) % 3 == 1; });
        for (uint32_t i = 0; i < rows; ++i) times_.push_back(at(number(i)));
        batch.times = times_.data();
    }

    static int64_t at(int64_t row) { return 1'790'000'000'000'123 + row * 1'000'001; }

    Batch batch;

  private:
    static bool never(uint32_t) { return false; }

    Slot& slot_of(std::string_view path) {
        return batch.slots[static_cast<size_t>(find_field(*batch.schema, path)->slot)];
    }

    template <typename T, typename Value, typename Null = bool (*)(uint32_t)>
    void put(std::string_view path, uint32_t rows, Value value, Null null = never) {
        fill<T>(slot_of(path), rows, value, null);
    }

    template <typename T, typename Value, typename Null = bool (*)(uint32_t)>
    void fill(Slot& slot, uint32_t rows, Value value, Null null = never) {
        std::string& bytes = memory_.emplace_back(rows * sizeof(T) + 64, '\0');
        std::string& nulls = memory_.emplace_back(rows + 64, '\0');
        bool any = false;
        for (uint32_t i = 0; i < rows; ++i) {
            const T made = static_cast<T>(value(i));
            std::memcpy(bytes.data() + i * sizeof(T), &made, sizeof(T));
            nulls[i] = null(i) ? 1 : 0;
            any = any || null(i);
        }
        slot.values = bytes.data();
        slot.null = any ? reinterpret_cast<const uint8_t*>(nulls.data()) : nullptr;
        slot.rows = rows;
    }

    TextView keep(std::string text) {
        const std::string& kept = memory_.emplace_back(std::move(text));
        return TextView{kept.data(), static_cast<uint32_t>(kept.size()), 0};
    }

    /// Row n has n % 3 tags (null when n % 4 == 2), n % 2 lines, and one mark.
    void put_lists(int64_t first, uint32_t rows) {
        auto& tag_ends = offsets_.emplace_back(1, 0);
        auto& line_ends = offsets_.emplace_back(1, 0);
        auto& mark_ends = offsets_.emplace_back(1, 0);
        for (uint32_t i = 0; i < rows; ++i) {
            tag_ends.push_back(tag_ends.back() + static_cast<uint32_t>((first + i) % 3));
            line_ends.push_back(line_ends.back() + static_cast<uint32_t>((first + i) % 2));
            mark_ends.push_back(i + 1);
        }
        const auto child = [&](std::string_view list, size_t i) -> Slot& {
            return batch.slots[static_cast<size_t>(find_field(*batch.schema, list)->children[i].slot)];
        };
        put<char>("tags", rows, [](uint32_t) { return 0; }, [&](uint32_t i) { return (first + i) % 4 == 2; });
        slot_of("tags").offsets = tag_ends.data();
        fill<uint8_t>(child("tags", 0), tag_ends.back(), [](uint32_t) { return 1; });
        slot_of("lines").offsets = line_ends.data();
        const Field& item = find_field(*batch.schema, "lines")->children[0];
        fill<uint8_t>(batch.slots[static_cast<size_t>(item.children[0].slot)], line_ends.back(),
                      [](uint32_t) { return 9; });
        slot_of("marks").offsets = mark_ends.data();
        fill<TextView>(child("marks", 0), rows, [&](uint32_t i) { return keep("k" + std::to_string(first + i)); });
        fill<double>(child("marks", 1), rows, [&](uint32_t i) { return static_cast<double>(first + i); });
    }

    std::deque<std::string> memory_;
    std::deque<std::vector<uint32_t>> offsets_;
    std::vector<int64_t> times_;
};

struct Written {
    std::string bytes;
    size_t overhead = 0;
    uint64_t weight = 0;
};

Written write_sample(const ParquetOptions& options, int64_t rows, uint32_t batch_rows,
                     const IdentityOptions& identity = {}) {
    Written written;
    const auto schema = sample_schema();
    auto format = make_parquet_format(options);
    REQUIRE(format);
    auto encoder = (*format)->object_encoder(*schema, identity, [&](std::string_view bytes) -> Result<void> {
        written.bytes += bytes;
        return {};
    });
    REQUIRE_MESSAGE(encoder, encoder.error().message);
    written.overhead = (*encoder)->overhead_bytes();
    std::vector<uint64_t> weights;
    for (int64_t first = 0; first < rows; first += batch_rows) {
        const auto count = static_cast<uint32_t>(std::min<int64_t>(batch_rows, rows - first));
        const SampleRows sample(schema, first, count);
        (*encoder)->weigh(sample.batch, weights);
        for (const uint64_t weight : weights) written.weight += weight;
        const auto added = (*encoder)->add(sample.batch);
        REQUIRE_MESSAGE(added, added.error().message);
    }
    const auto finished = (*encoder)->finish();
    REQUIRE_MESSAGE(finished, finished.error().message);
    return written;
}

std::shared_ptr<arrow::Table> read_back(const std::string& bytes) {
    auto source = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
    auto reader = parquet::arrow::OpenFile(source, arrow::default_memory_pool()).ValueOrDie();
    return reader->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
}

template <typename ArrayType>
const ArrayType& column(const arrow::Table& table, const std::string& name) {
    const auto chunked = table.GetColumnByName(name);
    REQUIRE(chunked != nullptr);
    const auto* typed = dynamic_cast<const ArrayType*>(chunked->chunk(0).get());
    REQUIRE_MESSAGE(typed != nullptr, name << " is a " << chunked->type()->ToString());
    return *typed;
}

}  // namespace

TEST_SUITE("format/parquet") {
    TEST_CASE("numbers, times and texts come back as they went in") {
        const auto table = read_back(write_sample({.row_group_rows = 100}, 250, 64).bytes);
        REQUIRE(table->num_rows() == 250);
        for (int64_t i = 0; i < 250; ++i) {
            CHECK(column<arrow::BooleanArray>(*table, "flag").Value(i) == (i % 2 == 1));
            CHECK(column<arrow::Int64Array>(*table, "count").Value(i) == i * 3 - 50);
            CHECK(column<arrow::Int64Array>(*table, "total").IsNull(i) == (i % 5 == 0));
            if (i % 5 != 0) CHECK(column<arrow::Int64Array>(*table, "total").Value(i) == i << 33);
            CHECK(column<arrow::DoubleArray>(*table, "score").Value(i) == static_cast<double>(i) / 8);
            const auto amount = arrow::Decimal128(column<arrow::Decimal128Array>(*table, "amount").GetValue(i));
            CHECK(amount == arrow::Decimal128(i * 7 - 1000));
            CHECK(column<arrow::Date32Array>(*table, "day").Value(i) == 20'000 + i % 30);
            CHECK(column<arrow::TimestampArray>(*table, "at").Value(i) == SampleRows::at(i) / 1000);
            CHECK(column<arrow::TimestampArray>(*table, "at_micro").Value(i) == SampleRows::at(i));
            CHECK(column<arrow::DurationArray>(*table, "took").Value(i) == i * 1'500'000);
            CHECK(column<arrow::StringArray>(*table, "kind").GetView(i) == std::array{"new", "paid", "sent"}[i % 3]);
            CHECK(column<arrow::StringArray>(*table, "country").IsNull(i) == (i % 4 == 0));
            if (i % 4 == 3) CHECK(column<arrow::StringArray>(*table, "country").GetView(i) == "Österreich");
            CHECK(column<arrow::StringArray>(*table, "name").GetView(i) == "name " + std::to_string(i));
            CHECK(column<arrow::StringArray>(*table, "url").GetView(i) == "/p/" + std::to_string(i * 3 - 50));
            CHECK(column<arrow::StringArray>(*table, "note").GetView(i) == "fixed");
            CHECK(column<arrow::StringArray>(*table, "nothing").IsNull(i));
            CHECK(column<arrow::Int64Array>(*table, "small").Value(i) == i % 3 + 1);
        }
    }

    TEST_CASE("types are exact: UTC instants, decimals of 18 digits, uuids") {
        const auto schema = read_back(write_sample({}, 3, 3).bytes)->schema();
        CHECK(schema->GetFieldByName("at")->type()->Equals(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC")));
        CHECK(schema->GetFieldByName("at_micro")->type()->Equals(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
        CHECK(schema->GetFieldByName("amount")->type()->Equals(arrow::decimal128(18, 2)));
        CHECK(schema->GetFieldByName("id")->type()->Equals(arrow::utf8()));
        CHECK_FALSE(schema->GetFieldByName("count")->nullable());
        CHECK(schema->GetFieldByName("total")->nullable());
    }

    TEST_CASE("lists, records and maps come back as they went in") {
        const auto table = read_back(write_sample({.row_group_rows = 64}, 200, 33).bytes);
        for (int64_t i = 0; i < 200; ++i) {
            const auto& tags = column<arrow::ListArray>(*table, "tags");
            CHECK(tags.IsNull(i) == (i % 4 == 2));
            CHECK(tags.value_length(i) == (i % 4 == 2 ? 0 : i % 3));
            const auto& lines = column<arrow::ListArray>(*table, "lines");
            CHECK(lines.value_length(i) == i % 2);
            const auto& marks = column<arrow::MapArray>(*table, "marks");
            REQUIRE(marks.value_length(i) == 1);
            const auto& keys = dynamic_cast<const arrow::StringArray&>(*marks.keys());
            CHECK(keys.GetView(marks.value_offset(i)) == "k" + std::to_string(i));
            const auto& address = column<arrow::StructArray>(*table, "address");
            CHECK(address.IsNull(i) == (i % 3 == 1));
            const auto& city = dynamic_cast<const arrow::StringArray&>(*address.field(0));
            if (i % 3 != 1) CHECK(city.GetView(i) == (i % 2 == 0 ? "Ulm" : "Nice"));
        }
        CHECK(column<arrow::ListArray>(*table, "tags").values()->ToString().find("red") == std::string::npos);
    }

    TEST_CASE("equal rows give equal bytes, whatever batches they come in") {
        for (const char* compression : {"zstd", "snappy", "none"}) {
            const ParquetOptions options{.compression = compression, .row_group_rows = 700};
            const std::string whole = write_sample(options, 2000, 512).bytes;
            for (const uint32_t batch_rows : {1U, 7U, 100U, 333U, 511U}) {
                CHECK(write_sample(options, 2000, batch_rows).bytes == whole);
            }
        }
    }

    TEST_CASE("a row group ends early where its rows need much memory, whatever batches they come in") {
        const ParquetOptions options{.row_group_bytes = 150'000};
        const std::string whole = write_sample(options, 3000, 512).bytes;
        CHECK(write_sample(options, 3000, 100).bytes == whole);
        const auto reader = parquet::ParquetFileReader::Open(
            std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(whole)));
        REQUIRE(reader->metadata()->num_row_groups() > 1);
        CHECK(reader->metadata()->RowGroup(0)->num_rows() % 512 == 0);
        CHECK(read_back(whole)->num_rows() == 3000);
    }

    TEST_CASE("rows follow the order of the batch") {
        const auto schema = sample_schema();
        std::string bytes;
        const auto format = make_parquet_format({});
        auto encoder = (*format)->object_encoder(*schema, {}, [&](std::string_view more) -> Result<void> {
            bytes += more;
            return {};
        });
        REQUIRE(encoder);
        SampleRows sample(schema, 10, 5);
        const std::vector<uint32_t> order{4, 2, 0};
        sample.batch.order = order.data();
        sample.batch.rows = 3;
        REQUIRE((*encoder)->add(sample.batch));
        REQUIRE((*encoder)->finish());
        const auto table = read_back(bytes);
        const auto& names = column<arrow::StringArray>(*table, "name");
        REQUIRE(names.length() == 3);
        CHECK(names.GetView(0) == "name 14");
        CHECK(names.GetView(1) == "name 12");
        CHECK(names.GetView(2) == "name 10");
        const auto& marks = column<arrow::MapArray>(*table, "marks");
        CHECK(dynamic_cast<const arrow::StringArray&>(*marks.keys()).GetView(0) == "k14");
    }

    TEST_CASE("the identity column names run, stream and row") {
        const auto table = read_back(write_sample({}, 20, 6, {.column = true, .run = "r1"}).bytes);
        CHECK(column<arrow::StringArray>(*table, "_headwater").GetView(19) == "r1/shop.sales/19");
        CHECK(read_back(write_sample({}, 20, 6).bytes)->GetColumnByName("_headwater") == nullptr);
    }

    TEST_CASE("row groups hold the rows asked for, with statistics and dictionaries of what occurs") {
        const std::string bytes = write_sample({.row_group_rows = 100}, 250, 64).bytes;
        const auto reader = parquet::ParquetFileReader::Open(
            std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
        const auto metadata = reader->metadata();
        CHECK(metadata->created_by() == "headwater version 1.0.0");
        REQUIRE(metadata->num_row_groups() == 3);
        CHECK(metadata->RowGroup(1)->num_rows() == 100);
        CHECK(metadata->RowGroup(2)->num_rows() == 50);
        const auto chunk = [&](const char* path) {
            const int index = metadata->schema()->ColumnIndex(path);
            REQUIRE_MESSAGE(index >= 0, path);
            return metadata->RowGroup(1)->ColumnChunk(index);
        };
        const auto count = std::static_pointer_cast<parquet::Int64Statistics>(chunk("count")->statistics());
        REQUIRE(count != nullptr);
        CHECK(count->min() == 250);
        CHECK(count->max() == 547);
        CHECK(chunk("country")->has_dictionary_page());
        CHECK(chunk("tags.list.element")->has_dictionary_page());
        CHECK_FALSE(chunk("name")->has_dictionary_page());
        CHECK_FALSE(chunk("id")->has_dictionary_page());
        CHECK(bytes.find("unused") == std::string::npos);
    }

    TEST_CASE("no object is larger than its overhead and the weights of its rows") {
        for (const int64_t rows : {0, 1, 2, 50, 1500}) {
            for (const char* compression : {"none", "snappy", "zstd", "lz4", "gzip"}) {
                for (const int64_t row_group_rows : {3, 1000}) {
                    const Written written =
                        write_sample({.compression = compression, .row_group_rows = row_group_rows}, rows, 100);
                    CHECK(written.bytes.size() <= written.overhead + written.weight);
                }
            }
        }
    }

    TEST_CASE("an object without rows is a valid file") {
        const auto table = read_back(write_sample({}, 0, 1).bytes);
        CHECK(table->num_rows() == 0);
        CHECK(table->num_columns() == 21);
    }

    TEST_CASE("an error of the target comes back as it was") {
        const auto format = make_parquet_format({.row_group_rows = 10});
        int writes = 0;
        auto encoder = (*format)->object_encoder(*sample_schema(), {}, [&](std::string_view) -> Result<void> {
            if (++writes > 2) return fail(ErrorKind::disk, "Cannot write: full: /x");
            return {};
        });
        REQUIRE(encoder);
        const SampleRows sample(sample_schema(), 0, 50);
        const auto added = (*encoder)->add(sample.batch);
        REQUIRE_FALSE(added);
        CHECK(added.error().kind == ErrorKind::disk);
        CHECK(added.error().message == "Cannot write: full: /x");
    }

    TEST_CASE("an unknown compression and a constant that does not fit are refused") {
        const auto format = make_parquet_format({.compression = "brotli"});
        REQUIRE_FALSE(format);
        CHECK(format.error().message == "Compression of Parquet must be none, zstd, snappy, gzip or lz4: brotli");
        Schema schema;
        schema.stream = "a.b";
        schema.fields.push_back(make_field("price", Kind::decimal, Storage::literal));
        schema.fields[0].literal = "cheap";
        const auto usable = make_parquet_format({});
        const auto encoder = (*usable)->object_encoder(schema, {}, [](std::string_view) -> Result<void> { return {}; });
        REQUIRE_FALSE(encoder);
        CHECK(encoder.error().message == "Constant of field price is no decimal(0): cheap");
        CHECK((*usable)->prepare({sample_schema()}, {}));
        CHECK((*usable)->prepare({sample_schema(), std::make_shared<Schema>(schema)}, {}).error().message ==
              "Parquet cannot hold stream a.b: Constant of field price is no decimal(0): cheap");
    }
}

}  // namespace headwater
