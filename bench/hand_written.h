// For the bar that the engine is measured against: one 12-field record, generated and formatted by code written for it alone.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/digits.h"
#include "base/print.h"
#include "base/random.h"
#include "data/program.h"
#include "format/row_bytes.h"

namespace headwater::bench {

inline constexpr std::array<std::string_view, 8> types = {"page_view", "add_to_cart", "purchase", "search",
                                                          "login",     "logout",      "click",    "scroll"};
inline constexpr std::array<std::string_view, 16> countries = {"US", "DE", "FR", "GB", "IN", "BR", "JP", "CN",
                                                               "ES", "IT", "NL", "SE", "PL", "CA", "AU", "MX"};
inline constexpr std::array<std::string_view, 4> devices = {"mobile", "desktop", "tablet", "tv"};

/// The record: what a click stream could look like.
struct Event {
    std::array<unsigned char, 16> event_id;
    int64_t ts;        ///< microseconds
    uint64_t session;  ///< printed as 16 hex digits
    uint32_t user_id;  ///< 1 to 20,000,000
    uint32_t product;  ///< below 5,000,000
    uint32_t price;    ///< cents, 99 to 50098
    int32_t lat, lon;  ///< ten-thousandths of a degree
    uint8_t type, country, device, qty;
};

/// Where each value is drawn under the key of the stream: as the pack of the same record draws it.
struct EventPlaces {
    uint64_t event_id_high = key_of("fields.event_id#0"), event_id_low = event_id_high + draw_step;
    uint64_t type = key_of("fields.type#0"), user_id = key_of("fields.user_id#0"), session = key_of("fields.session#0");
    uint64_t country = key_of("fields.country#0"), device = key_of("fields.device#0"), price = key_of("fields.price#0");
    uint64_t qty = key_of("fields.qty#0"), lat = key_of("fields.lat#0"), lon = key_of("fields.lon#0");
    uint64_t product = key_of("fields.url#0");
};

/// Generates records: each value from its own draw.
class EventGenerator {
  public:
    explicit EventGenerator(uint64_t key, int64_t start = 1'763'640'000'000'000, const EventPlaces& places = {})
        : key_(key),
          start_(start),
          places_(places),
          types_(falling(types.size())),
          countries_(falling(countries.size())),
          devices_(falling(devices.size())) {}

    Event make(uint64_t row) const {
        const uint64_t base = base_of(key_, row);
        Event event;
        const uint64_t high = (draw(base, places_.event_id_high) & ~0xf000ULL) | 0x4000ULL;
        const uint64_t low = (draw(base, places_.event_id_low) & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
        const std::array<uint64_t, 2> printed = {__builtin_bswap64(high), __builtin_bswap64(low)};
        std::memcpy(event.event_id.data(), printed.data(), 16);
        event.ts = start_ + static_cast<int64_t>(row) * 250;
        event.type = static_cast<uint8_t>(types_.pick(draw(base, places_.type)));
        event.user_id = 1 + static_cast<uint32_t>(below(draw(base, places_.user_id), 20'000'000));
        event.session = draw(base, places_.session);
        event.country = static_cast<uint8_t>(countries_.pick(draw(base, places_.country)));
        event.device = static_cast<uint8_t>(devices_.pick(draw(base, places_.device)));
        event.price = 99 + static_cast<uint32_t>(below(draw(base, places_.price), 50'000));
        event.qty = static_cast<uint8_t>(1 + below(draw(base, places_.qty), 9));
        event.lat = static_cast<int32_t>(below(draw(base, places_.lat), 1'800'001)) - 900'000;
        event.lon = static_cast<int32_t>(below(draw(base, places_.lon), 3'600'001)) - 1'800'000;
        event.product = static_cast<uint32_t>(below(draw(base, places_.product), 5'000'000));
        return event;
    }

  private:
    /// Weights 1, 1/2, 1/3, ...
    static Alias falling(size_t count) {
        std::vector<double> weights;
        for (size_t i = 1; i <= count; ++i) weights.push_back(1.0 / static_cast<double>(i));
        return Alias::of(weights);
    }

    uint64_t key_;
    int64_t start_;
    EventPlaces places_;
    Alias types_, countries_, devices_;
};

/// Formats records, knowing their fields at compile time.
class EventFormatter {
  public:
    /// Bytes that one record needs at most, those written behind its end included.
    static constexpr size_t max_size = 512;

    EventFormatter() {
        for (size_t i = 0; i < types.size(); ++i)
            type_json_[i] = fragment(types[i], R"(","user_id":)"), type_csv_[i] = fragment(types[i], ",");
        for (size_t i = 0; i < countries.size(); ++i)
            country_json_[i] = fragment(countries[i], R"(","device":")"), country_csv_[i] = fragment(countries[i], ",");
        for (size_t i = 0; i < devices.size(); ++i)
            device_json_[i] = fragment(devices[i], R"(","price":)"), device_csv_[i] = fragment(devices[i], ",");
    }

    char* json(char* at, const Event& event) {
        at = put(at, R"({"event_id":")");
        at = write_uuid(at, event.event_id.data());
        at = put(at, R"(","ts":")");
        at = put_time(at, event.ts);
        at = put(at, R"(","type":")");
        at = put(at, type_json_[event.type]);
        at = write_below_1e8(at, event.user_id);
        at = put(at, R"(,"session":")");
        at = write_hex_fast(at, event.session);
        at = put(at, R"(","country":")");
        at = put(at, country_json_[event.country]);
        at = put(at, device_json_[event.device]);
        at = put_cents(at, event.price);
        at = put(at, R"(,"qty":)");
        *at++ = static_cast<char>('0' + event.qty);
        at = put(at, R"(,"lat":)");
        at = put_degrees(at, event.lat);
        at = put(at, R"(,"lon":)");
        at = put_degrees(at, event.lon);
        at = put(at, R"(,"url":"/product/)");
        at = write_below_1e8(at, event.product);
        return put(at, "\"}\n");
    }

    char* csv(char* at, const Event& event) {
        at = write_uuid(at, event.event_id.data());
        *at++ = ',';
        at = put_time(at, event.ts);
        *at++ = ',';
        at = put(at, type_csv_[event.type]);
        at = write_below_1e8(at, event.user_id);
        *at++ = ',';
        at = write_hex_fast(at, event.session);
        *at++ = ',';
        at = put(at, country_csv_[event.country]);
        at = put(at, device_csv_[event.device]);
        at = put_cents(at, event.price);
        *at++ = ',';
        *at++ = static_cast<char>('0' + event.qty);
        *at++ = ',';
        at = put_degrees(at, event.lat);
        *at++ = ',';
        at = put_degrees(at, event.lon);
        at = put(at, ",/product/");
        at = write_below_1e8(at, event.product);
        *at++ = '\n';
        return at;
    }

  private:
    /// A choice and the literal behind it, written by one store.
    struct Fragment {
        std::array<char, 32> text{};
        uint32_t size = 0;
    };

    static Fragment fragment(std::string_view value, std::string_view after) {
        Fragment result;
        const std::string text = std::string(value) + std::string(after);
        text.copy(result.text.data(), text.size());
        result.size = static_cast<uint32_t>(text.size());
        return result;
    }

    template <size_t size>
    static char* put(char* at, const char (&literal)[size]) {
        std::memcpy(at, literal, size - 1);
        return at + size - 1;
    }
    static char* put(char* at, const Fragment& fragment) {
        store32(at, fragment.text.data());
        return at + fragment.size;
    }
    static char* put_cents(char* at, uint32_t cents) {
        at = write_below_1e8(at, cents / 100);
        *at = '.';
        const uint32_t digits = digits4(cents % 100) >> 16;
        std::memcpy(at + 1, &digits, 2);
        return at + 3;
    }
    /// Writes a magnitude below 1000 degrees with four digits behind the point.
    static char* put_degrees(char* at, int32_t value) {
        *at = '-';
        at += value < 0;
        const uint32_t magnitude = static_cast<uint32_t>(value < 0 ? -value : value), whole = magnitude / 10000;
        const uint32_t zeros = 1U + (whole < 100) + (whole < 10), digits = digits4(whole) >> (8 * zeros);
        std::memcpy(at, &digits, 4);
        at += 4 - zeros;
        *at = '.';
        const uint32_t fraction = digits4(magnitude % 10000);
        std::memcpy(at + 1, &fraction, 4);
        return at + 5;
    }
    char* put_time(char* at, int64_t micros) {
        const auto second = static_cast<uint64_t>(micros) / 1'000'000;
        if (second != second_) [[unlikely]] {
            second_ = second;
            print_instant(second_text_.data(), micros, 3, "Z");
        }
        store32(at, second_text_.data());
        const uint32_t millis = digits4(static_cast<uint32_t>(static_cast<uint64_t>(micros) / 1000 % 1000)) >> 8 |
                                static_cast<uint32_t>('Z') << 24;
        std::memcpy(at + 20, &millis, 4);
        return at + 24;
    }

    std::array<Fragment, types.size()> type_json_, type_csv_;
    std::array<Fragment, countries.size()> country_json_, country_csv_;
    std::array<Fragment, devices.size()> device_json_, device_csv_;
    uint64_t second_ = UINT64_MAX;
    std::array<char, 64> second_text_{};
};

}  // namespace headwater::bench
