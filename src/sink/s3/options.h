// For what a user says about a bucket; what is left out comes from the environment, see settings.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "sink/address_guard.h"

namespace headwater {

inline constexpr uint64_t s3_smallest_part_bytes = 5ULL << 20;
inline constexpr uint64_t s3_largest_part_bytes = 5ULL << 30;
inline constexpr uint64_t s3_largest_object_bytes = 5ULL << 40;
inline constexpr uint64_t s3_most_parts = 10'000;

struct S3Options {
    std::string bucket;
    std::string prefix;    ///< of every key, without / at its ends; may be empty
    std::string endpoint;  ///< http(s)://host[:port]
    std::string region;
    std::string profile;                ///< of the AWS profile files
    std::string ca_file;                ///< certificates to trust instead of the system's
    std::optional<bool> path_style;     ///< bucket in the path, not in the name of the host; so everywhere but at AWS
    std::function<bool()> gives_up{};   ///< asked while the bucket is looked for: true ends the waiting
    AddressGuard guard{};               ///< of connections to an endpoint that only these options name
    std::optional<bool> create_bucket;  ///< makes a bucket that is missing; so everywhere but at AWS
    uint64_t part_size_bytes = 8ULL << 20;  ///< an object up to this size is one request; a larger one is sent in parts
    int parts_in_flight = 4;
    uint64_t copy_part_size_bytes = s3_largest_part_bytes;  ///< a larger object gets its name by copying in parts of it
};

/// Says what is wrong with the options, before any server is asked. Never repeats what may hold a secret.
Result<void> check_s3_options(const S3Options& options);

}  // namespace headwater
