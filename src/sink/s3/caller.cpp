// For calling web addresses by the client that S3 is spoken with.
#include "sink/caller.h"

#include <atomic>
#include <chrono>

#include "sink/s3/caller.h"
#include "sink/s3/http.h"

namespace headwater::s3 {

namespace {

class HttpCalling final : public Calling {
  public:
    HttpCalling(Http::Transfer transfer, const Call& call)
        : transfer_(std::move(transfer)),
          url_(call.url),
          deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(call.patience_ms)) {}

    std::optional<Result<int>> answer() override {
        const bool is_late = std::chrono::steady_clock::now() >= deadline_;
        const auto answer = transfer_.take(std::chrono::milliseconds(0));
        if (!answer && is_late) return fail(ErrorKind::unavailable, "No answer in time: " + url_);
        if (!answer) return std::nullopt;
        if (!*answer) return std::unexpected(answer->error());
        return static_cast<int>((*answer)->status);
    }

  private:
    Http::Transfer transfer_;
    std::string url_;
    std::chrono::steady_clock::time_point deadline_;
};

class HttpCaller final : public Caller {
  public:
    explicit HttpCaller(AddressGuard guard)
        : http_({.longest_answer_bytes = 64 << 10, .guard = std::move(guard), .uses_proxies = false}) {}

    std::unique_ptr<Calling> begin(const Call& call) override {
        auto transfer = http_.start({.method = "POST",
                                     .url = call.url,
                                     .headers = call.headers,
                                     .body = std::make_shared<std::string>(call.body)});
        return std::make_unique<HttpCalling>(std::move(transfer), call);
    }

    void wait(std::chrono::milliseconds patience) override {
        http_.wait_beyond(seen_, patience);
        seen_ = http_.ended();
    }

  private:
    Http http_;
    std::atomic<uint64_t> seen_ = 0;  ///< how many requests had ended at the last wait
};

}  // namespace

std::unique_ptr<Caller> make_caller(AddressGuard guard) { return std::make_unique<HttpCaller>(std::move(guard)); }

}  // namespace headwater::s3
