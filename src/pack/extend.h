// For packs that extend others: maps merge by name, a name set to null goes, everything else is replaced.
#pragma once

#include <memory>
#include <vector>

#include "pack/library.h"

namespace headwater {

/// Merges a pack with what it extends, and that with what it extends, up to 8 deep. Gives the pack itself when it extends
/// nothing; null after a report. The files that were read are appended to `files`.
std::shared_ptr<const SourceFile> extend_pack(const std::shared_ptr<const SourceFile>& pack, const PackLibrary& library,
                                              Diagnostics& diagnostics,
                                              std::vector<std::shared_ptr<const SourceFile>>& files);

}  // namespace headwater
