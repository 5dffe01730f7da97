// For saying how the records of a stream become objects of a target: layouts, places, and what one object holds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "format/format.h"

namespace headwater {

/// Says how records are spread over objects.
enum class Layout : uint8_t {
    grouped,  ///< one object for the whole run
    chunked,  ///< objects of at most max_chunk_size_bytes, unless one record alone is larger
    single,   ///< one object per record
    hive,     ///< folders dt=YYYY-MM-DD by event date (UTC), a new object when target_size_bytes is reached
};

/// Reads the name of a layout.
std::optional<Layout> layout_of(std::string_view name);

/// One finished object, as the manifest lists it.
struct ObjectEntry {
    std::string name;    ///< relative to the root of the target
    std::string stream;  ///< pack.stream
    std::string format;
    std::string compression;
    uint64_t rows = 0;
    uint64_t bytes = 0;      ///< as stored
    uint64_t raw_bytes = 0;  ///< before compression of records; as stored for Parquet
    std::string sha256;      ///< of the stored bytes, hex; empty where the target does not keep them
    int64_t first_row = 0;   ///< lowest and highest number of its records
    int64_t last_row = 0;
    int64_t min_time = 0;  ///< event times, microseconds
    int64_t max_time = 0;
    std::map<int32_t, int64_t> versions;  ///< records by version of the schema, where there are several
};

/// Settings of one lane.
struct LaneOptions {
    Layout layout = Layout::grouped;
    std::string folder = "$(stream)";  ///< as ObjectPlace::folder; with $(date), $(hour) objects are cut by event time
    std::string run;                   ///< ends every name
    std::string compression =
        "none";  ///< none, zstd, gzip, lz4; a format of objects has done its own and is not compressed again
    int compression_level = 0;                   ///< 0 = the default of the compression
    uint64_t target_size_bytes = 256ULL << 20;   ///< hive: stored bytes for Parquet, uncompressed for records
    uint64_t max_chunk_size_bytes = 8ULL << 20;  ///< chunked: uncompressed bytes with head, tail and separators
    IdentityOptions identity;
    bool count_rows = false;  ///< number records 0, 1, 2, ... as they come: entity streams
    int part = 0;
    int parts = 1;
    int64_t start = 0;  ///< first instant of the run: where an object without records lies
};

/// Fills the keys of a payload, in Batch::order, from the schema's key field; nothing when the schema has no key.
void append_keys(const Batch& batch, const Schema& schema, Payload& payload);
/// Fills the numbers of a payload, in Batch::order, and for records of entities their entities.
void append_identity(const Batch& batch, Payload& payload);

}  // namespace headwater
