// For calling web addresses by the client that S3 is spoken with.
#include "sink/caller.h"

#include <chrono>

#include "sink/s3/caller.h"
#include "sink/s3/http.h"

namespace headwater::s3 {

namespace {

class HttpCaller final : public Caller {
  public:
    explicit HttpCaller(AddressGuard guard)
        : http_({.longest_answer_bytes = 64 << 10, .guard = std::move(guard), .uses_proxies = false}) {}

    Result<int> post(const Call& call) override {
        auto transfer = http_.start({.method = "POST",
                                     .url = call.url,
                                     .headers = call.headers,
                                     .body = std::make_shared<std::string>(call.body)});
        std::optional<Result<HttpAnswer>> answer;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(call.patience_ms);
        while (!answer && std::chrono::steady_clock::now() < deadline && !(call.gives_up && call.gives_up()))
            answer = transfer.take(std::chrono::milliseconds(100));
        if (!answer) return fail(ErrorKind::unavailable, "No answer in time: " + call.url);
        if (!*answer) return std::unexpected(answer->error());
        return static_cast<int>((*answer)->status);
    }

  private:
    Http http_;
};

}  // namespace

std::unique_ptr<Caller> make_caller(AddressGuard guard) { return std::make_unique<HttpCaller>(std::move(guard)); }

}  // namespace headwater::s3
