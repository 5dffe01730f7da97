// For taking text apart and spelling what it holds: blanks, case, pieces, hex digits, sizes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/take.h"

namespace headwater {

/// True for a space, a tab, and what ends a line.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }
/// Makes A to Z small.
constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
/// Makes a to z large.
constexpr char upper(char c) { return is_lower(c) ? static_cast<char>(c - ('a' - 'A')) : c; }

/// Takes blanks off both ends.
std::string_view trimmed(std::string_view text);
/// Takes blanks off the end.
std::string_view trimmed_end(std::string_view text);
/// Makes A to Z small; other bytes stay.
std::string lower(std::string_view text);
/// Makes a to z large; other bytes stay.
std::string upper(std::string_view text);
/// True when two texts differ in the case of A to Z at most.
bool is_same_but_case(std::string_view a, std::string_view b);

/// Gives the pieces between marks: at most `most`, the last with all that is left; an empty text is one empty piece.
std::vector<std::string_view> split(std::string_view text, char mark, size_t most = SIZE_MAX);

/// The hex digits, small.
inline constexpr std::string_view hex_digits = "0123456789abcdef";
/// Gives the value of a hex digit of either case, -1 for anything else.
constexpr int hex_value(char c) {
    const char small = lower(c);
    if (is_digit(small)) return small - '0';
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}
/// Appends two hex digits.
void append_hex(std::string& out, char byte);
/// Appends a byte as a URL escapes it: %2F (RFC 3986, 2.1).
void append_percent(std::string& out, char byte);
/// Gives two hex digits for each byte.
std::string hex_of(std::string_view bytes);
/// Gives all sixteen hex digits of a word.
std::string hex_of(uint64_t word);

/// A unit of sizes, and its bytes.
struct SizeUnit {
    std::string_view name;
    uint64_t bytes;
};
inline constexpr std::array<SizeUnit, 10> size_units{{{"B", 1},
                                                      {"kB", 1000},
                                                      {"KB", 1000},
                                                      {"MB", 1000'000},
                                                      {"GB", 1000'000'000},
                                                      {"TB", 1000'000'000'000},
                                                      {"KiB", 1ULL << 10},
                                                      {"MiB", 1ULL << 20},
                                                      {"GiB", 1ULL << 30},
                                                      {"TiB", 1ULL << 40}}};
/// Names them all, with `between` between two.
std::string size_unit_names(std::string_view between);
/// Sizes as messages show them where a text is none.
inline constexpr std::string_view size_examples = "64KiB, 256MiB or 1.5GB";

/// Reads 500, 64kB, 8 MiB, 1.5GB in bytes; none when the text is no size, or no whole number of bytes.
std::optional<uint64_t> parse_size(std::string_view text);
/// Spells bytes for people, rounded: 12.3 MiB.
std::string human_bytes(uint64_t bytes);

}  // namespace headwater
