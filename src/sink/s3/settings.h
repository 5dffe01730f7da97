// For settling where a bucket is and who asks for it: options first, then the variables and files of AWS and MinIO.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "sink/s3/endpoint.h"
#include "sink/s3/options.h"
#include "sink/s3/signer.h"

namespace headwater::s3 {

/// Gives the value of a variable, or nothing.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Reads the variables of this process.
Environment process_environment();

/// Everything that requests need to know.
struct S3Settings {
    Endpoint endpoint;
    std::string region;
    AwsKeys keys;             ///< empty: requests are not signed
    std::string keys_source;  ///< for messages: where the keys came from
    std::string ca_file;
    bool path_style = false;
    bool create_bucket = false;
    AddressGuard guard{};          ///< of every connection; none: all are made
    bool is_trusted_less = false;  ///< its words are not passed on
};

/// Settles the settings. The order is told in docs/targets/s3.md; messages name variables and files, never what they hold.
/// Where S3_KEYS_BOUND is set, an endpoint of the options gets keys only if variables or the profile name it too: keys of a
/// service are not for whoever its clients name.
/// The guard of the options counts where the options alone name the endpoint.
Result<S3Settings> settle_s3(const S3Options& options, const Environment& environment);

/// Gives the endpoint that the options name, unless variables or the profile name it too: none then.
Result<std::optional<Endpoint>> endpoint_of_options(const S3Options& options, const Environment& environment);

}  // namespace headwater::s3
