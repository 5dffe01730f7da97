// For calling web addresses by the client that S3 is spoken with.
#pragma once

#include <memory>

#include "sink/caller.h"

namespace headwater::s3 {

std::unique_ptr<Caller> make_caller(AddressGuard guard);

}  // namespace headwater::s3
