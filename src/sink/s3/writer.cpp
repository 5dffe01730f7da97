// For one object on its way into a bucket: one request if it is small, parts under a hidden key if it is not.
#include "sink/s3/writer.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "sink/digest.h"
#include "sink/object_path.h"
#include "sink/s3/multipart.h"

namespace headwater::s3 {
namespace {

std::string content_type_of(std::string_view name) {
    if (name.ends_with(".json")) return "application/json";
    if (name.ends_with(".jsonl")) return "application/x-ndjson";
    if (name.ends_with(".csv")) return "text/csv";
    if (name.ends_with(".parquet")) return "application/vnd.apache.parquet";
    return "application/octet-stream";
}

class S3Writer final : public ObjectWriter {
  public:
    S3Writer(S3Client& client, const S3Options& options, const std::string& hint)
        : client_(client), options_(options), hidden_(s3_key_of(options, hidden_path(hint))) {}

    ~S3Writer() override {
        copy_.reset();
        const bool was_whole = has_hidden_;
        upload_.reset();
        if (was_whole) {
            auto transfer = client_.start(delete_object(hidden_));
            transfer.take(s3_patience);  // best effort; recover() finds what is left
        }
    }

    Result<void> write(std::string_view bytes) override {
        HW_CHECK(name_.empty());
        if (buffer_->size() + bytes.size() > options_.part_size_bytes) {
            if (auto made = make_room(bytes.size()); !made) return made;
        }
        bytes_ += bytes.size();
        digest_.update(bytes);
        while (!bytes.empty()) {
            if (buffer_->size() == options_.part_size_bytes) cut();
            const std::string_view taken = bytes.substr(0, options_.part_size_bytes - buffer_->size());
            reserve(taken.size());
            *buffer_ += taken;
            bytes.remove_prefix(taken.size());
        }
        return {};
    }

    Result<ObjectReceipt> finish(const std::string& name) override {
        if (name_.empty()) {
            if (auto named = check_object_name(name); !named) return std::unexpected(named.error());
            name_ = name;
            sha256_ = digest_.hex();
        }
        HW_CHECK(name == name_);
        auto done = upload_ ? finish_parts() : finish_whole();
        if (!done) return std::unexpected(done.error());
        return ObjectReceipt{name, bytes_, sha256_};
    }

  private:
    /// Sees to it that `more` bytes can be taken, whatever the server does then.
    Result<void> make_room(uint64_t more) {
        const uint64_t part = options_.part_size_bytes;
        if (bytes_ + more > s3_largest_object_bytes)
            return fail(ErrorKind::invalid, "Object is larger than 5 TiB, make smaller ones by another layout: " +
                                                client_.address(hidden_));
        if ((bytes_ + more + part - 1) / part > s3_most_parts)
            return fail(ErrorKind::invalid,
                        "Object has more than 10,000 parts, give a larger ?part_size=: " + std::to_string(part));
        if (!upload_) upload_.emplace(client_, hidden_, NamedValues{}, options_.parts_in_flight);
        if (auto begun = upload_->begin(); !begun) return begun;
        return upload_->settle(static_cast<size_t>(options_.parts_in_flight) - 1);
    }

    void reserve(size_t more) {
        const size_t wanted = buffer_->size() + more;
        if (wanted <= buffer_->capacity()) return;
        const size_t grown = upload_ ? options_.part_size_bytes : 2 * buffer_->capacity();
        buffer_->reserve(std::min<size_t>(options_.part_size_bytes, std::max(wanted, grown)));
    }

    void cut() {
        upload_->add({.bytes = buffer_});
        // Starts it; what goes wrong is met again by the next call that may say so.
        (void)upload_->settle(SIZE_MAX);
        buffer_ = upload_->spare();
    }

    NamedValues lasting_headers() const {
        return {{s3_digest_header, sha256_}, {"content-type", content_type_of(name_)}};
    }

    /// Tells whether the object has its name and its bytes already: the answer to an earlier attempt was lost.
    Result<bool> is_there() {
        auto facts = client_.facts(s3_key_of(options_, name_));
        if (!facts) return std::unexpected(facts.error());
        return *facts && (*facts)->bytes == bytes_ && (*facts)->sha256 == sha256_;
    }

    /// Asks for the object to be made under its name; when the answer was lost before, looks first.
    template <typename Make>
    Result<void> make_named(Make make) {
        if (std::exchange(is_unsure_, false)) {
            auto there = is_there();
            is_unsure_ = !there;
            if (!there) return std::unexpected(there.error());
            if (*there) return {};
        }
        auto answer = question_.ask(client_, s3_key_of(options_, name_), make);
        if (answer) return {};
        is_unsure_ = !question_.is_open();
        return std::unexpected(answer.error());
    }

    Result<void> finish_whole() {
        return make_named([&] {
            S3Request request = put_object(s3_key_of(options_, name_), buffer_, sha256_);
            request.headers.emplace_back("content-type", content_type_of(name_));
            return request;
        });
    }

    Result<void> finish_parts() {
        if (!has_hidden_) {
            if (!buffer_->empty()) cut();
            if (auto settled = upload_->settle(0); !settled) return settled;
            auto etag = upload_->complete(bytes_);
            if (!etag) return std::unexpected(etag.error());
            etag_ = std::move(*etag);
            has_hidden_ = true;
        }
        if (!has_name_) {
            auto named = bytes_ <= options_.copy_part_size_bytes ? copy_whole() : copy_parts();
            if (!named) return named;
            has_name_ = true;
        }
        if (auto removed = client_.remove(hidden_); !removed) return removed;
        has_hidden_ = false;
        upload_.reset();
        return {};
    }

    Result<void> copy_whole() {
        return make_named([&] {
            S3Request request{.method = "PUT", .key = s3_key_of(options_, name_), .headers = lasting_headers()};
            request.headers.emplace_back("x-amz-copy-source", client_.copy_source(hidden_));
            request.headers.emplace_back("x-amz-copy-source-if-match", "\"" + etag_ + "\"");
            request.headers.emplace_back("x-amz-metadata-directive", "REPLACE");
            request.body = std::make_shared<const std::string>();
            request.stall_s = s3_long_stall_s;
            return request;
        });
    }

    Result<void> copy_parts() {
        if (!copy_) copy_.emplace(client_, s3_key_of(options_, name_), lasting_headers(), options_.parts_in_flight);
        if (auto begun = copy_->begin(); !begun) return begun;
        const uint64_t step = copy_step();
        for (uint64_t first = copy_->parts() * step; first < bytes_; first += step) {
            const uint64_t last = std::min(first + step, bytes_) - 1;
            copy_->add({.copied = {{"x-amz-copy-source", client_.copy_source(hidden_)},
                                   {"x-amz-copy-source-if-match", "\"" + etag_ + "\""},
                                   {"x-amz-copy-source-range",
                                    "bytes=" + std::to_string(first) + "-" + std::to_string(last)}}});
        }
        if (auto settled = copy_->settle(0); !settled) return settled;
        auto completed = copy_->complete(bytes_);
        if (!completed) return std::unexpected(completed.error());
        copy_.reset();
        return {};
    }

    /// Gives the size of the copied parts, so that there are not too many of them.
    uint64_t copy_step() const {
        return std::max(options_.copy_part_size_bytes, (bytes_ + s3_most_parts - 1) / s3_most_parts);
    }

    S3Client& client_;
    const S3Options& options_;
    std::string hidden_;                                                     ///< key of the unfinished object
    std::shared_ptr<std::string> buffer_ = std::make_shared<std::string>();  ///< up to one part, the last one
    Sha256 digest_;
    uint64_t bytes_ = 0;
    std::optional<Multipart> upload_;  ///< to the hidden key
    std::string name_;                 ///< set by the first finish()
    std::string sha256_;
    std::string etag_;               ///< of the hidden object
    std::optional<Multipart> copy_;  ///< to the name, of an object too large for one copy
    Question question_;
    bool is_unsure_ = false;   ///< the answer to a request for the name was lost
    bool has_hidden_ = false;  ///< the hidden object is whole
    bool has_name_ = false;
};

}  // namespace

std::unique_ptr<ObjectWriter> make_s3_writer(S3Client& client, const S3Options& options, const std::string& hint) {
    return std::make_unique<S3Writer>(client, options, hint);
}

std::string s3_key_of(const S3Options& options, const std::string& name) {
    return options.prefix.empty() ? name : options.prefix + "/" + name;
}

}  // namespace headwater::s3
