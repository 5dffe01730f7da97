// For answers of S3 and profile files that may be anything: they are read or refused, and nothing else happens.
#include <cstdint>
#include <string_view>

#include "sink/s3/answers.h"
#include "sink/s3/endpoint.h"
#include "sink/s3/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)headwater::s3::fault_of(text);
    (void)headwater::s3::upload_id_of(text);
    (void)headwater::s3::etag_of(text);
    (void)headwater::s3::objects_of(text);
    (void)headwater::s3::uploads_of(text);
    (void)headwater::s3::parse_profiles(text);
    (void)headwater::s3::endpoint_of(text, "https");
    return 0;
}
