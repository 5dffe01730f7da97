// For where a bucket is: the server, and how bucket and key become an address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater::s3 {

/// A server of S3.
struct Endpoint {
    std::string scheme = "https";
    std::string host;  ///< as the header `host` has it: with the port, but not the scheme's own
    std::string name;  ///< of the host alone
    uint16_t port = 443;
    bool is_aws = false;
};

/// Reads http://host:port, https://host; without a scheme `default_scheme` is taken.
Result<Endpoint> endpoint_of(std::string_view text, std::string_view default_scheme);
/// Gives the endpoint of AWS for a region.
Endpoint aws_endpoint(const std::string& region);

/// Where requests about one bucket go.
struct BucketAddress {
    std::string origin;  ///< scheme://host
    std::string host;
    std::string path;  ///< in front of the key, ends with /
};

/// Puts the bucket into the path, or in front of the host's name.
BucketAddress address_of_bucket(const Endpoint& endpoint, const std::string& bucket, bool path_style);

}  // namespace headwater::s3
