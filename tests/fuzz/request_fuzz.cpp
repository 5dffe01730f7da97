// For requests that may be any bytes, head and body, all the way to their route: each gets a whole answer, and none is 500.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/temporary_folder.h"
#include "service/http_body.h"
#include "service/service.h"

namespace {

using namespace headwater;

/// Makes nothing: whatever a request asks for ends where a target would be made.
class NoComponents final : public Components {
  public:
    Result<std::unique_ptr<Format>> format(const OutputPlan&) const override {
        return fail(ErrorKind::invalid, "No formats here");
    }
    Result<Target> target(const OutputPlan&, const Format&, const TargetUse&) const override {
        return fail(ErrorKind::invalid, "No targets here");
    }
};

class NoLog final : public ServiceLog {
  public:
    void say(Level, std::string_view, const Fields&) override {}
};

/// A service with everything but the network and targets.
struct Served {
    TemporaryFolder folder;
    ServiceSettings settings =
        *settle_settings({{"HEADWATER_DATA", folder.path()}}, [](const char*) { return std::nullopt; }, {});
    NoComponents components;
    SystemTime time;
    NoLog log;
    ServiceParts parts{.version = "0",
                       .components = components,
                       .settle = [](Plan&) -> Result<void> { return fail(ErrorKind::invalid, "No targets here"); },
                       .pack_folders = {},
                       .time = time,
                       .log = log};
    std::unique_ptr<Runs> runs = std::move(*Runs::open({settings.data, 1, 1}, parts));
    std::unique_ptr<Verifications> verifications = std::move(*Verifications::open(settings.data, *runs, parts));
    std::unique_ptr<HttpHandler> handler = make_service(settings, parts, *runs, *verifications);
};

constexpr std::string_view heads[] = {
    "POST /v1/lint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n",
    "POST /v1/lint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n\r\n",
    "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n",
    "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nIdempotency-Key: k\r\n\r\n",
    "POST /emulator HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n",
};

/// A first byte below that many stands for a head that is right, so that chance gets as far as the body.
std::string whole(std::string_view bytes) {
    const size_t index = bytes.empty() ? std::size(heads) : static_cast<unsigned char>(bytes[0]);
    if (index >= std::size(heads)) return std::string(bytes);
    return std::string(heads[index]) + std::string(bytes.substr(1));
}

void check(const HttpResponse& response) {
    const bool is_known = response.status >= 200 && response.status < 600 && phrase_of(response.status) != "Unknown";
    if (!is_known || response.status == 500) std::abort();
    if (response.content_type.ends_with("json") && !nlohmann::json::accept(response.body)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Served served;
    const std::string bytes = whole({reinterpret_cast<const char*>(data), size});
    const size_t end = bytes.find("\r\n\r\n");
    const size_t head_bytes = end == std::string::npos ? bytes.size() : end + 4;
    auto head = read_head(std::string_view(bytes).substr(0, head_bytes));
    if (!head) {
        check(served.handler->refuse(head.error().status, head.error().reason));
        return 0;
    }
    HttpRequest request{std::move(*head)};
    const Admission admission = served.handler->admit(request);
    if (admission.refusal) {
        check(*admission.refusal);
        return 0;
    }
    HttpBody body(request, admission.longest_body_bytes);
    const auto taken = body.take(std::string_view(bytes).substr(head_bytes));
    if (!taken) {
        check(served.handler->refuse(taken.error().status, taken.error().reason));
        return 0;
    }
    request.body = body.release();
    const HttpResponse response = served.handler->answer(request);
    check(response);
    served.handler->answered(request, response, 1);
    return 0;
}
