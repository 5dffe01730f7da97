// For reading what S3 answers in XML, which is not trusted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headwater::s3 {

/// An error as S3 words it; the code is empty where the body is none.
struct S3Fault {
    std::string code;
    std::string message;
    std::string region;  ///< where the bucket is, when it is elsewhere
};

/// One page of keys.
struct ObjectPage {
    std::vector<std::string> keys;
    std::string next;  ///< asks for the next page; empty on the last one
};

/// One upload that was not completed.
struct PendingUpload {
    std::string key;
    std::string id;
};

/// One page of uploads.
struct UploadPage {
    std::vector<PendingUpload> uploads;
    std::string next_key;  ///< with next_id, asks for the next page; empty on the last one
    std::string next_id;
};

/// Reads an error; a body that is something else, or no XML, gives an empty code.
S3Fault fault_of(std::string_view body);
/// Reads InitiateMultipartUploadResult.
Result<std::string> upload_id_of(std::string_view body);
/// Reads the ETag of CompleteMultipartUploadResult, CopyObjectResult and CopyPartResult.
Result<std::string> etag_of(std::string_view body);
/// Reads ListBucketResult, whose keys are url-encoded.
Result<ObjectPage> objects_of(std::string_view body);
/// Reads ListMultipartUploadsResult, whose keys are url-encoded.
Result<UploadPage> uploads_of(std::string_view body);

/// Spells the ETag that S3 gives to an object made of parts with these ETags; empty when one of them is no MD5.
std::string etag_of_parts(const std::vector<std::string>& etags);

}  // namespace headwater::s3
