// For the first records of each stream of a plan, without a target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/real_time.h"
#include "pack/plan.h"

namespace headwater {

/// One record, printed.
struct FirstRecord {
    const Schema* schema = nullptr;   ///< its version of the stream's; held by the plan
    std::vector<std::string> cells;   ///< JSON, by field of the schema
    std::vector<std::string> labels;  ///< of the answer key
};

/// The first records of one stream.
struct FirstRecords {
    int stream = 0;  ///< of the plan
    std::vector<FirstRecord> records;
    std::optional<int64_t> waits_at;  ///< it has fewer than asked for, and until this instant no more came
    std::vector<Alive> alive;         ///< whoever might make them then
};

/// Makes the first `records` records of each stream that some output of the plan names, or of all. The counts of the plan
/// are to be the same, or living things make more than is needed. Waits no longer than some seconds for what is rare.
Result<std::vector<FirstRecords>> first_records(const Plan& plan, int records, const RealTime& time);

}  // namespace headwater
