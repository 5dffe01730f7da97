// For printing numbers, instants and text as bytes, the same on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headwater {

/// The instants of years 0001 to 9999, microseconds since 1970: those that print as they are.
inline constexpr int64_t first_printed_instant = -62'135'596'800'000'000;
inline constexpr int64_t last_printed_instant = 253'402'300'799'999'999;

/// Prints an integer; needs 20 bytes at `out`; returns the end.
char* print_integer(char* out, int64_t value);
/// Prints value / 10^scale with exactly `scale` digits behind the point (none and no point for 0); needs 22 bytes.
char* print_decimal(char* out, int64_t value, unsigned scale);
/// Prints the shortest text that reads back as the same double: `0.1`, `1e+30` as 1e30, whole values as `5.0`; needs 32 bytes.
/// Non-finite values print `null`.
char* print_real(char* out, double value);
/// Prints 16 bytes as 8-4-4-4-12 lower-case hex digits; 36 bytes.
char* print_uuid(char* out, const unsigned char* value);
/// Prints days since 1970-01-01 as 2026-11-01; 10 bytes. Days before year 0001 or after 9999 print as the nearest of those.
char* print_date(char* out, int64_t days);
/// Prints micros since 1970, held to years 0001..9999, as 2026-11-01T00:00:00 with `digits` (0, 3, 6) of the second, then `suffix` ("Z", "+00:00", ""); needs 40 bytes.
char* print_instant(char* out, int64_t micros, unsigned digits, std::string_view suffix);
/// Prints a duration as ISO 8601, largest units days: P1DT2H3M4.5S, PT0S; needs 40 bytes.
char* print_duration(char* out, int64_t micros);

/// Prints `text` with the escapes JSON asks for (RFC 8259), without quotes; needs 6 bytes for each of its own. UTF-8 passes through.
char* print_json_escaped(char* out, std::string_view text);
/// Appends `text` with the escapes JSON asks for (RFC 8259), without quotes; UTF-8 passes through.
void append_json_escaped(std::string& out, std::string_view text);
/// True when text holds only printable ASCII without " and \.
bool is_plain(std::string_view text);
/// Prints 1234567 as 1,234,567.
std::string with_thousands(int64_t value);

}  // namespace headwater
