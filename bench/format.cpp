// For the cost of formatting alone: the row writer against code written for one record, after their bytes are found equal.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/hand_written.h"
#include "data/batch.h"
#include "format/csv/csv.h"
#include "format/json/json.h"
#include "format/row_writer.h"

namespace headwater::bench {
namespace {

constexpr uint32_t batch_count = 4;
constexpr uint32_t rows = Batch::max_rows;

/// The same records as columns, in the storages that a plan would choose for them.
struct EventColumns {
    std::vector<std::array<unsigned char, 16>> event_id;
    std::vector<int64_t> ts;
    std::vector<uint8_t> type, country, device;
    std::vector<int32_t> user_id, price, qty, lat, lon, product;
    std::vector<uint64_t> session;
    Batch batch;

    EventColumns(const std::vector<Event>& events, size_t first, const std::shared_ptr<const Schema>& schema) {
        for (size_t i = first; i < first + rows; ++i) {
            const Event& event = events[i];
            event_id.push_back(event.event_id);
            ts.push_back(event.ts);
            type.push_back(event.type);
            user_id.push_back(static_cast<int32_t>(event.user_id));
            session.push_back(event.session);
            country.push_back(event.country);
            device.push_back(event.device);
            price.push_back(static_cast<int32_t>(event.price));
            qty.push_back(event.qty);
            lat.push_back(event.lat);
            lon.push_back(event.lon);
            product.push_back(static_cast<int32_t>(event.product));
        }
        batch.schema = schema;
        batch.rows = rows;
        batch.times = ts.data();
        add(event_id), add(ts), add(type), add(user_id), add(session), add(country);
        add(device), add(price), add(qty), add(lat), add(lon), add(product);
    }

  private:
    template <typename T>
    void add(std::vector<T>& column) {
        column.resize(rows + 64);
        batch.slots.push_back({column.data(), nullptr, nullptr, rows});
    }
};

Field number(std::string name, Type type, int slot, int64_t low, int64_t high) {
    return {.name = std::move(name),
            .type = std::move(type),
            .storage = Storage::i32,
            .slot = slot,
            .low = low,
            .high = high};
}

template <size_t size>
Field choice(std::string name, int slot, const std::array<std::string_view, size>& values) {
    auto dictionary = std::make_shared<Dictionary>();
    dictionary->values.assign(values.begin(), values.end());
    return {.name = std::move(name),
            .type = {.kind = Kind::text},
            .plain = true,
            .storage = Storage::index8,
            .dictionary = dictionary,
            .slot = slot};
}

std::shared_ptr<const Schema> event_schema() {
    auto schema = std::make_shared<Schema>();
    schema->stream = "shop.events";
    Field path = {.type = {.kind = Kind::text}, .storage = Storage::literal, .literal = "/product/"};
    Field url = {.name = "url", .type = {.kind = Kind::text}, .plain = true, .storage = Storage::cut};
    url.children = {path, number("", {.kind = Kind::integer}, 11, 0, 4'999'999)};
    schema->fields = {
        {.name = "event_id", .type = {.kind = Kind::uuid}, .storage = Storage::uuid, .slot = 0},
        {.name = "ts", .type = {.kind = Kind::instant}, .storage = Storage::i64, .slot = 1},
        choice("type", 2, types),
        number("user_id", {.kind = Kind::integer}, 3, 1, 20'000'000),
        {.name = "session", .type = {.kind = Kind::text}, .plain = true, .storage = Storage::hex64, .slot = 4},
        choice("country", 5, countries),
        choice("device", 6, devices),
        number("price", {.kind = Kind::decimal, .scale = 2}, 7, 99, 50'098),
        number("qty", {.kind = Kind::integer}, 8, 1, 9),
        number("lat", {.kind = Kind::decimal, .scale = 4}, 9, -900'000, 900'000),
        number("lon", {.kind = Kind::decimal, .scale = 4}, 10, -1'800'000, 1'800'000),
        url,
    };
    schema->slot_count = 12;
    return schema;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// One way to format all batches; gives the bytes of the last.
struct Contender {
    std::string name;
    std::function<const std::string&(uint32_t batch)> format;
    double best_ns = 1e9;
};

/// Runs the contenders in turns, so that what else the machine does hits all alike.
void measure(std::vector<Contender>& contenders) {
    constexpr int turns = 40, passes = 60;
    for (int turn = 0; turn < turns; ++turn)
        for (Contender& contender : contenders) {
            const double start = cpu_seconds();
            for (int pass = 0; pass < passes; ++pass)
                for (uint32_t batch = 0; batch < batch_count; ++batch) contender.format(batch);
            contender.best_ns =
                std::min(contender.best_ns, (cpu_seconds() - start) * 1e9 / (passes * batch_count * rows));
        }
}

void compare(const char* format, std::vector<Contender> contenders) {
    for (const Contender& contender : contenders)
        for (uint32_t batch = 0; batch < batch_count; ++batch)
            if (const std::string expected = contenders[0].format(batch); contender.format(batch) != expected) {
                std::printf("%s: bytes differ: %s\n", format, contender.name.c_str());
                std::exit(1);
            }
    measure(contenders);
    for (const Contender& contender : contenders)
        std::printf("%-5s %-12s %6.2f ns/record  %4.0f %% of hand-written\n", format, contender.name.c_str(),
                    contender.best_ns, 100 * contenders[0].best_ns / contender.best_ns);
}

int run() {
    const EventGenerator generator(key_of("bench"));
    std::vector<Event> events;
    for (uint64_t row = 0; row < batch_count * rows; ++row) events.push_back(generator.make(row));
    const auto schema = event_schema();
    std::vector<EventColumns> columns;
    columns.reserve(batch_count);
    for (uint32_t i = 0; i < batch_count; ++i) columns.emplace_back(events, size_t{i} * rows, schema);

    EventFormatter hand;
    std::string hand_bytes;
    const auto by_hand = [&](auto format) {
        return [&, format](uint32_t batch) -> const std::string& {
            hand_bytes.resize_and_overwrite(EventFormatter::max_size * rows, [&](char* start, size_t) {
                char* at = start;
                for (uint32_t i = 0; i < rows; ++i) at = format(at, events[size_t{batch} * rows + i]);
                return static_cast<size_t>(at - start);
            });
            return hand_bytes;
        };
    };
    Payload payload;
    const auto by_writer = [&](RowWriter& writer) {
        return [&](uint32_t batch) -> const std::string& {
            payload.clear();
            writer.write(columns[batch].batch, payload);
            return payload.bytes;
        };
    };
    const auto json = [&](bool narrow) { return compile_json(*schema, {}, false, narrow); };
    const auto csv = [&](bool narrow) { return compile_csv(*schema, {}, {}, narrow); };
    RowWriter json_rows(json, RowScheme::by_row), json_lockstep(json, RowScheme::lockstep);
    RowWriter csv_rows(csv, RowScheme::by_row), csv_lockstep(csv, RowScheme::lockstep);
    if (!json_lockstep.in_lockstep() || !csv_lockstep.in_lockstep()) {
        std::printf("the record is not written in lock step\n");
        return 1;
    }
    compare("json", {{"hand-written", by_hand([&](char* at, const Event& event) { return hand.json(at, event); })},
                     {"lock step", by_writer(json_lockstep)},
                     {"by row", by_writer(json_rows)}});
    compare("csv", {{"hand-written", by_hand([&](char* at, const Event& event) { return hand.csv(at, event); })},
                    {"lock step", by_writer(csv_lockstep)},
                    {"by row", by_writer(csv_rows)}});
    return 0;
}

}  // namespace
}  // namespace headwater::bench

int main() { return headwater::bench::run(); }
