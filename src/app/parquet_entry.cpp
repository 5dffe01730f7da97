// For the doors of the Parquet module: the symbols that the program looks up in it.
#include "format/parquet/parquet.h"
#include "format/parquet/reader.h"

extern "C" [[gnu::visibility("default")]] void headwater_make_parquet_format(
    const headwater::ParquetOptions& options, headwater::Result<std::unique_ptr<headwater::Format>>& made) {
    made = headwater::make_parquet_format(options);
}

extern "C" [[gnu::visibility("default")]] void headwater_open_parquet(const headwater::ParquetInput& input,
                                                                      ArrowArrayStream& stream,
                                                                      headwater::Result<void>& opened) {
    opened = headwater::open_parquet(input, stream);
}
