// For what lies in the S3 module: the target, and the client of web addresses, as both speak through libcurl.
#pragma once

#include "sink/caller.h"
#include "sink/kind.h"

namespace headwater {

/// Factories of a target, which come first, and of a caller.
struct S3Factories {
    TargetFactories target;
    std::unique_ptr<Caller> (*make_caller)(AddressGuard guard) = nullptr;
};

/// Loads the client that web addresses are called with; every connection it makes is one that the guard allows.
Result<std::unique_ptr<Caller>> load_caller(const AddressGuard& guard);

}  // namespace headwater
