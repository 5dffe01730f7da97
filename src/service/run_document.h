// For a run as JSON: what clients, the stream of events and the call at the end all show.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "service/stored_run.h"

namespace headwater {

/// Records per second at the last sampling; in the order of the run's streams and sinks.
struct RunRates {
    double records = 0;
    std::vector<double> streams, sinks;
};

/// Spells a run; `rates` may be null, which says nothing about the present.
nlohmann::ordered_json spell_run(const StoredRun& run, const RunRates* rates);

}  // namespace headwater
