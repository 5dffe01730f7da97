// For an object that is put together from parts, several of them under way at once, over as many attempts as that takes.
#include "sink/s3/multipart.h"

#include <algorithm>

#include "base/check.h"
#include "sink/digest.h"

namespace headwater::s3 {
namespace {

constexpr int failures_before_pause = 3;  ///< then the caller is told, who waits longer and longer
constexpr int most_gone = 3;              ///< a completion that still runs hides both upload and object for a moment
constexpr std::chrono::seconds last_patience{5};

}  // namespace

Multipart::Multipart(S3Client& client, std::string key, NamedValues headers, int parts_in_flight)
    : client_(client),
      key_(std::move(key)),
      headers_(std::move(headers)),
      parts_in_flight_(static_cast<size_t>(parts_in_flight)) {}

Multipart::~Multipart() {
    if (id_.empty() || is_complete_) return;
    open_.clear();  // what still flows would come after the end
    auto transfer = client_.start(abort_upload(key_, id_));
    transfer.take(last_patience);  // best effort; recover() finds what is left
}

Result<void> Multipart::begin() {
    if (has_begun()) return {};
    auto left = client_.uploads(key_);
    if (!left) return std::unexpected(left.error());
    for (const PendingUpload& upload : *left) {
        if (upload.key != key_) continue;
        if (auto aborted = client_.abort(upload); !aborted) return aborted;
    }
    auto answer = client_.ask(create_upload(key_, headers_));
    if (!answer) return std::unexpected(answer.error());
    auto id = upload_id_of(answer->body);
    if (!id) return std::unexpected(id.error());
    id_ = std::move(*id);
    return {};
}

void Multipart::add(Source source) {
    HW_CHECK(has_begun());
    etags_.emplace_back();
    std::string sha256 = source.bytes == nullptr ? "" : sha256_hex(*source.bytes);
    open_.push_back({.number = etags_.size(), .source = std::move(source), .sha256 = std::move(sha256)});
}

std::shared_ptr<std::string> Multipart::spare() {
    if (spares_.empty()) return std::make_shared<std::string>();
    auto spare = std::move(spares_.back());
    spares_.pop_back();
    spare->clear();
    return spare;
}

Result<void> Multipart::settle(size_t most) {
    for (;;) {
        const uint64_t seen = client_.http().ended();
        if (auto done = start_and_take(); !done) return done;
        if (open_.size() <= most) return {};
        client_.http().wait_beyond(seen, s3_patience);
        if (client_.http().ended() == seen)
            return fail(ErrorKind::unavailable, "S3 has not answered yet: " + client_.address(key_));
    }
}

/// Takes the answers that are there, then starts what may be under way besides.
Result<void> Multipart::start_and_take() {
    for (size_t i = 0; i < std::min(open_.size(), parts_in_flight_); ++i) {
        if (!open_[i].transfer) continue;
        if (auto taken = take(open_[i]); !taken) return taken;
    }
    std::erase_if(open_, [&](Part& part) {
        const bool arrived = !etags_[part.number - 1].empty();
        if (arrived && part.source.bytes.use_count() == 1) spares_.push_back(std::move(part.source.bytes));
        return arrived;
    });
    for (size_t i = 0; i < std::min(open_.size(), parts_in_flight_); ++i) {
        Part& part = open_[i];
        if (part.transfer) continue;
        S3Request request = upload_part(key_, id_, part.number);
        request.body = part.source.bytes;
        request.sha256 = part.sha256;
        request.headers = part.source.copied;
        if (request.body == nullptr) {
            request.body = std::make_shared<const std::string>();
            request.stall_s = s3_long_stall_s;
        }
        part.transfer = client_.start(request);
    }
    return {};
}

/// Takes the answer of a part that is under way, if it is there; a failed part is started again.
Result<void> Multipart::take(Part& part) {
    auto answer = part.transfer->take(std::chrono::milliseconds(0));
    if (!answer) return {};
    part.transfer.reset();
    auto checked = client_.checked(std::move(*answer), key_);
    Result<std::string> etag = fail(ErrorKind::unavailable, "");
    if (!checked) {
        etag = std::unexpected(checked.error());
    } else if (part.source.bytes == nullptr) {
        etag = etag_of(checked->body);
    } else {
        etag = checked->header("etag");
        std::erase(*etag, '"');
        if (etag->empty()) etag = fail(ErrorKind::unavailable, "S3 gave no ETag for a part: " + client_.address(key_));
    }
    if (etag) {
        etags_[part.number - 1] = std::move(*etag);
        return {};
    }
    if (etag.error().kind == ErrorKind::unavailable && ++part.failures < failures_before_pause) return {};
    part.failures = 0;
    return std::unexpected(etag.error());
}

Result<std::string> Multipart::complete(uint64_t bytes) {
    HW_CHECK(open_.empty());
    if (is_unsure_) {
        auto before = completed_before(bytes);
        if (!before) return std::unexpected(before.error());
        if (*before) return **before;
        is_unsure_ = false;
    }
    auto answer = completion_.ask(client_, key_, [&] { return complete_upload(key_, id_, etags_); });
    if (answer) {
        auto etag = etag_of(answer->body);
        is_complete_ = etag.has_value();
        is_unsure_ = !is_complete_;
        return etag;
    }
    if (completion_.is_open()) return std::unexpected(answer.error());
    is_unsure_ = true;
    if (answer.error().kind == ErrorKind::unavailable) return std::unexpected(answer.error());
    // The upload may be gone because an attempt whose answer was lost has completed it.
    auto before = completed_before(bytes);
    if (!before) return std::unexpected(before.error());
    if (*before) return **before;
    if (++gone_ < most_gone) return fail(ErrorKind::unavailable, answer.error().message);
    return std::unexpected(answer.error());
}

/// Gives the ETag of the object when an attempt whose answer was lost has made it.
Result<std::optional<std::string>> Multipart::completed_before(uint64_t bytes) {
    auto facts = client_.facts(key_);
    if (!facts) return std::unexpected(facts.error());
    if (!*facts || (*facts)->bytes != bytes) return std::nullopt;
    const std::string expected = etag_of_parts(etags_);
    const bool is_same = (*facts)->is_opaque || expected.empty()
                             ? (*facts)->etag.ends_with("-" + std::to_string(etags_.size()))
                             : (*facts)->etag == expected;
    if (!is_same) return std::nullopt;
    is_complete_ = true;
    return (*facts)->etag;
}

}  // namespace headwater::s3
