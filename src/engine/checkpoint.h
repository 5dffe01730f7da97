// For what a run must know to go on after it was cut off: how far each lane is durable, as plain values and as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/objects.h"

namespace headwater {

/// What a lane delivered of one stream.
struct Tally {
    int64_t rows = 0;
    uint64_t bytes = 0;  ///< of records as encoded; of objects as the lane counts them
    int64_t first_row = 0;
    int64_t last_row = -1;
    int64_t min_time = INT64_MAX;
    int64_t max_time = INT64_MIN;
    std::map<int32_t, int64_t> versions;  ///< records by version of the schema, where there are several
};

/// A place in what a lane gets of one stream.
struct Mark {
    int64_t record = 0;  ///< ordinal of the stream's record in the run, from 0
    int64_t drop = 0;    ///< rows of that record in front of the place: an answer key may have several a record
    auto operator<=>(const Mark&) const = default;
};

/// A place in a stream some of whose records are held back: where generation goes on for what is delivered behind it.
struct FeedMark {
    int64_t start = 0;             ///< ordinal of the oldest record held back there, or `from`
    int64_t from = 0;              ///< ordinal of the first record not looked at yet
    int64_t out = 0;               ///< records delivered in front of it
    int64_t advanced = INT64_MIN;  ///< what was due before this instant is among them
};

/// How far a lane is durable.
struct LaneState {
    std::map<int, Mark> marks;      ///< by stream of the plan: what comes before is durable
    std::map<int, FeedMark> feeds;  ///< of streams some of whose records are held back; their marks count deliveries
    std::map<int, Tally> tallies;   ///< of targets of records: delivered before the marks
    std::string cursor;             ///< of targets of records: see RecordSink::cursor
    int64_t rows = 0;               ///< of targets of objects: rows before the mark
    std::vector<std::pair<int64_t, int64_t>>
        ends;                          ///< period, its last row in a finished object, where that is behind the mark
    std::vector<ObjectEntry> entries;  ///< finished objects; in a journal those since the record before
    bool is_idle = false;  ///< gets nothing of the phase that the run is in; of the history behind the seam: is closed
};

/// Adds what was delivered in one place to what was in another.
void add(Tally& all, const Tally& more);

/// Counts the records of a lane that are durable.
int64_t durable_rows(const LaneState& lane);

/// A window of simulated time as it was planned.
struct PlannedWindow {
    int64_t to = 0;
    bool exact = false;
};

/// What a user did to a run while it went on.
struct RunChange {
    enum class Kind { pause, go_on, rate };
    Kind kind = Kind::pause;
    double rate = 0;      ///< records per real second from here on; 0 = not bounded
    int64_t instant = 0;  ///< simulated: records from here on came after it
    int64_t at = 0;       ///< the present instant then
};
std::string_view name_of(RunChange::Kind kind);

/// What was made before the seam of a run.
struct HistoryCount {
    std::vector<int64_t> rows;                 ///< by stream of the plan
    std::vector<std::vector<int64_t>> faults;  ///< by stream of the plan: strokes of its faults
};

/// Everything about a run that regenerating cannot tell.
struct Checkpoint {
    int64_t sequence = 0;   ///< of records in a journal, from 0
    bool is_whole = false;  ///< entries, windows and changes are all there are, not those since the record before
    std::string state = "running";             ///< running, completed, stopped
    PlannedWindow reached;                     ///< the last window whose records are all durable
    std::vector<PlannedWindow> windows;        ///< where their borders decide the order of records: see Run
    std::vector<RunChange> changes;            ///< in order; in a journal those since the record before
    int64_t real_us = 0;                       ///< used up of the run's real time
    uint64_t dead_letter_bytes = 0;            ///< size of their file
    uint64_t dead_letters = 0;                 ///< records in it
    std::vector<std::vector<int64_t>> faults;  ///< by stream of the plan: strokes of its faults; empty without faults
    std::vector<int64_t> counted;              ///< by stream of the plan: records whose strokes these are
    std::optional<HistoryCount> history;       ///< where the run is behind a seam
    std::vector<LaneState> lanes;
};

/// Prints a checkpoint as JSON in one line.
std::string checkpoint_text(const Checkpoint& checkpoint);
/// Reads what checkpoint_text printed; anything else is invalid.
Result<Checkpoint> checkpoint_of(const std::string& text);

}  // namespace headwater
