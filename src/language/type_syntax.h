// For reading types as packs write them: `decimal(2)`, `INSERT | UPDATE`, `list of text or null`.
#pragma once

#include <optional>
#include <string>

#include "data/type.h"
#include "language/diagnostic.h"
#include "language/expression.h"

namespace headwater {

/// A type as declared, with what may stand behind it.
struct DeclaredType {
    Type type;
    bool nullable = false;  ///< `or null`
    bool pii = false;       ///< `pii`
    Position at{};          ///< where it is declared
};

/// Reads a type; reports what is wrong and gives nothing then.
/// bool int float decimal(n) text uuid date instant instant(s|ms|us) instant(ms, offset|local) epoch(s|ms|us) duration,
/// `A | B` for a set of texts, `list of T`, `map of T`, then `or null`, then `pii`.
std::optional<DeclaredType> read_type(const std::string& text, const ExpressionSource& source,
                                      Diagnostics& diagnostics);

}  // namespace headwater
