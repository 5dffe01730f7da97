// For JSON read and spelled in one place: a file that only builds or takes apart values spares itself parser and printer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace headwater {

/// Reads JSON; throws nlohmann's parse_error where the text is none.
nlohmann::ordered_json parse_json(std::string_view text);

/// Reads JSON; gives a value that is_discarded() where the text is none.
nlohmann::ordered_json parse_json_or_discard(std::string_view text);

/// Spells JSON, on lines indented by `indent` unless that is negative; bytes that are no UTF-8 are replaced.
std::string spell_json(const nlohmann::ordered_json& json, int indent = -1);

/// Spells a text as JSON does, in quotation marks.
std::string quote_json(std::string_view text);

}  // namespace headwater
