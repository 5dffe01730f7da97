// For what one task made for one lane, on its way from the worker that made it to the lane that delivers it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/batch.h"
#include "data/batch_copy.h"
#include "engine/checkpoint.h"
#include "generate/source.h"

namespace headwater {

/// A record that is held back.
struct HeldRow {
    int64_t row = 0;     ///< in its parcel
    int64_t due = 0;     ///< delivered when the stream reaches this instant, microseconds
    int64_t passes = 0;  ///< and so many later records have passed
};

/// Records of one stream for one lane: encoded, or as columns for lanes whose format makes objects.
struct Parcel {
    Payload payload;
    BatchCopies batches;
    std::vector<uint32_t>
        owners;                 ///< answer key, outgoing streams: for each row, the place in its task of the record it
                                ///< belongs to, never falling; empty where row i is record i
    std::vector<HeldRow> held;  ///< in order of rows
    int64_t first_record = 0;   ///< ordinal, in the run, of the stream's first record in the task
    int64_t end_record = 0;     ///< ordinal behind the stream's last record in the task
    int64_t dropped = 0;        ///< with owners: rows of the first record in front of the first row

    size_t bytes() const { return payload.bytes.size() + sizeof(uint64_t) * payload.words.size() + batches.bytes(); }
    void clear() {
        payload.clear();
        batches.clear();
        owners.clear();
        held.clear();
        dropped = 0;
    }

    /// Counts the rows.
    int64_t rows() const;
    /// Says where row `i` stands among the stream's records.
    Mark mark_of(int64_t i) const;
    /// Counts the rows in front of a place.
    int64_t rows_before(const Mark& mark) const;
};

/// Cuts a parcel to its first `rows` records.
void truncate(Parcel& parcel, int64_t rows);

/// Copies the first `rows` records.
Parcel front_of(const Parcel& parcel, int64_t rows);

/// Takes the first `rows` records away.
void drop_front(Parcel& parcel, int64_t rows);
void drop_front(Payload& payload, size_t rows);

/// Appends records [begin, end) of a payload to another one, with all that belongs to them.
void append_records(const Payload& from, size_t begin, size_t end, Payload& to);

/// Copies record `i` of a payload with all that belongs to it.
Payload record_at(const Payload& payload, size_t i);

/// Leads the records of a stream, or its answer key, to a lane.
struct Feed {
    int stream = 0;         ///< index into Plan::streams
    int source_stream = 0;  ///< index within the source
    int lane = 0;
    bool is_answer_key = false;
    bool has_owners = false;               ///< a record may have no row, or several
    std::shared_ptr<const Schema> schema;  ///< of what the lane gets
};

/// One fault that struck one record of a job.
struct FaultHit {
    int source_stream = 0;
    uint32_t fault = 0;  ///< index into the stream's faults
    uint32_t owner = 0;  ///< place of the record in its task
};

/// Where a record of entities stands in its task. What happened to a cell before a record of it stands in front of that one.
struct RecordPlace {
    int64_t time = 0;
    int64_t entity = 0;
    int64_t ordinal = 0;
    auto operator<=>(const RecordPlace&) const = default;
};

/// One task of a window and what was made of it.
struct Job {
    int source = 0;
    Task task;
    std::vector<Parcel> parcels;  ///< by feed of the source; while the job is in flight
    std::vector<int64_t> rows;    ///< by stream of the source: made; when settled, to be delivered
    std::vector<int64_t> first;   ///< by stream of the source: ordinal of the first record; when settled
    std::vector<FaultHit> hits;   ///< of every stream of the source
    std::vector<std::vector<RecordPlace>> places;  ///< by stream of a source whose streams end together: of its records
    std::optional<int64_t> ends;  ///< the last task of a window: every record before this instant has come
    size_t bytes = 0;             ///< counted as in flight while lanes hold the job
    bool filled = false;
    bool skipped = false;  ///< its records are durable already, so that none was made
    bool settled = false;  ///< all earlier jobs of the source are filled, so `rows` is final
    int open_lanes = 0;    ///< lanes that have not delivered their parcels yet
};

}  // namespace headwater
