// For reading Parquet files back as columns, whoever wrote them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "data/arrow_abi.h"

namespace headwater {

/// A file as the reader sees it.
struct ParquetInput {
    uint64_t bytes = 0;
    /// Appends `most` bytes from byte `at` on; fewer at the end alone.
    std::function<Result<void>(uint64_t at, size_t most, std::string& out)> read;
};

/// Opens a file; its batches come by the stream, which owns the reader and must be released. What is no Parquet, or damaged
/// in its footer, is `invalid`; damage further in is an error of the stream.
Result<void> open_parquet(const ParquetInput& input, ArrowArrayStream& stream);

}  // namespace headwater
