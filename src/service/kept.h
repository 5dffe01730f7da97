// For the members of what the service keeps, as values of a database's columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "service/database.h"
#include "service/stored_run.h"

namespace headwater {

/// How one member of a row is kept. A row that names no column is not kept.
template <typename Row>
struct Kept {
    std::string_view column{};
    std::string_view type{};  ///< see TableColumn
    bool changes = false;     ///< after the row was added
    DatabaseValue (*give)(const Row& row) = nullptr;
    void (*take)(Row& row, const DatabaseValue& value) = nullptr;
};

inline constexpr bool changes = true;

/// Spells a member as a value of a column. A structure has a spell_kept() that makes a text of it, and a read_kept() that
/// takes that back.
template <typename Member>
DatabaseValue kept_value(const Member& member) {
    if constexpr (std::is_same_v<Member, uint64_t>)
        return std::to_string(member);  // SQL has signed numbers
    else if constexpr (std::is_enum_v<Member>)
        return std::string(name_of(member));
    else if constexpr (std::is_integral_v<Member>)
        return static_cast<int64_t>(member);
    else if constexpr (std::is_floating_point_v<Member> || std::is_same_v<Member, std::string>)
        return member;
    else
        return spell_kept(member);
}

/// Reads what kept_value() spelled; an empty text leaves a structure as it is.
template <typename Member>
void take_kept(const DatabaseValue& value, Member& member) {
    if constexpr (std::is_same_v<Member, uint64_t>)
        member = std::stoull(std::get<std::string>(value));
    else if constexpr (std::is_enum_v<Member>)
        member = state_called<Member>(std::get<std::string>(value));
    else if constexpr (std::is_integral_v<Member>)
        member = static_cast<Member>(std::get<int64_t>(value));
    else if constexpr (std::is_floating_point_v<Member> || std::is_same_v<Member, std::string>)
        member = std::get<Member>(value);
    else if (const auto& text = std::get<std::string>(value); !text.empty())
        read_kept(text, member);
}

template <typename Row, typename Member>
Row row_of(Member Row::*);

/// Makes the column of a member.
template <auto member, typename Row = decltype(row_of(member))>
constexpr Kept<Row> kept(std::string_view column, std::string_view type, bool changes = false) {
    return {column, type, changes, [](const Row& row) { return kept_value(row.*member); },
            [](Row& row, const DatabaseValue& value) { take_kept(value, row.*member); }};
}

}  // namespace headwater
