// For Parquet objects, written through Arrow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "format/format.h"

namespace headwater {

extern const FormatKind parquet_kind;

/// Settings of Parquet objects.
struct ParquetOptions {
    std::string compression = "zstd";  ///< none, zstd, snappy, gzip, lz4; inside the file, per page
    int compression_level = 0;         ///< 0 = the default of the compression: zstd 1, gzip 6
    int64_t row_group_rows = 131072;   ///< rows of a row group; fewer at the end, and where they would need more memory
    size_t row_group_bytes = 64 << 20;  ///< memory of a row group, measured every 512 rows
};

/// Makes the Parquet format. What the types of the language become:
///
/// | boolean, integer, real | BOOLEAN, INT64, DOUBLE                                              |
/// | decimal(scale)         | INT64 DECIMAL(18, scale)                                            |
/// | text, enumeration      | BYTE_ARRAY STRING; dictionary pages where the values come from a list |
/// | uuid                   | BYTE_ARRAY STRING: Spark up to 4.0 refuses files with Parquet's UUID  |
/// | date                   | INT32 DATE                                                          |
/// | instant                | INT64 TIMESTAMP(UTC), milliseconds (also for seconds) or microseconds |
/// | duration               | INT64 microseconds; the stored Arrow schema says duration           |
/// | list, record, map      | LIST, group, MAP                                                    |
///
/// Equal rows give equal bytes, whatever batches they come in. An unknown compression is an error.
Result<std::unique_ptr<Format>> make_parquet_format(const ParquetOptions& options);

}  // namespace headwater
