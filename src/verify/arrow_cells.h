// For reading values of Arrow's columns, whichever of its types a writer chose for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/arrow_abi.h"
#include "verify/canonical.h"

namespace headwater {

/// One value that is not null, of a type that holds it itself.
struct ArrowCell {
    const ArrowSchema* schema;
    const ArrowArray* array;
    int64_t row;

    std::string_view format() const { return schema->format; }
};

/// Finds a value behind dictionaries and runs; none where it is null.
std::optional<ArrowCell> cell_at(const ArrowSchema& schema, const ArrowArray& array, int64_t row);

/// Gives a text, or bytes of no fixed width; none for other types.
std::optional<std::string_view> bytes_of(const ArrowCell& cell);
/// Gives a whole number; none for other types, and above INT64_MAX.
std::optional<int64_t> integer_of(const ArrowCell& cell);

/// Gives a number of 64 bits with a fraction; none for other types.
std::optional<double> real_of(const ArrowCell& cell);

/// A decimal without its point.
struct ArrowDecimal {
    __int128 digits = 0;
    int scale = 0;
};
/// Gives a decimal; none for other types, and for those that need more than 128 bits.
std::optional<ArrowDecimal> decimal_of(const ArrowCell& cell);

/// Rows of a list's only child, without the offset of that child.
struct ArrowItems {
    int64_t from = 0, to = 0;
};
/// Gives what a list or map holds; none for other types.
std::optional<ArrowItems> items_of(const ArrowCell& cell);

/// An instant or a duration: a count of units, s, m, u or n.
struct ArrowTime {
    char unit;
    int64_t count;
    /// Gives microseconds; none where they would lose something.
    std::optional<int64_t> micros() const;
};
std::optional<ArrowTime> instant_of(const ArrowCell& cell);

/// A value as text, and how a source of JSON would have rendered it.
struct Scalar {
    std::string text;
    Rendering rendering = Rendering::text;
};
/// Spells a value that holds no others.
Scalar scalar_of(const ArrowCell& cell);

}  // namespace headwater
