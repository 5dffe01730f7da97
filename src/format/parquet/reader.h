// For reading Parquet files back as columns, whoever wrote them.
#pragma once

#include "base/result.h"
#include "data/arrow_abi.h"
#include "format/kind.h"

namespace headwater {

/// Opens a file; its batches come by the stream, which owns the reader and must be released. What is no Parquet, or damaged
/// in its footer, is `rejected`; damage further in is an error of the stream.
Result<void> open_parquet(const ObjectInput& input, ArrowArrayStream& stream);

}  // namespace headwater
