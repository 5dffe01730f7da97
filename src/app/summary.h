// For telling what a run made, how fast, how to make it again and how to look at it.
#pragma once

#include <string>
#include <vector>

#include "engine/run.h"
#include "pack/plan.h"

namespace headwater {

/// Spells the summary for people, some lines.
std::string summary_text(const Plan& plan, const RunSummary& summary);

/// Spells who is alive in one line: machine 50 running, 2 broken; order 12 waiting.
std::string spell_alive(const std::vector<Alive>& alive);

/// Spells a DuckDB query of a stream's first records, or "" where DuckDB cannot read what was made; of those of one run where it is
/// named, since records of others lie among them.
std::string query_of(const std::string& root, const ObjectEntry& object, const std::string& run = "");

}  // namespace headwater
