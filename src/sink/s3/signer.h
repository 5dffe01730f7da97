// For proving to S3 who asks: Signature Version 4 of AWS, in the header `authorization`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headwater::s3 {

/// Names and values in the order in which they were given; a name may come again.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// Who asks.
struct AwsKeys {
    std::string access_key;
    std::string secret_key;
    std::string session_token;  ///< empty for lasting keys
};

/// What is signed. The header `host` must be among the headers.
struct SignableRequest {
    std::string method;
    std::string path = "/";      ///< as it is sent
    NamedValues query;           ///< not encoded
    NamedValues headers;         ///< all of them are signed
    std::string payload_sha256;  ///< of the body, hex
};

/// Where a signature counts.
struct SigningScope {
    std::string region;
    std::string service = "s3";
    /// S3 takes the path as it is sent and wants the digest of the body as a header; other services take the path with its
    /// dots and double slashes settled, encoded once more.
    bool is_s3 = true;
};

/// Percent-encodes every byte but A-Z a-z 0-9 - . _ ~ and those in `kept`.
std::string percent_encode(std::string_view text, std::string_view kept = "");
/// Encodes a query and puts it in order: the text that is both signed and sent.
std::string canonical_query(const NamedValues& query);
/// Spells an instant as 20150830T123600Z.
std::string amz_date(int64_t now_us);

/// Adds to a request the headers that prove who asks: x-amz-date, for S3 x-amz-content-sha256, with temporary keys
/// x-amz-security-token, and authorization. `now_us` may be 15 minutes off at most.
/// Source: AWS, "Create a signed AWS API request", and for S3 "Authenticating Requests (AWS Signature Version 4)".
void sign(SignableRequest& request, const AwsKeys& keys, const SigningScope& scope, int64_t now_us);

}  // namespace headwater::s3
