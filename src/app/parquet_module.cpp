// For loading Parquet only when a run asks for it: its libraries alone would cost every start more than ten milliseconds.
#include "app/parquet_module.h"

#include <utility>

#include "app/module.h"

namespace headwater {

Result<std::unique_ptr<Format>> load_parquet_format(const ParquetOptions& options) {
    using Maker = void (*)(const ParquetOptions&, Result<std::unique_ptr<Format>>&);
    static const auto maker = load_symbol("Parquet", "headwater_parquet.so", "headwater_make_parquet_format");
    if (!maker) return std::unexpected(maker.error());
    Result<std::unique_ptr<Format>> format;
    reinterpret_cast<Maker>(*maker)(options, format);
    return format;
}

Result<void> open_parquet_by_module(const ParquetInput& input, ArrowArrayStream& stream) {
    using Opener = void (*)(const ParquetInput&, ArrowArrayStream&, Result<void>&);
    static const auto opener = load_symbol("Parquet", "headwater_parquet.so", "headwater_open_parquet");
    if (!opener) return std::unexpected(opener.error());
    Result<void> opened;
    reinterpret_cast<Opener>(*opener)(input, stream, opened);
    return opened;
}

}  // namespace headwater
