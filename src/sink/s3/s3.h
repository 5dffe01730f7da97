// For objects in a bucket of S3, MinIO or whatever speaks like them.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "sink/s3/options.h"
#include "sink/s3/settings.h"
#include "sink/sink.h"

namespace headwater::s3 {

/// Makes a target that keeps objects under the prefix of a bucket. An object of one part is sent when it is finished, under
/// its name; a larger one in parts while it is written, under a hidden key beside its later place, then copied to its name by
/// the server. Holds (parts_in_flight + 1) x part_size and the bytes of one write for each open object, at most.
/// The clock dates signatures and must outlive the sink. Settings that cannot be are `invalid` at once.
Result<std::unique_ptr<ObjectSink>> make_s3_sink(const S3Options& options, const Environment& environment,
                                                 const Clock& clock);

}  // namespace headwater::s3
