// For targets like s3://bucket/prefix?endpoint=http://127.0.0.1:9000.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "sink/caller.h"
#include "sink/reading.h"
#include "sink/s3/options.h"
#include "sink/sink.h"

namespace headwater {

/// True for the options behind `?` that are of the target, not of the format.
bool is_s3_option(std::string_view name);

/// A target of S3 taken apart.
struct S3Target {
    S3Options options;   ///< with bucket, and the prefix in front of the first hole
    std::string folder;  ///< of objects below the prefix, may hold holes; see ObjectPlace
};

/// Reads bucket/prefix and the options of a target; those of the format are passed over.
Result<S3Target> s3_target_of(const std::string& path, const std::map<std::string, std::string>& options);

/// Makes the sink from the module beside the program, which is loaded once: libcurl alone would cost every start 5 ms.
Result<std::unique_ptr<ObjectSink>> load_s3_sink(const S3Options& options, const Clock& clock);
/// Makes a reader of the objects below the prefix from the same module.
Result<std::unique_ptr<ObjectSource>> load_s3_source(const S3Options& options, const Clock& clock);

/// Loads the client that web addresses are called with; every connection it makes is one that the guard allows.
Result<std::unique_ptr<Caller>> load_caller(const AddressGuard& guard);

}  // namespace headwater
