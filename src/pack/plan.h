// For a compiled scenario: everything a run needs, immutable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chaos/outgoing_stream.h"
#include "data/batch.h"
#include "generate/source.h"
#include "generate/switch_times.h"

namespace headwater {

/// One pack as it was used.
struct PackUse {
    std::string name;
    std::string version;
    std::string file;                                             ///< path, or built-in:payments/payments.yaml
    std::string digest;                                           ///< key of its file's text, 16 hex digits
    std::vector<std::pair<std::string, std::string>> parameters;  ///< every parameter with its settled value, in order
};

/// One stream of the plan.
struct StreamPlan {
    std::string pack;
    std::string name;  ///< without the pack
    std::shared_ptr<const Schema> schema;
    int source = 0;         ///< index into Plan::sources
    int source_stream = 0;  ///< index within that source
    std::string summary;
    std::optional<int64_t> count;  ///< the pack's own bound, if any
    int follows = -1;              ///< index of the stream whose records lead to those of this one
    bool of_entities = false;      ///< records are named by entity and ordinal instead of a row number
    bool is_table = false;         ///< records are changes of the rows of a table
    std::shared_ptr<const OutgoingStream> outgoing;  ///< null: its records go out as they are made
    std::string qualified() const { return pack + "." + name; }
    /// True for its name, with or without the pack.
    bool is_called(const std::string& called) const { return called == name || called == qualified(); }
};

/// One output: which streams go where, and how.
struct OutputPlan {
    std::vector<int> streams;  ///< indices into Plan::streams
    std::string to;            ///< target URI with holes settled but $(stream) $(pack) $(date) $(hour)
    std::string format = "json";
    std::string compression = "none";
    std::string layout;  ///< "" default of the target; grouped | chunked | single | hive
    uint64_t target_size_bytes = 256ULL << 20;
    uint64_t max_chunk_size_bytes = 8ULL << 20;
    std::string identity = "none";               ///< headers | column | none
    std::string envelope;                        ///< of changes of tables: "" and simple are the same; upsert
    bool overwrite = false;                      ///< what other runs left there is removed first
    std::map<std::string, std::string> options;  ///< further keys of the output
};

/// When an incident is on.
struct IncidentPlan {
    std::string pack;
    std::string name;               ///< without the pack
    std::vector<TimeRange> ranges;  ///< in order of time
    std::string qualified() const { return pack + "." + name; }
    /// True for its name, with or without the pack.
    bool is_called(const std::string& called) const { return called == name || called == qualified(); }
};

/// Simulated time and pace of a run.
/// Another rate from an instant on.
struct RateChange {
    int64_t at = 0;   ///< simulated
    double rate = 0;  ///< records per second; 0 = as fast as the sinks take it
};

struct ClockPlan {
    int64_t start = 0;
    std::optional<int64_t> until;
    bool live = false;                  ///< go on as live at the present instant
    double speed = 1;                   ///< simulated seconds per real second when live
    double rate = 0;                    ///< records per second over all streams; 0 = as fast as the sinks take it
    std::vector<RateChange> changes{};  ///< of the rate, by instant
};

/// A compiled scenario.
struct Plan {
    std::string scenario;
    uint64_t seed = 42;
    ClockPlan clock;
    std::vector<PackUse> packs;
    std::vector<StreamPlan> streams;
    std::vector<std::shared_ptr<const SourcePlan>> sources;
    std::vector<OutputPlan> outputs;
    std::vector<IncidentPlan> incidents;   ///< those that are ever on
    std::map<int, int64_t> counts;         ///< --count by stream index
    std::optional<OutputPlan> answer_key;  ///< `streams` is unused
};

/// True for a stream that some output takes.
bool goes_out(const Plan& plan, int stream);

/// True when a count ends a stream: its own, that of the stream it follows, or that of another stream of its entities which
/// goes out too.
bool ends_by_count(const Plan& plan, int stream);

}  // namespace headwater
