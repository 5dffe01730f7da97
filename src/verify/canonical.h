// For saying when two renderings are the same value: texts and numbers of any source, read as the schema's type has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "data/type.h"
#include "verify/value_hash.h"

namespace headwater {

/// How a value was written where it was found.
enum class Rendering : uint8_t {
    any,     ///< a cell of CSV, a text of ours: nothing but the characters says what it is
    number,  ///< a number of JSON
    text,    ///< a text of JSON, a string column
    truth,   ///< true or false
};

/// Hashes a value by its type. What the type does not explain, or a rendering that it does not allow, is foreign: it equals
/// nothing but the same characters.
ValueHash hash_rendered(const Type& type, Rendering rendering, std::string_view text);

/// Hashes a value as a column of ours has it: integers, scaled decimals, days, microseconds, symbols.
ValueHash hash_stored(const Type& type, int64_t value);
ValueHash hash_stored(const Type& type, double value);
/// Hashes the 16 bytes of a UUID as type `uuid`, or as the text that they print as.
ValueHash hash_stored_uuid(const Type& type, const unsigned char* bytes);

/// Hashes a number that some field without a type holds, or a text.
ValueHash hash_untyped(Rendering rendering, std::string_view text);

/// Reads a number with point and exponent as value / 10^scale; none where that is no whole number of 64 bits.
std::optional<int64_t> scaled_number(std::string_view text, unsigned scale);
/// Reads 2026-11-01T10:30:00.5Z and what is usual beside: a blank for T, +hh:mm, +hhmm, +hh, no zone for UTC, a date alone.
/// Gives microseconds; none for anything else, or what is finer than that.
std::optional<int64_t> any_instant(std::string_view text);
/// Reads an ISO 8601 duration of days and less as microseconds.
std::optional<int64_t> iso_duration(std::string_view text);

/// The unit of numbers that stand for an instant and do not say it: seconds below 10^11, milliseconds below 10^14,
/// microseconds below 10^17, beyond that nanoseconds. Gives microseconds.
std::optional<int64_t> instant_of_number(int64_t number);

/// Counts the microseconds of a unit.
constexpr int64_t micros_of(TimeUnit unit) {
    return unit == TimeUnit::second ? 1'000'000 : unit == TimeUnit::milli ? 1'000 : 1;
}

}  // namespace headwater
