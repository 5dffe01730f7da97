// For one object on its way into a bucket: one request if it is small, parts under a hidden key if it is not.
#pragma once

#include <memory>
#include <string>

#include "sink/s3/client.h"
#include "sink/s3/options.h"
#include "sink/sink.h"

namespace headwater::s3 {

/// Starts an object that is called like `hint`, a plain name relative to the prefix. Client and options must outlive it.
std::unique_ptr<ObjectWriter> make_s3_writer(S3Client& client, const S3Options& options, const std::string& hint);

/// Gives the key of a name relative to the prefix.
std::string s3_key_of(const S3Options& options, const std::string& name);

}  // namespace headwater::s3
