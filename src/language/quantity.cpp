// For reading numbers with units where the language itself wants a share, duration, rate, count, size or instant.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "language/expression.h"

namespace headwater {

namespace {

struct Factor {
    std::string_view name;
    double value;
};

constexpr std::array<Factor, 3> multipliers{{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};

/// A number as written: sign, digits, fraction, exponent; what stands behind it is the unit.
struct Written {
    std::string digits;
    std::string_view unit;
    int scale = 0;
    bool has_exponent = false;
};

bool is_digit(std::string_view text, size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; }

bool split(std::string_view text, Written& written) {
    size_t i = text.starts_with('-') ? 1 : 0;
    if (!is_digit(text, i)) return false;
    if (text[i] == '0' && is_digit(text, i + 1)) return false;
    while (is_digit(text, i)) ++i;
    if (i < text.size() && text[i] == '.') {
        const size_t point = i++;
        while (is_digit(text, i)) ++i;
        if (i == point + 1) return false;
        written.scale = static_cast<int>(i - point - 1);
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        size_t exponent = i + 1;
        if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
        if (is_digit(text, exponent)) {
            while (is_digit(text, exponent)) ++exponent;
            i = exponent;
            written.has_exponent = true;
        }
    }
    written.digits = text.substr(0, i);
    written.unit = text.substr(i);
    return true;
}

/// Reads digits rounded once, to the nearest double.
bool read_real(const std::string& digits, double& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
}

/// Reads what stands before the `/` of a rate: a number with or without a multiplier.
bool read_count(const Written& written, Quantity& quantity) {
    if (!read_real(written.digits, quantity.value)) return false;
    quantity.scale = written.scale;
    quantity.whole = written.scale == 0 && !written.has_exponent;
    if (written.unit.empty()) return true;
    const auto factor = std::ranges::find(multipliers, written.unit, &Factor::name);
    if (factor == multipliers.end()) return false;
    quantity.value *= factor->value;
    quantity.whole = std::floor(quantity.value) == quantity.value;
    return true;
}

bool read_rate(std::string_view text, size_t slash, Quantity& quantity) {
    Written written;
    if (!split(text.substr(0, slash), written) || !read_count(written, quantity)) return false;
    const std::string_view period = text.substr(slash + 1);
    const bool is_whole = is_digit(period, 0) || period.starts_with('P');
    const auto micros = parse_duration(is_whole ? std::string(period) : "1" + std::string(period));
    if (!micros || *micros <= 0) return false;
    quantity.kind = Quantity::Kind::rate;
    quantity.whole = false;
    quantity.value = quantity.value * static_cast<double>(micros_per_second) / static_cast<double>(*micros);
    return true;
}

bool read_plain(std::string_view text, Quantity& quantity) {
    Written written;
    if (!split(text, written)) return false;
    quantity.kind = Quantity::Kind::number;
    if (read_count(written, quantity)) return true;
    if (written.has_exponent) return false;
    quantity.whole = false;
    if (written.unit == "%") {
        quantity.kind = Quantity::Kind::share;
        return read_real(written.digits + "e-2", quantity.value);
    }
    if (const auto bytes = parse_size(text)) {
        quantity.kind = Quantity::Kind::size;
        quantity.value = static_cast<double>(*bytes);
        quantity.whole = true;
        return true;
    }
    // A text such as `5 min` stands for itself where it is not asked for as a duration.
    const auto micros = text.find(' ') == text.npos ? parse_duration(text) : std::nullopt;
    if (!micros) return false;
    quantity.kind = Quantity::Kind::duration;
    quantity.micros = *micros;
    return true;
}

}  // namespace

bool read_quantity(std::string_view text, Quantity& quantity) {
    constexpr size_t longest = 64;
    if (text.empty() || text.size() > longest) return false;
    Quantity read;
    if (const auto instant = parse_instant(text)) {
        read.kind = Quantity::Kind::instant;
        read.micros = *instant;
    } else if (const auto micros = text.starts_with('P') ? parse_duration(text) : std::nullopt) {
        read.kind = Quantity::Kind::duration;
        read.micros = *micros;
    } else if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
        if (!read_rate(text, slash, read)) return false;
    } else if (!read_plain(text, read)) {
        return false;
    }
    quantity = read;
    return true;
}

}  // namespace headwater
