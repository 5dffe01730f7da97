// For telling differences in full: what was sent is made again and what landed is read again, of those few records alone.
#pragma once

#include <vector>

#include "base/result.h"
#include "verify/copy.h"
#include "verify/expected.h"
#include "verify/grade.h"

namespace headwater {

/// Fills in rows and fields of the examples of a grade. `damaged` holds the lines that the copy was read with.
Result<void> tell_in_full(Grade& grade, const std::vector<SentPart>& parts, const std::vector<Shape>& shapes,
                          Copy& copy, const DamagedLines& damaged, int threads, RealTime& time);

}  // namespace headwater
