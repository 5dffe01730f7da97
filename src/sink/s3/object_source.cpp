// For reading the objects of a bucket.
#include "sink/s3/object_source.h"

#include <algorithm>
#include <utility>

#include "sink/s3/client.h"
#include "sink/s3/writer.h"

namespace headwater::s3 {
namespace {

/// Bytes of one request, whose answer is held as a whole.
constexpr size_t request_bytes = 8 << 20;
constexpr int attempts = 5;

bool is_passed_over(const std::string& name) {
    for (size_t at = 0; at < name.size();
         at = name.find('/', at) == std::string::npos ? name.size() : name.find('/', at) + 1)
        if (name[at] == '.' || name[at] == '_') return true;
    return name.empty() || name.ends_with('/');
}

/// Whoever reads makes no bucket.
S3Settings to_read(S3Settings settings) {
    settings.create_bucket = false;
    return settings;
}

class S3Source final : public ObjectSource {
  public:
    S3Source(S3Options options, S3Settings settings, const Clock& clock)
        : options_(std::move(options)), client_(to_read(std::move(settings)), options_.bucket, clock) {}

    Result<std::vector<StoredObject>> list() override {
        if (auto opened = client_.open_bucket({}); !opened) return std::unexpected(opened.error());
        const std::string front = s3_key_of(options_, "");
        auto keys = client_.keys(front);
        if (!keys) return std::unexpected(keys.error());
        std::vector<StoredObject> found;
        for (const std::string& key : *keys) {
            const std::string name = key.substr(front.size());
            if (is_passed_over(name)) continue;
            auto facts = client_.facts(key);
            if (!facts) return std::unexpected(facts.error());
            if (*facts) found.push_back({name, (*facts)->bytes});
        }
        std::ranges::sort(found, {}, &StoredObject::name);
        return found;
    }

    Result<void> read(const StoredObject& object, uint64_t at, size_t most, std::string& out) override {
        // Readers ask for less than a request is worth: what it brought is kept for the next one.
        while (most > 0 && at < object.bytes) {
            const bool is_kept = kept_name_ == object.name && at >= kept_at_ && at < kept_at_ + kept_.size();
            if (!is_kept)
                if (auto fetched = fetch(object, at, std::max(most, request_bytes)); !fetched) return fetched;
            const size_t from = at - kept_at_;
            const size_t size = std::min(most, kept_.size() - from);
            if (size == 0) return {};
            out.append(kept_, from, size);
            at += size;
            most -= size;
        }
        return {};
    }

    std::string address(const std::string& name) const override { return client_.address(s3_key_of(options_, name)); }

  private:
    Result<void> fetch(const StoredObject& object, uint64_t at, size_t bytes) {
        const uint64_t end = std::min<uint64_t>(object.bytes, at + std::min(bytes, request_bytes));
        S3Request request{.key = s3_key_of(options_, object.name)};
        request.headers.emplace_back("range", "bytes=" + std::to_string(at) + "-" + std::to_string(end - 1));
        for (int attempt = 1;; ++attempt) {
            auto answer = client_.ask(request);
            if (answer) {
                kept_name_ = object.name;
                kept_at_ = at;
                kept_ = std::move(answer->body);
                return {};
            }
            if (answer.error().kind != ErrorKind::unavailable || attempt == attempts)
                return std::unexpected(answer.error());
        }
    }

    S3Options options_;
    S3Client client_;
    std::string kept_name_;
    uint64_t kept_at_ = 0;
    std::string kept_;
};

}  // namespace

Result<std::unique_ptr<ObjectSource>> make_s3_source(const S3Options& options, const Environment& environment,
                                                     const Clock& clock) {
    auto settings = settle_s3(options, environment);
    if (!settings) return std::unexpected(settings.error());
    return std::make_unique<S3Source>(options, std::move(*settings), clock);
}

}  // namespace headwater::s3
