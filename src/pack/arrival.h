// For when records of a stream arrive, and what the clock shows that writes them: `late` and `skew`.
#pragma once

#include "pack/streams.h"

namespace headwater {

/// Lays out how much behind its time each record arrives, as a hidden column of its schema; false after a report.
bool lay_out_lateness(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, RecordLayout& layout,
                      Schema& schema);

/// Lets `time` read in the fields of a stream as the clock shows it that writes them. Must outlive the cells.
void set_clock(Cells& cells, const PlannedStream& stream);

}  // namespace headwater
