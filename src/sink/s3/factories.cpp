#include "sink/s3/factories.h"

#include "base/load_module.h"

namespace headwater {

Result<std::unique_ptr<Caller>> load_caller(const AddressGuard& guard) {
    auto factories = load_module("s3");
    if (!factories) return std::unexpected(factories.error());
    return static_cast<const S3Factories*>(*factories)->make_caller(guard);
}

}  // namespace headwater
