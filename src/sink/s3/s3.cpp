// For objects in a bucket: opening it, starting objects, and clearing up after a run that was cut off.
#include "sink/s3/s3.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sink/object_path.h"
#include "sink/s3/client.h"
#include "sink/s3/writer.h"

namespace headwater::s3 {
namespace {

constexpr size_t longest_key_bytes = 1024;

class S3Sink final : public ObjectSink {
  public:
    S3Sink(S3Options options, S3Settings settings, const Clock& clock)
        : options_(std::move(options)), client_(std::move(settings), options_.bucket, clock) {}

    Result<void> open() override {
        auto made = client_.open_bucket(options_.gives_up);
        if (!made) return std::unexpected(made.error());
        is_made_ = is_made_ || *made;
        return {};
    }

    Result<std::unique_ptr<ObjectWriter>> create(const std::string& hint) override {
        if (auto named = check_object_name(hint); !named) return std::unexpected(named.error());
        if (s3_key_of(options_, hidden_path(hint)).size() > longest_key_bytes)
            return fail(ErrorKind::invalid, "Key is longer than 1024 bytes: " + s3_key_of(options_, hint));
        return make_s3_writer(client_, options_, hint);
    }

    Result<void> flush() override { return {}; }  // what is finished is durable

    Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) override {
        const auto is_ours = [&](const std::string& name) {
            return name.starts_with(prefix) && name.ends_with(ending);
        };
        if (auto aborted = abort_uploads(prefix, is_ours); !aborted) return std::unexpected(aborted.error());
        // A hidden key has a dot in front of its base: it begins as the prefix does up to its last folder only.
        auto keys = client_.keys(s3_key_of(options_, folder_of(prefix)));
        if (!keys) return std::unexpected(keys.error());
        std::vector<std::string> names;
        for (const std::string& key : *keys) {
            const std::string name = key.substr(s3_key_of(options_, "").size());
            const std::string hint = hint_of_hidden(name);
            if (!is_ours(hint.empty() ? name : hint)) continue;
            if (hint.empty())
                names.push_back(name);
            else if (auto removed = client_.remove(key); !removed)
                return std::unexpected(removed.error());
        }
        return names;
    }

    Result<void> remove(const std::string& name) override {
        if (auto named = check_object_name(name); !named) return named;
        return client_.remove(s3_key_of(options_, name));
    }

    Result<std::optional<std::string>> read(const std::string& name) override {
        if (auto named = check_object_name(name); !named) return std::unexpected(named.error());
        return client_.read(s3_key_of(options_, name));
    }

    std::vector<MadeThing> take_made() override {
        if (!std::exchange(is_made_, false)) return {};
        return {{"bucket", options_.bucket}};
    }

    Result<std::string> unmake(const MadeThing&) override { return client_.remove_bucket(); }

  private:
    static std::string folder_of(const std::string& prefix) {
        const size_t slash = prefix.rfind('/');
        return slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
    }

    /// Gives up the uploads of hidden objects, and of large copies to their names. MinIO lists uploads by a whole key or not
    /// at all, but all of them without one; AWS would list those of everybody then.
    template <typename IsOurs>
    Result<void> abort_uploads(const std::string& prefix, IsOurs is_ours) {
        const std::string front = s3_key_of(options_, "");
        const bool is_aws = client_.settings().endpoint.is_aws;
        auto uploads = client_.uploads(is_aws ? s3_key_of(options_, folder_of(prefix)) : "");
        if (!uploads) return std::unexpected(uploads.error());
        for (const PendingUpload& upload : *uploads) {
            if (!upload.key.starts_with(front)) continue;
            const std::string name = upload.key.substr(front.size());
            const std::string hint = hint_of_hidden(name);
            if (!is_ours(hint.empty() ? name : hint)) continue;
            if (auto aborted = client_.abort(upload); !aborted) return aborted;
        }
        return {};
    }

    S3Options options_;
    S3Client client_;
    bool is_made_ = false;  ///< by open(), and not told yet
};

}  // namespace

Result<std::unique_ptr<ObjectSink>> make_s3_sink(const S3Options& options, const Environment& environment,
                                                 const Clock& clock) {
    auto settings = settle_s3(options, environment);
    if (!settings) return std::unexpected(settings.error());
    return std::make_unique<S3Sink>(options, std::move(*settings), clock);
}

}  // namespace headwater::s3
