// For reading JSON from outside without its traps: depth, repeated names, numbers that nobody can hold.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

inline constexpr size_t deepest_json = 64;
inline constexpr size_t most_json_names = 1024;         ///< of one object
inline constexpr size_t most_json_items = 100'000;      ///< of one array
inline constexpr size_t longest_json_text = 256 << 10;  ///< of one text, bytes

/// Reads one JSON document into `json`, or says what is wrong with it. Refuses beside what is no JSON (RFC 8259): a byte
/// order mark, repeated names, depth over 64, numbers beyond 64 bits or a double, and what the limits above forbid.
std::optional<std::string> read_json(std::string_view text, nlohmann::ordered_json& json);

}  // namespace headwater
