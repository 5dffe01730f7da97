// For the door of the Parquet module, the one symbol that the program looks up in it.
#include "format/parquet/parquet.h"

extern "C" [[gnu::visibility("default")]] void headwater_make_parquet_format(
    const headwater::ParquetOptions& options, headwater::Result<std::unique_ptr<headwater::Format>>& made) {
    made = headwater::make_parquet_format(options);
}
