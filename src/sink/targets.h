// For the targets there are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sink/kind.h"

namespace headwater {

/// Lists the targets.
const std::vector<const TargetKind*>& target_kinds();

/// A target's address, taken apart.
struct TargetAddress {
    const TargetKind* kind = nullptr;
    std::string path;  ///< in its one spelling; may hold holes
};

/// Reads an address without options; says what exists where it does not know a scheme.
Result<TargetAddress> address_of(std::string_view to);

/// Finds the target of an address, with or without options, by its scheme alone; null where there is none.
const TargetKind* target_of(std::string_view address);

/// Spells the addresses of all targets for which `has` holds, or of all: stdout: file:DIR.
std::string target_forms(std::string_view between = " ", bool TargetKind::* has = nullptr);

/// Makes one end of an output; loads its module where it lies in one.
Result<Target> make_target(const TargetKind& kind, const TargetRequest& request, const TargetUse& use);

/// Makes a reader of what has landed; invalid where the target has none.
Result<Landed> open_landed(const TargetKind& kind, const TargetRequest& request, const Clock& clock);

}  // namespace headwater
