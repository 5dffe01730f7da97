// For reading targets as users type them: file:out?format=csv&layout=chunked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pack/plan.h"

namespace headwater {

/// Warns of what an output asks for and will regret, in a run whose first record is `age_us` old; nothing where all is well.
std::string warning_of(const OutputPlan& output, int64_t age_us);

/// A target taken apart.
struct TargetAddress {
    std::string scheme;  ///< stdout, discard, file, s3, kafka
    std::string path;    ///< file: the folder, s3: bucket/prefix, kafka: //servers/topic; may hold holes
};

/// Reads an address without options; says what exists where it does not know a scheme.
Result<TargetAddress> address_of(std::string_view to);

/// Moves the options behind `?` of an output's target into the output, and checks the address. Known options: format,
/// compression, layout, identity, target_size, max_chunk_size; others stay with the output for its format and target.
Result<void> settle(OutputPlan& output);

}  // namespace headwater
