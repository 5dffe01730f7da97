// For schemas that change at an instant: which fields the records of each version have, and of what type.
#pragma once

#include "pack/streams.h"

namespace headwater {

/// Reads `versions:` of a stream; reports what is wrong.
std::vector<PlannedVersion> read_versions(World& world, const Pack& pack, const Node* node, const std::string& path);

/// Settles which fields of a schema, whole but for this, records have at first, and lays out the versions behind. False
/// after a report.
bool lay_out_versions(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, Schema& schema);

}  // namespace headwater
