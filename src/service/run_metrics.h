// For counting what each run does, in the text that Prometheus reads; there are only so many runs and targets in it.
#pragma once

#include <string>
#include <vector>

#include "service/stored_run.h"

namespace headwater {

/// Appends counts of the runs that go on: of the oldest 100, and of the first 16 outputs of each; the outputs behind those
/// are counted together, and runs left out are counted. A series ends with its run.
void print_run_metrics(std::string& page, std::vector<StoredRun> runs);

}  // namespace headwater
