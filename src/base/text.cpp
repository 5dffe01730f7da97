#include "base/text.h"

#include <algorithm>

namespace headwater {

namespace {

/// Powers of ten behind a point that are more than any size needs, and fewer than make 128 bits overflow.
constexpr size_t most_digits = 24;

void append_byte(std::string& out, char byte, std::string_view digits) {
    out += digits[static_cast<unsigned char>(byte) >> 4];
    out += digits[static_cast<unsigned char>(byte) & 15];
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return trimmed_end(text);
}

std::string_view trimmed_end(std::string_view text) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = lower(c);
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = upper(c);
    return out;
}

bool is_same_but_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char mark, size_t most) {
    std::vector<std::string_view> pieces;
    for (size_t end = text.find(mark); end != std::string_view::npos && pieces.size() + 1 < most;
         end = text.find(mark)) {
        pieces.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    pieces.push_back(text);
    return pieces;
}

void append_hex(std::string& out, char byte) { append_byte(out, byte, hex_digits); }

void append_percent(std::string& out, char byte) {
    out += '%';
    append_byte(out, byte, "0123456789ABCDEF");
}

std::string hex_of(std::string_view bytes) {
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char byte : bytes) append_hex(out, byte);
    return out;
}

std::string hex_of(uint64_t word) {
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) append_hex(out, static_cast<char>(word >> shift & 0xff));
    return out;
}

std::string size_unit_names(std::string_view between) {
    std::string names;
    for (const SizeUnit& unit : size_units) names.append(names.empty() ? "" : between).append(unit.name);
    return names;
}

std::optional<uint64_t> parse_size(std::string_view text) {
    const size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    std::string_view unit = text.substr(end);
    if (unit.size() > 1 && unit.front() == ' ') unit.remove_prefix(1);
    const auto known = std::ranges::find(size_units, unit.empty() ? "B" : unit, &SizeUnit::name);
    const std::vector<std::string_view> digits = split(text.substr(0, end), '.', 2);
    const bool is_padded = digits[0].size() > 1 && digits[0].front() == '0';
    if (known == size_units.end() || end > most_digits || digits[0].empty() || digits.back().empty() || is_padded)
        return std::nullopt;
    unsigned __int128 value = 0, parts = 1;
    for (const std::string_view piece : digits)
        for (const char c : piece) {
            if (!is_digit(c)) return std::nullopt;
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
    for (size_t i = 0; digits.size() > 1 && i < digits[1].size(); ++i) parts *= 10;
    value *= known->bytes;
    if (value % parts != 0 || value / parts > UINT64_MAX) return std::nullopt;
    return static_cast<uint64_t>(value / parts);
}

std::string human_bytes(uint64_t bytes) {
    static constexpr std::array<const char*, 7> units = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    if (bytes < 1024) return std::to_string(bytes) + units[0];
    size_t unit = 0;
    uint64_t scale = 1;
    while (unit + 1 < units.size() && bytes / scale >= 1024) {
        scale *= 1024;
        ++unit;
    }
    const auto tenths = static_cast<uint64_t>(static_cast<unsigned __int128>(bytes) * 10 / scale);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + units[unit];
}

}  // namespace headwater
