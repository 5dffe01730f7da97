// For describing the formats json and json-array.
#include "format/json/json.h"

namespace headwater {

namespace {

template <bool array>
Result<std::unique_ptr<Format>> make(const FormatKind& kind, const FormatRequest& request) {
    struct NoOptions {};
    auto options = read_options<NoOptions>(kind.options, request.options, "Format " + std::string(kind.name));
    if (!options) return std::unexpected(options.error());
    return make_json_format(array);
}

}  // namespace

const FormatKind json_kind{
    .name = "json",
    .help = "One JSON object a line.",
    .extension = "json",
    .content_type = "application/x-ndjson",
    .mixes_schemas = true,
    .stands_alone = true,
    .duckdb = "read_json",
    .built_in = {.make = make<false>},
};

const FormatKind json_array_kind{
    .name = "json-array",
    .help = "One JSON array of objects, in one line.",
    .extension = "json",
    .content_type = "application/json",
    .duckdb = "read_json",
    .built_in = {.make = make<true>},
};

}  // namespace headwater
