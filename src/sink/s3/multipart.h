// For an object that is put together from parts, several of them under way at once, over as many attempts as that takes.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/s3/client.h"

namespace headwater::s3 {

/// How long one call waits before it says `unavailable`: the caller may want to stop.
inline constexpr std::chrono::seconds s3_patience{5};

/// A request that is asked once and whose answer may take several calls to arrive.
class Question {
  public:
    /// Starts the request that `make` gives, unless it is under way, and waits for its answer.
    template <typename Make>
    Result<HttpAnswer> ask(S3Client& client, const std::string& key, Make make) {
        if (!transfer_) transfer_ = client.start(make());
        auto answer = transfer_->take(s3_patience);
        if (!answer) return fail(ErrorKind::unavailable, "S3 has not answered yet: " + client.address(key));
        transfer_.reset();
        return client.checked(std::move(*answer), key);
    }
    bool is_open() const { return transfer_.has_value(); }

  private:
    std::optional<Http::Transfer> transfer_;
};

/// One multipart upload. Every call that ended `unavailable` is made again. Used by one thread.
class Multipart {
  public:
    /// What a part is made of: bytes, or a range of another object.
    struct Source {
        std::shared_ptr<std::string> bytes;
        NamedValues copied;  ///< headers that name the range
    };

    /// `key` belongs to this upload alone; `headers` stay with the object.
    Multipart(S3Client& client, std::string key, NamedValues headers, int parts_in_flight);
    ~Multipart();  ///< gives up what was not completed
    Multipart(const Multipart&) = delete;
    Multipart& operator=(const Multipart&) = delete;

    /// Begins the upload, after what earlier ones left under the key was given up.
    Result<void> begin();
    bool has_begun() const { return !id_.empty(); }
    /// Adds the next part; it is started by settle(). Not before begin().
    void add(Source source);
    size_t parts() const { return etags_.size(); }
    /// Gives the memory of a part that has arrived, emptied, to fill again; new memory when there is none.
    std::shared_ptr<std::string> spare();
    /// Starts parts and takes answers until at most `most` parts have none.
    Result<void> settle(size_t most);
    /// Makes the object whole; all parts must be settled. Gives its ETag. When the answer is lost, `bytes` and ETag of the
    /// object tell.
    Result<std::string> complete(uint64_t bytes);

  private:
    struct Part {
        size_t number;
        Source source;
        std::string sha256;
        std::optional<Http::Transfer> transfer;
        int failures = 0;
    };

    Result<void> start_and_take();
    Result<void> take(Part& part);
    Result<std::optional<std::string>> completed_before(uint64_t bytes);

    S3Client& client_;
    std::string key_;
    NamedValues headers_;
    size_t parts_in_flight_;
    std::string id_;
    std::vector<std::string> etags_;
    std::deque<Part> open_;  ///< parts without an answer; the first parts_in_flight of them are under way
    std::vector<std::shared_ptr<std::string>> spares_;
    Question completion_;
    bool is_unsure_ = false;  ///< the answer to a completion was lost
    int gone_ = 0;            ///< how often the upload was not there any more
    bool is_complete_ = false;
};

}  // namespace headwater::s3
