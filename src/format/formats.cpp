// For the formats there are. One line for each: the kind.cpp of its folder describes it; the first is the one when none is named.
#include "format/formats.h"

namespace headwater {

#define EVERY_FORMAT(format) format(json_kind) format(json_array_kind) format(csv_kind) format(parquet_kind)

#define DECLARE(kind) extern const FormatKind kind;
#define ADDRESS(kind) &kind,
EVERY_FORMAT(DECLARE)

const std::vector<const FormatKind*>& format_kinds() {
    static const std::vector<const FormatKind*> kinds{EVERY_FORMAT(ADDRESS)};
    return kinds;
}

}  // namespace headwater
