// For opening landed copies by their addresses, as --from has them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "pack/plan.h"
#include "sink/kind.h"
#include "verify/copy.h"
#include "verify/dead_letters.h"

namespace headwater {

/// What is said of a copy.
struct CopyRequest {
    std::string from;                  ///< an address of a target that can be read, with options behind ?
    std::string format;                ///< empty: found out
    std::string sent_format{};         ///< of the run
    std::vector<std::string> streams;  ///< pack.stream, for holes in topics
    std::vector<std::string> objects;  ///< names; empty: all
    /// Refuses or changes what somebody else named; see settle in ServiceParts.
    std::function<Result<void>(OutputPlan& output)> confine{};
    TargetBounds bounds{};
};

/// Opens a copy. Options that are not known are invalid, and the message says what there is. The clock signs requests and must
/// outlive the copy.
Result<std::unique_ptr<Copy>> open_copy(const CopyRequest& request, const Clock& clock);

/// Says what is wrong with a request that can be seen without connecting to anything.
Result<void> check_copy(const CopyRequest& request, const Clock& clock);

/// Reads the dead letters at an address.
Result<void> read_letters(const CopyRequest& request, LetterBox& letters, const std::vector<Shape>& shapes,
                          const Clock& clock, const StopToken& stop);

}  // namespace headwater
