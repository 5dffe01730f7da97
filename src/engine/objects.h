// For turning the ordered records of one stream into objects of a target: layouts, names, cuts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "format/format.h"
#include "sink/sink.h"

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

/// Where the objects of a target lie: a fixed root, and a folder below it that may hold $(stream) $(pack) $(date) $(hour).
struct ObjectPlace {
    std::string root;
    std::string folder;
};

/// Splits the path of a target in front of its first hole; a path that does not name $(stream) gets a folder per stream.
ObjectPlace place_of(std::string_view path);

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
};

/// What an object lane must know beside its next row to go on where another one was cut off.
struct ObjectLaneState {
    int64_t rows = 0;                  ///< rows in front of the next one
    std::map<int64_t, int64_t> ends;   ///< as ends_behind(): rows up to this one are in finished objects
    std::vector<ObjectEntry> entries;  ///< finished objects
};

/// Writes the records of one stream, in the order they are appended, into objects. The bytes and names of the objects
/// depend on the records alone, never on the borders of payloads and batches. Used by one thread at a time.
/// After an error, or without close(), what was not finished leaves nothing visible behind.
class ObjectLane {
  public:
    /// Refuses options that do not go together. The sink must outlive the lane.
    static Result<std::unique_ptr<ObjectLane>> make(ObjectSink& sink, const Format& format,
                                                    std::shared_ptr<const Schema> schema, LaneOptions options);
    virtual ~ObjectLane() = default;

    /// True when payloads must carry the key of each record.
    virtual bool wants_keys() const = 0;
    /// Appends encoded records; for formats of records.
    virtual Result<void> append(const Payload& payload) = 0;
    /// Appends rows in Batch::order; for every format, but formats of records are encoded here, by the calling thread.
    virtual Result<void> append(const Batch& batch) = 0;
    /// Finishes the open objects and gives every entry that was not taken yet, in the order of finishing.
    virtual Result<std::vector<ObjectEntry>> close() = 0;
    /// Gives the objects finished since the last call, so that a long run need not hold them all.
    virtual std::vector<ObjectEntry> take_entries() = 0;

    virtual uint64_t rows() const = 0;  ///< appended, and those in front of the first one

    /// Gives what the names of its objects begin and end with.
    virtual std::string prefix() const = 0;
    virtual std::string ending() const = 0;

    /// Gives the number of the first row, counted as rows() does, of each open object.
    virtual std::vector<int64_t> open_rows() const = 0;
    /// Gives the last row in a finished object, by a number for each period and version of the schema, where that is `from` or
    /// behind it; nothing where all records may share an object.
    virtual std::map<int64_t, int64_t> ends_behind(int64_t from) = 0;
    /// Goes on with row `state.rows`, before the first append: gives up what was left unfinished, and removes finished
    /// objects that the state does not name where these records cannot be made again in the same order.
    virtual Result<void> resume(const ObjectLaneState& state) = 0;
};

/// Fills the keys of a payload, in Batch::order, from the schema's key field; nothing when the schema has no key.
void append_keys(const Batch& batch, const Schema& schema, Payload& payload);
/// Fills the numbers of a payload, in Batch::order, and for records of entities their entities.
void append_identity(const Batch& batch, Payload& payload);

}  // namespace headwater
