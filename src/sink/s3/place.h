// For taking a target of S3 apart: s3://bucket/prefix/$(stream)?endpoint=http://127.0.0.1:9000.
#pragma once

#include <string>

#include "base/result.h"
#include "sink/kind.h"
#include "sink/s3/options.h"

namespace headwater {

extern const TargetKind s3_kind;

/// Where objects go.
struct S3Place {
    S3Options options;   ///< with bucket, and the prefix in front of the first hole
    std::string folder;  ///< of objects below the prefix, may hold holes; see ObjectPlace
};

/// Reads bucket/prefix and the options of a target, before any server is asked.
Result<S3Place> s3_place_of(const TargetRequest& request);

}  // namespace headwater
