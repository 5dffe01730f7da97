// For dividing the rows of a stream among parts that are generated alone.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "generate/source.h"

namespace headwater {

/// Rows begin .. end - 1.
struct RowRange {
    int64_t begin = 0;
    int64_t end = 0;
};

/// Gives the rows of limits.part out of `total`; INT64_MAX stands for no bound and cannot be divided.
inline Result<RowRange> rows_of_part(int64_t total, const SourceLimits& limits) {
    if (limits.parts <= 1) return RowRange{0, total};
    if (total == INT64_MAX)
        return fail(ErrorKind::invalid,
                    "Parts need a bounded run: give --until or --for, or --count for streams that follow no other");
    const auto cut = [&](int part) { return static_cast<int64_t>(static_cast<__int128>(total) * part / limits.parts); };
    return RowRange{cut(limits.part), cut(limits.part + 1)};
}

}  // namespace headwater
