// For loading Parquet only when a run asks for it: its libraries alone would cost every start more than ten milliseconds.
#pragma once

#include <memory>

#include "base/result.h"
#include "format/format.h"
#include "format/parquet/parquet.h"
#include "format/parquet/reader.h"

namespace headwater {

/// Makes the Parquet format from the module beside the program (or in ../lib/headwater), which is loaded once.
Result<std::unique_ptr<Format>> load_parquet_format(const ParquetOptions& options);
/// Opens a Parquet file by the same module; see open_parquet.
Result<void> open_parquet_by_module(const ParquetInput& input, ArrowArrayStream& stream);

}  // namespace headwater
