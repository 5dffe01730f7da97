// For the requests of S3 that a sink needs, signed, about one bucket.
#include "sink/s3/client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <pugixml.hpp>
#include <sstream>

#include "sink/digest.h"

namespace headwater::s3 {
namespace {

constexpr std::chrono::seconds first_patience{10};
constexpr std::chrono::milliseconds look_up_interval{100};
constexpr int64_t tolerated_skew_us = 10 * micros_per_minute;  ///< S3 takes 15

std::shared_ptr<const std::string> shared(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

std::string printed(const pugi::xml_document& document) {
    std::ostringstream text;
    document.save(text, "", pugi::format_raw);
    return text.str();
}

bool is_transient(long status, const std::string& code) {
    constexpr std::array codes{"RequestTimeout",   "RequestTimeTooSkewed", "SlowDown",
                               "OperationAborted", "InternalError",        "ServiceUnavailable",
                               "BadDigest",        "IncompleteBody",       "XAmzContentSHA256Mismatch"};
    if (std::ranges::find(codes, code) != codes.end()) return true;
    return status == 408 || status == 429 || (status >= 500 && status != 501);
}

/// True for what S3 calls errors that a user can mend. Source: AWS, "Error responses", list of error codes.
bool is_code_of_s3(const std::string& code) {
    constexpr std::array codes{"AccessDenied",
                               "AllAccessDisabled",
                               "AuthorizationHeaderMalformed",
                               "BucketAlreadyExists",
                               "BucketAlreadyOwnedByYou",
                               "EntityTooLarge",
                               "ExpiredToken",
                               "IllegalLocationConstraintException",
                               "InvalidAccessKeyId",
                               "InvalidArgument",
                               "InvalidBucketName",
                               "InvalidToken",
                               "MethodNotAllowed",
                               "NoSuchBucket",
                               "NoSuchKey",
                               "NoSuchUpload",
                               "PermanentRedirect",
                               "SignatureDoesNotMatch"};
    return is_transient(0, code) || std::ranges::find(codes, code) != codes.end();
}

/// Reads the date of an answer, Wed, 21 Oct 2015 07:28:00 GMT, as microseconds.
std::optional<int64_t> date_of(const HttpAnswer& answer) {
    const std::string text = answer.header("date");
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() < 25) return std::nullopt;
    const size_t month = months.find(text.substr(8, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    const std::string number = std::to_string(month / 3 + 1);
    return parse_instant(text.substr(12, 4) + "-" + (number.size() == 1 ? "0" : "") + number + "-" + text.substr(5, 2) +
                         "T" + text.substr(17, 8) + "Z");
}

}  // namespace

S3Request put_object(const std::string& key, std::shared_ptr<const std::string> body, std::string sha256) {
    S3Request request{.method = "PUT", .key = key, .body = std::move(body), .sha256 = std::move(sha256)};
    request.headers.emplace_back(s3_digest_header, request.sha256);
    return request;
}

S3Request head_object(const std::string& key) { return {.method = "HEAD", .key = key}; }

S3Request delete_object(const std::string& key) { return {.method = "DELETE", .key = key}; }

S3Request create_upload(const std::string& key, NamedValues headers) {
    return {
        .method = "POST", .key = key, .query = {{"uploads", ""}}, .headers = std::move(headers), .body = shared("")};
}

S3Request upload_part(const std::string& key, const std::string& id, size_t number) {
    return {.method = "PUT", .key = key, .query = {{"partNumber", std::to_string(number)}, {"uploadId", id}}};
}

S3Request complete_upload(const std::string& key, const std::string& id, const std::vector<std::string>& etags) {
    pugi::xml_document document;
    auto root = document.append_child("CompleteMultipartUpload");
    root.append_attribute("xmlns").set_value("http://s3.amazonaws.com/doc/2006-03-01/");
    for (size_t i = 0; i < etags.size(); ++i) {
        auto part = root.append_child("Part");
        part.append_child("PartNumber").text().set(static_cast<unsigned>(i + 1));
        part.append_child("ETag").text().set(("\"" + etags[i] + "\"").c_str());
    }
    return {.method = "POST",
            .key = key,
            .query = {{"uploadId", id}},
            .headers = {{"content-type", "application/xml"}},
            .body = shared(printed(document)),
            .stall_s = s3_long_stall_s};
}

S3Request abort_upload(const std::string& key, const std::string& id) {
    return {.method = "DELETE", .key = key, .query = {{"uploadId", id}}};
}

S3Client::S3Client(S3Settings settings, std::string bucket, const Clock& clock)
    : settings_(std::move(settings)),
      bucket_(std::move(bucket)),
      place_(address_of_bucket(settings_.endpoint, bucket_, settings_.path_style)),
      clock_(clock),
      // A proxy would be the only address that the guard gets to see.
      http_({.ca_file = settings_.ca_file, .guard = settings_.guard, .uses_proxies = !settings_.guard}) {}

Http::Transfer S3Client::start(const S3Request& request) {
    SignableRequest signable{.method = request.method,
                             .path = place_.path + percent_encode(request.key, "/"),
                             .query = request.query,
                             .headers = request.headers,
                             .payload_sha256 = request.sha256};
    signable.headers.emplace_back("host", place_.host);
    if (signable.payload_sha256.empty())
        signable.payload_sha256 =
            sha256_hex(request.body == nullptr ? std::string_view() : std::string_view(*request.body));
    if (!settings_.keys.access_key.empty())
        sign(signable, settings_.keys, {.region = settings_.region}, clock_.now() + skew_us_);
    HttpRequest http{.method = request.method, .body = request.body, .stall_s = request.stall_s};
    http.url = place_.origin + signable.path;
    if (!request.query.empty()) http.url += "?" + canonical_query(request.query);
    for (const auto& [name, value] : signable.headers) http.headers.push_back(name + ": " + value);
    return http_.start(std::move(http));
}

Result<HttpAnswer> S3Client::checked(Result<HttpAnswer> answer, const std::string& key) {
    if (!answer) return fail(answer.error().kind, "S3: " + answer.error().message);
    const bool is_fine = answer->status >= 200 && answer->status < 300;
    // Completing and copying may find out that they fail after they have said 200.
    const S3Fault fault = fault_of(answer->body);
    if (is_fine && fault.code.empty()) return answer;
    return std::unexpected(error_of(*answer, fault, key));
}

Result<HttpAnswer> S3Client::ask(const S3Request& request, std::chrono::seconds patience) {
    auto transfer = start(request);
    auto answer = transfer.take(patience);
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + address(request.key));
    return checked(std::move(*answer), request.key);
}

Error S3Client::error_of(const HttpAnswer& answer, const S3Fault& fault, const std::string& key) {
    std::string code = fault.code;
    const bool is_told = !settings_.is_trusted_less || is_code_of_s3(code);
    if (code.empty() || !is_told) code = answer.status == 404 ? "NotFound" : "status " + std::to_string(answer.status);
    if (follow_clock(answer, code)) code = "RequestTimeTooSkewed";
    std::string message = "S3 says " + code;
    // What somebody else's server says may be anything that it can reach, for whoever named it to read.
    if (!fault.message.empty() && !settings_.is_trusted_less) message += " (" + fault.message + ")";
    const std::string mend = mend_of(code, fault, answer);
    if (!mend.empty()) message += "; " + mend;
    const ErrorKind kind = is_transient(answer.status, code) ? ErrorKind::unavailable : ErrorKind::invalid;
    return {kind, message + ": " + address(key)};
}

/// Dates the next attempts as the server wishes, when it refused this one for its date; the answer to HEAD does not say why.
bool S3Client::follow_clock(const HttpAnswer& answer, const std::string& code) {
    if (code != "RequestTimeTooSkewed" && code != "status 403") return false;
    const auto date = date_of(answer);
    if (!date) return false;
    const int64_t now = clock_.now();
    const bool is_off = std::abs(*date - (now + skew_us_)) > tolerated_skew_us;
    if (is_off) skew_us_ = *date - now;
    return is_off;
}

std::string S3Client::mend_of(const std::string& code, const S3Fault& fault, const HttpAnswer& answer) const {
    if (settings_.keys.access_key.empty() && (answer.status == 401 || answer.status == 403))
        return "keys are for the endpoints of the settings only, so the request bore none";
    if (code == "InvalidAccessKeyId") return "check the access key in " + settings_.keys_source;
    if (code == "SignatureDoesNotMatch") return "check the secret key that belongs to " + settings_.keys_source;
    if (code == "ExpiredToken" || code == "InvalidToken") return "get new temporary keys for " + settings_.keys_source;
    if (code == "AccessDenied" || code == "AllAccessDisabled" || answer.status == 403)
        return "the account of " + settings_.keys_source + " lacks a right, docs/targets/s3.md lists them";
    if (code == "NoSuchBucket") return "make the bucket, or let it be made by ?create_bucket=true";
    if (code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" ||
        code == "IllegalLocationConstraintException" || answer.status == 301) {
        if (settings_.is_trusted_less) return "give the region of the bucket by ?region= or AWS_REGION";
        const std::string region = fault.region.empty() ? answer.header("x-amz-bucket-region") : fault.region;
        return "give the region of the bucket by ?region= or AWS_REGION" + (region.empty() ? "" : ", it is " + region);
    }
    if (code == "EntityTooLarge" || code == "InvalidArgument") return "a smaller part_size may help";
    if (answer.status == 404 && fault.code.empty()) return "is this an S3 endpoint? " + settings_.endpoint.host;
    return "";
}

Result<bool> S3Client::open_bucket(const std::function<bool()>& gives_up) {
    const S3Request probe{.query = {{"list-type", "2"}, {"max-keys", "1"}}, .stall_s = 10};
    auto transfer = start(probe);
    std::optional<Result<HttpAnswer>> answer;
    const auto deadline = std::chrono::steady_clock::now() + first_patience;
    while (!answer && std::chrono::steady_clock::now() < deadline && !(gives_up && gives_up()))
        answer = transfer.take(look_up_interval);
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + settings_.endpoint.host);
    const bool is_missing = *answer && (*answer)->status == 404 && fault_of((*answer)->body).code == "NoSuchBucket";
    if (is_missing && settings_.create_bucket) return create_bucket();
    auto result = checked(std::move(*answer), "");
    if (!result) return std::unexpected(result.error());
    auto listed = objects_of(result->body);
    if (!listed) return fail(ErrorKind::invalid, "Endpoint does not speak S3: " + settings_.endpoint.host);
    return false;
}

Result<bool> S3Client::create_bucket() {
    S3Request request{.method = "PUT", .body = shared("")};
    if (settings_.region != "us-east-1") {
        pugi::xml_document document;
        auto root = document.append_child("CreateBucketConfiguration");
        root.append_attribute("xmlns").set_value("http://s3.amazonaws.com/doc/2006-03-01/");
        root.append_child("LocationConstraint").text().set(settings_.region.c_str());
        request.body = shared(printed(document));
    }
    auto transfer = start(request);
    auto answer = transfer.take(first_patience);
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + settings_.endpoint.host);
    if (*answer && (*answer)->status == 409 && fault_of((*answer)->body).code == "BucketAlreadyOwnedByYou")
        return false;
    auto made = checked(std::move(*answer), "");
    if (!made) return std::unexpected(made.error());
    return true;
}

Result<std::string> S3Client::remove_bucket() {
    auto transfer = start({.method = "DELETE"});
    auto answer = transfer.take(first_patience);
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + settings_.endpoint.host);
    if (*answer && (*answer)->status == 404) return "";
    if (*answer && (*answer)->status == 409) return "Bucket holds other objects: " + bucket_;
    auto removed = checked(std::move(*answer), "");
    if (!removed) return std::unexpected(removed.error());
    return "";
}

Result<std::optional<std::string>> S3Client::read(const std::string& key) {
    auto transfer = start({.key = key});
    auto answer = transfer.take(std::chrono::seconds(30));
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + address(key));
    if (*answer && (*answer)->status == 404) return std::nullopt;
    auto found = checked(std::move(*answer), key);
    if (!found) return std::unexpected(found.error());
    return std::move(found->body);
}

Result<std::optional<ObjectFacts>> S3Client::facts(const std::string& key) {
    auto transfer = start(head_object(key));
    auto answer = transfer.take(std::chrono::seconds(30));
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + address(key));
    if (*answer && (*answer)->status == 404) return std::nullopt;
    auto found = checked(std::move(*answer), key);
    if (!found) return std::unexpected(found.error());
    ObjectFacts facts;
    const std::string length = found->header("content-length");
    std::from_chars(length.data(), length.data() + length.size(), facts.bytes);
    facts.etag = found->header("etag");
    std::erase(facts.etag, '"');
    facts.sha256 = found->header(s3_digest_header);
    facts.is_opaque = found->header("x-amz-server-side-encryption").starts_with("aws:kms") ||
                      !found->header("x-amz-server-side-encryption-customer-algorithm").empty();
    return facts;
}

/// Asks for a list; none when there is no bucket.
Result<std::optional<HttpAnswer>> S3Client::ask_for_list(const S3Request& request) {
    auto transfer = start(request);
    auto answer = transfer.take(std::chrono::seconds(30));
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + settings_.endpoint.host);
    if (*answer && (*answer)->status == 404 && fault_of((*answer)->body).code == "NoSuchBucket") return std::nullopt;
    auto found = checked(std::move(*answer), "");
    if (!found) return std::unexpected(found.error());
    return std::move(*found);
}

Result<std::vector<std::string>> S3Client::keys(const std::string& prefix) {
    std::vector<std::string> keys;
    std::string next;
    do {
        S3Request request{.query = {{"list-type", "2"}, {"prefix", prefix}, {"encoding-type", "url"}}};
        if (!next.empty()) request.query.emplace_back("continuation-token", next);
        auto answer = ask_for_list(request);
        if (!answer) return std::unexpected(answer.error());
        if (!*answer) return keys;
        auto page = objects_of((*answer)->body);
        if (!page) return std::unexpected(page.error());
        std::ranges::move(page->keys, std::back_inserter(keys));
        next = std::move(page->next);
    } while (!next.empty());
    return keys;
}

Result<std::vector<PendingUpload>> S3Client::uploads(const std::string& prefix) {
    std::vector<PendingUpload> uploads;
    UploadPage page;
    do {
        S3Request request{.query = {{"uploads", ""}, {"prefix", prefix}, {"encoding-type", "url"}}};
        if (!page.next_key.empty()) {
            request.query.emplace_back("key-marker", page.next_key);
            request.query.emplace_back("upload-id-marker", page.next_id);
        }
        auto answer = ask_for_list(request);
        if (!answer) return std::unexpected(answer.error());
        if (!*answer) return uploads;
        auto read = uploads_of((*answer)->body);
        if (!read) return std::unexpected(read.error());
        page = std::move(*read);
        std::ranges::move(page.uploads, std::back_inserter(uploads));
    } while (!page.next_key.empty());
    return uploads;
}

Result<void> S3Client::remove(const std::string& key) {
    auto answer = ask(delete_object(key));
    if (!answer) return std::unexpected(answer.error());
    return {};
}

Result<void> S3Client::abort(const PendingUpload& upload) {
    auto transfer = start(abort_upload(upload.key, upload.id));
    auto answer = transfer.take(std::chrono::seconds(30));
    if (!answer) return fail(ErrorKind::unavailable, "S3 does not answer: " + address(upload.key));
    if (*answer && (*answer)->status == 404) return {};
    auto aborted = checked(std::move(*answer), upload.key);
    if (!aborted) return std::unexpected(aborted.error());
    return {};
}

std::string S3Client::copy_source(const std::string& key) const {
    return "/" + bucket_ + "/" + percent_encode(key, "/");
}

std::string S3Client::address(const std::string& key) const {
    return "s3://" + bucket_ + (key.empty() ? "" : "/" + key);
}

}  // namespace headwater::s3
