// For the requests of S3 that a sink needs, signed, about one bucket.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sink/s3/answers.h"
#include "sink/s3/http.h"
#include "sink/s3/settings.h"

namespace headwater::s3 {

/// Completing and copying large objects takes S3 minutes, in which it may say nothing.
inline constexpr int s3_long_stall_s = 300;

/// One request about a key, or about the bucket where the key is empty.
struct S3Request {
    std::string method = "GET";
    std::string key;
    NamedValues query;
    NamedValues headers;
    std::shared_ptr<const std::string> body;
    std::string sha256;  ///< of the body, hex; computed where it is empty
    int stall_s = 20;
};

/// What HeadObject tells.
struct ObjectFacts {
    uint64_t bytes = 0;
    std::string etag;
    std::string sha256;      ///< as the writer of the object noted it; empty where nobody did
    bool is_opaque = false;  ///< its ETag says nothing about the bytes: encrypted with keys of KMS or of a customer
};

/// The header under which an object keeps the digest of its bytes.
inline constexpr const char* s3_digest_header = "x-amz-meta-headwater-sha256";

S3Request put_object(const std::string& key, std::shared_ptr<const std::string> body, std::string sha256);
S3Request head_object(const std::string& key);
S3Request delete_object(const std::string& key);
S3Request create_upload(const std::string& key, NamedValues headers);
S3Request upload_part(const std::string& key, const std::string& id, size_t number);
S3Request complete_upload(const std::string& key, const std::string& id, const std::vector<std::string>& etags);
S3Request abort_upload(const std::string& key, const std::string& id);

/// Asks for things about one bucket. Any thread may use it.
class S3Client {
  public:
    /// The clock dates the signatures and must outlive the client.
    S3Client(S3Settings settings, std::string bucket, const Clock& clock);

    /// Signs a request and starts it.
    Http::Transfer start(const S3Request& request);
    /// Makes an error of an answer that is one; says which setting mends it, where one does.
    Result<HttpAnswer> checked(Result<HttpAnswer> answer, const std::string& key);
    /// Signs, starts, and waits for the answer, `patience` at most.
    Result<HttpAnswer> ask(const S3Request& request, std::chrono::seconds patience = std::chrono::seconds(30));

    /// Finds out whether the bucket can be used; makes it where it is missing and the settings say so: true then.
    Result<bool> open_bucket(const std::function<bool()>& gives_up);
    /// Removes the bucket if nothing is in it; gives why it stays, or nothing.
    Result<std::string> remove_bucket();
    /// Reads an object; none when it is not there.
    Result<std::optional<std::string>> read(const std::string& key);
    /// Tells what an object is; nothing when there is none.
    Result<std::optional<ObjectFacts>> facts(const std::string& key);
    /// Lists every key that begins with `prefix`.
    Result<std::vector<std::string>> keys(const std::string& prefix);
    /// Lists uploads that were not completed; with `prefix` empty all that the server knows of.
    Result<std::vector<PendingUpload>> uploads(const std::string& prefix);
    Result<void> remove(const std::string& key);
    /// Gives up an upload; one that is gone is no error.
    Result<void> abort(const PendingUpload& upload);

    /// Begins the header x-amz-copy-source.
    std::string copy_source(const std::string& key) const;
    /// Spells an address as users do.
    std::string address(const std::string& key) const;
    const S3Settings& settings() const { return settings_; }
    Http& http() { return http_; }

  private:
    Result<bool> create_bucket();
    Result<std::optional<HttpAnswer>> ask_for_list(const S3Request& request);
    Error error_of(const HttpAnswer& answer, const S3Fault& fault, const std::string& key);
    bool follow_clock(const HttpAnswer& answer, const std::string& code);
    std::string mend_of(const std::string& code, const S3Fault& fault, const HttpAnswer& answer) const;

    S3Settings settings_;
    std::string bucket_;
    BucketAddress place_;
    const Clock& clock_;
    std::atomic<int64_t> skew_us_{0};  ///< how far the server's clock is ahead of ours, once it complained
    Http http_;
};

}  // namespace headwater::s3
