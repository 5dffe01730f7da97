// For telling what a run made, how fast, how to make it again and how to look at it.
#pragma once

#include <string>

#include "engine/run.h"
#include "pack/plan.h"

namespace headwater {

/// Spells the summary for people, some lines.
std::string summary_text(const Plan& plan, const RunSummary& summary);

/// Spells a DuckDB query of a stream's first records, or "" where DuckDB cannot read what was made.
std::string query_of(const std::string& root, const ObjectEntry& object);

}  // namespace headwater
