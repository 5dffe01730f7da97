// For describing the format parquet, without the libraries that write and read it.
#include "format/parquet/parquet.h"

namespace headwater {

const FormatKind parquet_kind{
    .name = "parquet",
    .help = "Columns in row groups, with a footer (Apache Parquet).",
    .extension = "parquet",
    .content_type = "application/vnd.apache.parquet",
    .options = {{.name = "row_group_rows",
                 .help = "Rows of a row group; fewer at the end, and where they would need more than 64 MiB.",
                 .shape = OptionShape::whole,
                 .otherwise = "131072",
                 .least = 1,
                 .over_rest = true,
                 .set = into<&ParquetOptions::row_group_rows>},
                {.name = "compression_level",
                 .help = "Level of the compression.",
                 .shape = OptionShape::whole,
                 .otherwise = "1 for zstd, 6 for gzip",
                 .least = 1,
                 .most = 22,
                 .over_rest = true,
                 .set = into<&ParquetOptions::compression_level>}},
    .makes_objects = true,
    .compressions = {"none", "zstd", "snappy", "gzip", "lz4"},
    .compression = "zstd",
    .reading = FormatReading::columns,
    .magic = "PAR1",
    .duckdb = "read_parquet",
    .module = "parquet",
};

}  // namespace headwater
