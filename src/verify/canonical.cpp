// For saying when two renderings are the same value: texts and numbers of any source, read as the schema's type has them.
#include "verify/canonical.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/print.h"
#include "base/take.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {

namespace {

constexpr unsigned most_digits = 19;
constexpr std::array<uint64_t, 20> powers = [] {
    std::array<uint64_t, 20> all{1};
    for (size_t i = 1; i < all.size(); ++i) all[i] = all[i - 1] * 10;
    return all;
}();

ValueHash foreign(std::string_view text) { return hash_bytes(text, foreign_tag); }

/// A number taken apart: digits x 10^exponent.
struct Number {
    uint64_t digits = 0;
    int exponent = 0;
    bool is_negative = false;
};

/// Reads digits, dropping those zeros at the end that only a scale asked for.
std::optional<Number> number_in(std::string_view text) {
    Number number;
    const char* at = text.data();
    const char* end = at + text.size();
    if (at != end && (*at == '-' || *at == '+')) number.is_negative = *at++ == '-';
    unsigned read = 0, zeros = 0, counted = 0;
    bool has_point = false;
    for (; at != end; ++at) {
        if (*at == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (!is_digit(*at)) break;
        ++read;
        if (has_point) --number.exponent;
        if (*at == '0') {
            ++zeros;  // counted when a digit other than 0 follows
            continue;
        }
        if (counted > 0 || number.digits > 0) counted += zeros;
        if (counted + 1 > most_digits) return std::nullopt;
        number.digits = number.digits * (number.digits > 0 ? powers[zeros] : 1) * 10 + static_cast<uint64_t>(*at - '0');
        ++counted;
        zeros = 0;
    }
    if (read == 0) return std::nullopt;
    number.exponent += static_cast<int>(zeros);
    if (at == end) return number;
    if (*at != 'e' && *at != 'E') return std::nullopt;
    if (++at != end && *at == '+') ++at;
    int exponent = 0;
    auto [rest, error] = std::from_chars(at, end, exponent);
    if (error != std::errc() || rest != end || std::abs(exponent) > 10'000) return std::nullopt;
    number.exponent += exponent;
    return number;
}

std::optional<int64_t> signed_of(uint64_t magnitude, bool is_negative) {
    if (magnitude > static_cast<uint64_t>(INT64_MAX) + (is_negative ? 1 : 0)) return std::nullopt;
    return static_cast<int64_t>(is_negative ? 0 - magnitude : magnitude);
}

ValueHash hash_real_text(std::string_view text) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return foreign(text);
    return std::isfinite(value) ? hash_real(value) : ValueHash{};
}

ValueHash hash_truth(std::string_view text) {
    for (auto [spelling, value] : {std::pair{"true", 1}, {"false", 0}, {"True", 1}, {"False", 0}, {"TRUE", 1}})
        if (text == spelling) return hash_integer(value);
    return text == "FALSE" ? hash_integer(0) : foreign(text);
}

/// Values of hex digits; 255 for anything else.
constexpr std::array<uint8_t, 256> nibbles = [] {
    std::array<uint8_t, 256> all{};
    for (size_t c = 0; c < all.size(); ++c) all[c] = static_cast<uint8_t>(hex_value(static_cast<char>(c)));
    return all;
}();

/// Reads hex digits behind what was read; `wrong` collects the high bits of what is none.
void take_hex(const char* at, int digits, uint64_t& value, unsigned& wrong) {
    for (int i = 0; i < digits; ++i) {
        const unsigned nibble = nibbles[static_cast<uint8_t>(at[i])];
        wrong |= nibble;
        value = value << 4 | (nibble & 15);
    }
}

ValueHash hash_uuid_text(std::string_view text) {
    uint64_t high = 0, low = 0;
    unsigned wrong = 0;
    const char* at = text.data();
    if (text.size() == 36 && at[8] == '-' && at[13] == '-' && at[18] == '-' && at[23] == '-') {
        take_hex(at, 8, high, wrong);
        take_hex(at + 9, 4, high, wrong);
        take_hex(at + 14, 4, high, wrong);
        take_hex(at + 19, 4, low, wrong);
        take_hex(at + 24, 12, low, wrong);
    } else if (text.size() == 32) {
        take_hex(at, 16, high, wrong);
        take_hex(at + 16, 16, low, wrong);
    } else {
        return foreign(text);
    }
    return wrong < 16 ? hash_uuid(high, low) : foreign(text);
}

ValueHash hash_instant_text(const Type& type, Rendering rendering, std::string_view text) {
    if (rendering != Rendering::number) {
        if (auto instant = any_instant(text)) return hash_integer(*instant);
        if (rendering == Rendering::text) return foreign(text);
    }
    const bool is_counted = type.form == InstantForm::epoch;
    const int64_t unit = micros_of(type.unit);
    auto number = scaled_number(text, 0);
    if (!number) {
        // Parts of a second, as some write 1767225600.123.
        auto micros = scaled_number(text, 6);
        return micros && !is_counted && std::abs(*micros) < 100'000'000'000'000'000 ? hash_integer(*micros)
                                                                                    : foreign(text);
    }
    if (is_counted) {
        int64_t micros = 0;
        return __builtin_mul_overflow(*number, unit, &micros) ? foreign(text) : hash_integer(micros);
    }
    auto micros = instant_of_number(*number);
    return micros ? hash_integer(*micros) : foreign(text);
}

ValueHash hash_date_text(Rendering rendering, std::string_view text) {
    if (rendering == Rendering::number) return foreign(text);
    auto instant = any_instant(text);
    if (!instant || day_of(*instant) * micros_per_day != *instant) return foreign(text);
    return hash_integer(day_of(*instant));
}

ValueHash hash_duration_text(const Type& type, Rendering rendering, std::string_view text) {
    if (rendering != Rendering::number) {
        if (auto micros = iso_duration(text)) return hash_integer(*micros);
        if (rendering == Rendering::text) return foreign(text);
    }
    auto number = scaled_number(text, 0);
    int64_t micros = 0;
    if (!number || __builtin_mul_overflow(*number, micros_of(type.unit), &micros)) return foreign(text);
    return hash_integer(micros);
}

bool allows(const Type& type, Rendering rendering) {
    if (rendering == Rendering::any) return true;
    switch (type.kind) {
        case Kind::integer:
        case Kind::real:
        case Kind::decimal: return rendering == Rendering::number;
        case Kind::boolean: return rendering == Rendering::truth;
        case Kind::text:
        case Kind::uuid:
        case Kind::date:
        case Kind::enumeration: return rendering == Rendering::text;
        case Kind::instant:
        case Kind::duration: return rendering != Rendering::truth;
        default: return false;
    }
}

/// Reads .5 as microseconds; digits beyond six must be zeros.
bool take_fraction(std::string_view& text, int64_t& micros) {
    if (!take(text, '.') && !take(text, ',')) return true;
    if (text.empty() || !is_digit(text.front())) return false;
    for (int64_t unit = 100'000; !text.empty() && is_digit(text.front()); unit /= 10) {
        if (unit == 0 && text.front() != '0') return false;
        micros += (text.front() - '0') * unit;
        text.remove_prefix(1);
    }
    return true;
}

bool take_zone(std::string_view& text, int64_t& ahead) {
    if (text.empty() || text == "Z" || text == "z" || text == " UTC" || text == "UTC") {
        text = {};
        return true;
    }
    take(text, ' ');
    const bool is_behind = text.starts_with('-');
    int hours = 0, minutes = 0;
    if ((!take(text, '+') && !take(text, '-')) || !take_digits(text, 2, hours)) return false;
    take(text, ':');
    if (!text.empty() && !take_digits(text, 2, minutes)) return false;
    ahead = (hours * 60 + minutes) * micros_per_minute * (is_behind ? -1 : 1);
    return text.empty();
}

}  // namespace

std::optional<int64_t> scaled_number(std::string_view text, unsigned scale) {
    const auto number = number_in(text);
    if (!number) return std::nullopt;
    if (number->digits == 0) return 0;
    int64_t shift = number->exponent + static_cast<int64_t>(scale);
    uint64_t digits = number->digits;
    for (; shift < 0 && digits % 10 == 0; ++shift) digits /= 10;
    if (shift < 0 || shift > static_cast<int64_t>(most_digits)) return std::nullopt;
    uint64_t scaled = 0;
    if (__builtin_mul_overflow(digits, powers[static_cast<size_t>(shift)], &scaled)) return std::nullopt;
    return signed_of(scaled, number->is_negative);
}

std::optional<int64_t> any_instant(std::string_view text) {
    CivilDate date{};
    if (!take_digits(text, 4, date.year) || !take(text, '-') || !take_digits(text, 2, date.month) || !take(text, '-') ||
        !take_digits(text, 2, date.day))
        return std::nullopt;
    if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) return std::nullopt;
    const int64_t days = days_of(date);
    if (date.day > 28 && civil_of(days).day != date.day) return std::nullopt;
    const int64_t midnight = days * micros_per_day;
    if (text.empty()) return midnight;
    int hour = 0, minute = 0, second = 0;
    int64_t fraction = 0, ahead = 0;
    if (!take(text, 'T') && !take(text, ' ') && !take(text, 't')) return std::nullopt;
    if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) return std::nullopt;
    if (take(text, ':') && (!take_digits(text, 2, second) || !take_fraction(text, fraction))) return std::nullopt;
    if (!take_zone(text, ahead) || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return midnight + ((hour * 60 + minute) * 60 + second) * micros_per_second + fraction - ahead;
}

std::optional<int64_t> iso_duration(std::string_view text) {
    const bool is_negative = take(text, '-');
    if (!take(text, 'P') || text.empty()) return std::nullopt;
    int64_t total = 0;
    bool in_time = false;
    while (!text.empty()) {
        if (!in_time && take(text, 'T')) {
            in_time = true;
            continue;
        }
        const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
        if (digits == text.size()) return std::nullopt;
        const char unit = text[digits];
        const int64_t micros = !in_time && unit == 'D'  ? micros_per_day
                               : in_time && unit == 'H' ? micros_per_hour
                               : in_time && unit == 'M' ? micros_per_minute
                               : in_time && unit == 'S' ? micros_per_second
                                                        : 0;
        const bool is_whole = micros != micros_per_second;
        const auto count = scaled_number(text.substr(0, digits), is_whole ? 0 : 6);
        int64_t part = 0;
        if (micros == 0 || !count || __builtin_mul_overflow(*count, is_whole ? micros : 1, &part) ||
            __builtin_add_overflow(total, part, &total))
            return std::nullopt;
        text.remove_prefix(digits + 1);
    }
    return is_negative ? -total : total;
}

std::optional<int64_t> instant_of_number(int64_t number) {
    const uint64_t magnitude = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    if (magnitude < 100'000'000'000) return number * 1'000'000;
    if (magnitude < 100'000'000'000'000) return number * 1'000;
    if (magnitude < 100'000'000'000'000'000) return number;
    return number % 1000 == 0 ? std::optional(number / 1000) : std::nullopt;
}

ValueHash hash_rendered(const Type& type, Rendering rendering, std::string_view text) {
    if (rendering == Rendering::number) text = trimmed_end(text);
    if (!allows(type, rendering)) return foreign(text);
    switch (type.kind) {
        case Kind::integer: {
            auto number = scaled_number(text, 0);
            return number ? hash_integer(*number) : foreign(text);
        }
        case Kind::decimal: {
            auto number = scaled_number(text, type.scale);
            return number ? hash_integer(*number) : foreign(text);
        }
        case Kind::real: return hash_real_text(text);
        case Kind::boolean: return hash_truth(text);
        case Kind::text:
        case Kind::enumeration: return hash_text(text);
        case Kind::uuid: return hash_uuid_text(text);
        case Kind::date: return hash_date_text(rendering, text);
        case Kind::instant: return hash_instant_text(type, rendering, text);
        case Kind::duration: return hash_duration_text(type, rendering, text);
        default: return foreign(text);
    }
}

ValueHash hash_stored(const Type& type, int64_t value) {
    if (type.kind == Kind::enumeration) return hash_text(type.symbols.at(static_cast<size_t>(value)));
    if (type.kind != Kind::instant) return hash_integer(value);
    const bool is_printed = type.form != InstantForm::epoch;
    if (is_printed && value < first_printed_instant) value = first_printed_instant;
    if (is_printed && value > last_printed_instant) value = last_printed_instant;
    const int64_t unit = micros_of(type.unit);
    return hash_integer((value / unit - (value % unit < 0)) * unit);
}

ValueHash hash_stored(const Type& type, double value) {
    if (!std::isfinite(value)) return {};
    if (type.kind == Kind::real) return hash_real(value);
    char buffer[32];
    return hash_rendered(type, Rendering::any, {buffer, static_cast<size_t>(print_real(buffer, value) - buffer)});
}

ValueHash hash_stored_uuid(const Type& type, const unsigned char* bytes) {
    if (type.kind == Kind::uuid) {
        uint64_t halves[2];
        std::memcpy(halves, bytes, sizeof halves);
        return hash_uuid(__builtin_bswap64(halves[0]), __builtin_bswap64(halves[1]));
    }
    char buffer[36];
    print_uuid(buffer, bytes);
    return hash_rendered(type, Rendering::any, {buffer, sizeof buffer});
}

ValueHash hash_untyped(Rendering rendering, std::string_view text) {
    return rendering == Rendering::text ? hash_text(text) : foreign(trimmed_end(text));
}

}  // namespace headwater
