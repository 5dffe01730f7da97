// For reading the objects of a bucket.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "sink/reading.h"
#include "sink/s3/options.h"
#include "sink/s3/settings.h"

namespace headwater::s3 {

/// Makes a source of the objects below the prefix of a bucket. Hidden keys and those that begin with _ are passed over. The
/// clock dates signatures and must outlive the source. Settings that cannot be are `invalid` at once.
Result<std::unique_ptr<ObjectSource>> make_s3_source(const S3Options& options, const Environment& environment,
                                                     const Clock& clock);

}  // namespace headwater::s3
