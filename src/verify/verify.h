// For grading a platform: what a run sent is made again and compared with a landed copy, record by record.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "verify/copy.h"
#include "verify/expected.h"
#include "verify/grade.h"
#include "verify/order.h"

namespace headwater {

/// How a copy is compared.
struct VerifyOptions {
    std::optional<bool> by_identity;  ///< none: by identity where most records have one
    std::optional<OrderScope> order;  ///< none: within objects or partitions
    size_t examples = 5;              ///< differences of each kind and stream that are told in full
    int threads = 0;                  ///< 0: as many as there are cores
    size_t memory_bytes = 224 << 20;  ///< of entries, before they are spilled
    LetterBox* letters = nullptr;     ///< dead letters that were read
    std::string scratch;              ///< folder of spill files
};

/// Compares a copy with what the parts of one run sent. Everything is read once, and what is told in full once more. A disk
/// that is full is `disk`; a copy that cannot be read at all is what its source said.
Result<Grade> verify(const std::vector<SentPart>& parts, const std::vector<Shape>& shapes, Copy& copy,
                     const VerifyOptions& options, RealTime& time, const StopToken& stop);

}  // namespace headwater
