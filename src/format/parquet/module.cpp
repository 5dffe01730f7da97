// For the door of the Parquet module: linking Arrow would cost every start 14 ms and 15 MiB.
#include "base/load_module.h"
#include "format/parquet/parquet.h"
#include "format/parquet/reader.h"

namespace headwater {

namespace {

Result<std::unique_ptr<Format>> make(const FormatKind& kind, const FormatRequest& request) {
    auto options = read_options<ParquetOptions>(kind.options, request.options, "Format parquet");
    if (!options) return std::unexpected(options.error());
    options->compression = request.compression;
    return make_parquet_format(*options);
}

constexpr FormatFactories factories{.make = make, .open = open_parquet};

}  // namespace

HEADWATER_MODULE(factories)

}  // namespace headwater
