// For printing numbers, instants and text as bytes, the same on every machine.
#include "base/print.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/digits.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {

namespace {

/// 0001-01-01 and 9999-12-31, beyond which a year would not have four digits.
constexpr int64_t first_day = -719162, last_day = 2932896;

char* write_two(char* out, unsigned value) {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
    return out + 2;
}

char* write_count(char* out, uint64_t count, char unit) {
    out = print_integer(out, static_cast<int64_t>(count));
    *out = unit;
    return out + 1;
}

/// The significant digits of a double and the power of ten of the first one.
struct Digits {
    std::array<char, 17> text;
    int count = 0;
    int exponent = 0;
};

Digits shortest_digits(double magnitude) {
    std::array<char, 32> buffer;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::scientific).ptr;
    Digits digits;
    const char* at = buffer.data();
    for (; at != end && *at != 'e'; ++at)
        if (*at != '.') digits.text[static_cast<size_t>(digits.count++)] = *at;
    const bool plus = at + 1 != end && at[1] == '+';
    std::from_chars(at + 1 + plus, end, digits.exponent);
    return digits;
}

char* write_digits(char* out, const Digits& digits, int first, int end) {
    for (int i = first; i < end; ++i) *out++ = i < digits.count ? digits.text[static_cast<size_t>(i)] : '0';
    return out;
}

}  // namespace

char* print_integer(char* out, int64_t value) {
    std::array<char, 32> buffer;
    const char* end = write_signed(buffer.data(), value);
    return std::copy(static_cast<const char*>(buffer.data()), end, out);
}

char* print_decimal(char* out, int64_t value, unsigned scale) {
    HW_CHECK(scale <= 18);
    std::array<char, 40> buffer;
    const char* end = write_decimal(buffer.data(), value, scale);
    return std::copy(static_cast<const char*>(buffer.data()), end, out);
}

char* print_real(char* out, double value) {
    if (!std::isfinite(value)) {
        std::memcpy(out, "null", 4);
        return out + 4;
    }
    *out = '-';
    out += std::signbit(value);
    const Digits digits = shortest_digits(std::fabs(value));
    if (digits.exponent >= 0 && digits.exponent < 16) {
        out = write_digits(out, digits, 0, digits.exponent + 1);
        *out++ = '.';
        return write_digits(out, digits, digits.exponent + 1, std::max(digits.count, digits.exponent + 2));
    }
    if (digits.exponent < 0 && digits.exponent >= -5) {
        out = std::copy_n("0.0000", 1 - digits.exponent, out);
        return write_digits(out, digits, 0, digits.count);
    }
    *out++ = digits.text[0];
    if (digits.count > 1) *out++ = '.';
    out = write_digits(out, digits, 1, digits.count);
    *out++ = 'e';
    return print_integer(out, digits.exponent);
}

char* print_uuid(char* out, const unsigned char* value) {
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        *out++ = hex_digits[value[i] >> 4];
        *out++ = hex_digits[value[i] & 15];
    }
    return out;
}

char* print_date(char* out, int64_t days) {
    const CivilDate date = civil_of(std::clamp(days, first_day, last_day));
    std::memcpy(out, four_digits.text.data() + 4 * date.year, 4);
    out[4] = '-';
    out = write_two(out + 5, static_cast<unsigned>(date.month));
    *out = '-';
    return write_two(out + 1, static_cast<unsigned>(date.day));
}

char* print_instant(char* out, int64_t micros, unsigned digits, std::string_view suffix) {
    HW_CHECK(digits <= 6 && suffix.size() <= 13);
    micros = std::clamp(micros, first_printed_instant, last_printed_instant);
    const int64_t days = day_of(micros);
    const auto in_day = static_cast<uint64_t>(micros - days * micros_per_day);
    const uint64_t seconds = in_day / micros_per_second;
    out = print_date(out, days);
    *out = 'T';
    out = write_two(out + 1, static_cast<unsigned>(seconds / 3600));
    *out = ':';
    out = write_two(out + 1, static_cast<unsigned>(seconds / 60 % 60));
    *out = ':';
    out = write_two(out + 1, static_cast<unsigned>(seconds % 60));
    if (digits > 0) {
        *out++ = '.';
        uint64_t unit = micros_per_second;
        for (unsigned i = 0; i < digits; ++i) {
            unit /= 10;
            *out++ = static_cast<char>('0' + in_day % micros_per_second / unit % 10);
        }
    }
    return std::copy(suffix.begin(), suffix.end(), out);
}

char* print_duration(char* out, int64_t micros) {
    const uint64_t magnitude = magnitude_of(micros);
    const uint64_t days = magnitude / micros_per_day;
    const uint64_t hours = magnitude % micros_per_day / micros_per_hour;
    const uint64_t minutes = magnitude % micros_per_hour / micros_per_minute;
    const uint64_t rest = magnitude % micros_per_minute;
    if (micros < 0) *out++ = '-';
    *out++ = 'P';
    if (days > 0) out = write_count(out, days, 'D');
    if (magnitude % micros_per_day == 0 && days > 0) return out;
    *out++ = 'T';
    if (hours > 0) out = write_count(out, hours, 'H');
    if (minutes > 0) out = write_count(out, minutes, 'M');
    if (rest == 0 && (hours > 0 || minutes > 0)) return out;
    out = print_integer(out, static_cast<int64_t>(rest / micros_per_second));
    if (uint64_t fraction = rest % micros_per_second; fraction > 0) {
        unsigned digits = 6;
        for (; fraction % 10 == 0; fraction /= 10) --digits;
        *out++ = '.';
        for (unsigned i = digits; i-- > 0; fraction /= 10) out[i] = static_cast<char>('0' + fraction % 10);
        out += digits;
    }
    *out++ = 'S';
    return out;
}

char* print_json_escaped(char* out, std::string_view text) {
    for (const char character : text) {
        const auto c = static_cast<unsigned char>(character);
        if (c >= 0x20 && c != '"' && c != '\\') [[likely]] {
            *out++ = character;
            continue;
        }
        *out++ = '\\';
        switch (c) {
            case '"':
            case '\\': *out++ = character; break;
            case '\b': *out++ = 'b'; break;
            case '\f': *out++ = 'f'; break;
            case '\n': *out++ = 'n'; break;
            case '\r': *out++ = 'r'; break;
            case '\t': *out++ = 't'; break;
            default:
                out = std::copy_n("u00", 3, out);
                *out++ = hex_digits[c >> 4];
                *out++ = hex_digits[c & 15];
        }
    }
    return out;
}

void append_json_escaped(std::string& out, std::string_view text) {
    const size_t start = out.size();
    out.resize(start + 6 * text.size());
    out.resize(static_cast<size_t>(print_json_escaped(out.data() + start, text) - out.data()));
}

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

std::string with_thousands(int64_t value) {
    std::array<char, 32> buffer;
    const std::string digits(buffer.data(), print_integer(buffer.data(), value));
    const size_t sign = value < 0;
    std::string out;
    for (size_t i = 0; i < digits.size(); ++i) {
        if (i > sign && (digits.size() - i) % 3 == 0) out += ',';
        out += digits[i];
    }
    return out;
}

}  // namespace headwater
