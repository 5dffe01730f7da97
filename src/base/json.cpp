// For the one copy of the JSON library's parser and printer.
#include "base/json.h"

#include <nlohmann/json.hpp>

namespace headwater {

nlohmann::ordered_json parse_json(std::string_view text) { return nlohmann::ordered_json::parse(text); }

nlohmann::ordered_json parse_json_or_discard(std::string_view text) {
    return nlohmann::ordered_json::parse(text, nullptr, false);
}

std::string spell_json(const nlohmann::ordered_json& json, int indent) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string quote_json(std::string_view text) { return spell_json(text); }

}  // namespace headwater
