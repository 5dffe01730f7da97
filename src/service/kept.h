// For the members of what the service keeps: as values of a database's columns, and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "service/stored_run.h"

namespace headwater {

/// How one member of a row is kept. A row that names no column is not kept.
template <typename Row>
struct Kept {
    std::string_view column{};
    std::string_view type{};  ///< see TableColumn
    bool changes = false;     ///< after the row was added
    nlohmann::ordered_json (*give)(const Row& row) = nullptr;
    void (*take)(Row& row, const nlohmann::ordered_json& value) = nullptr;
};

inline constexpr bool changes = true;

/// Spells a member as a value of a column: numbers and texts as they are, all else as JSON.
template <typename Member>
nlohmann::ordered_json kept_value(const Member& member) {
    using Json = nlohmann::ordered_json;
    if constexpr (std::is_same_v<Member, bool>) return member ? 1 : 0;
    if constexpr (std::is_same_v<Member, uint64_t>) return std::to_string(member);  // SQL has signed numbers
    if constexpr (std::is_enum_v<Member>) return std::string(name_of(member));
    if constexpr (std::is_arithmetic_v<Member> || std::is_same_v<Member, std::string>) return member;
    return Json(member).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Reads what kept_value() spelled; an empty text leaves a structure as it is.
template <typename Member>
void take_kept(const nlohmann::ordered_json& value, Member& member) {
    if constexpr (std::is_same_v<Member, bool>) {
        member = value.get<int64_t>() != 0;
    } else if constexpr (std::is_same_v<Member, uint64_t>) {
        member = std::stoull(value.get<std::string>());
    } else if constexpr (std::is_enum_v<Member>) {
        member = state_called<Member>(value.get<std::string>());
    } else if constexpr (std::is_arithmetic_v<Member> || std::is_same_v<Member, std::string>) {
        value.get_to(member);
    } else if (const auto text = value.get<std::string>(); !text.empty()) {
        nlohmann::ordered_json::parse(text).get_to(member);
    }
}

template <typename Row, typename Member>
Row row_of(Member Row::*);

/// Makes the column of a member.
template <auto member, typename Row = decltype(row_of(member))>
constexpr Kept<Row> kept(std::string_view column, std::string_view type, bool changes = false) {
    return {column, type, changes, [](const Row& row) { return kept_value(row.*member); },
            [](Row& row, const nlohmann::ordered_json& value) { take_kept(value, row.*member); }};
}

}  // namespace headwater
