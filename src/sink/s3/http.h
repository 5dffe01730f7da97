// For HTTP requests that run beside each other: one thread carries them all, and any of them can be given up.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/caller.h"

namespace headwater::s3 {

/// One request. The body is shared, as it must last until the request has ended.
struct HttpRequest {
    std::string method;
    std::string url;                   ///< http or https, encoded
    std::vector<std::string> headers;  ///< name: value
    std::shared_ptr<const std::string> body;
    int stall_s = 20;  ///< the request fails when nothing moves for that long
};

/// What came back.
struct HttpAnswer {
    long status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    /// Gives a header, or nothing when it is not there.
    std::string header(const std::string& name) const;
};

/// Settings of all requests.
struct HttpSettings {
    std::string ca_file;  ///< certificates to trust instead of the system's
    int connect_s = 5;
    size_t longest_answer_bytes = 16 << 20;
    AddressGuard guard{};      ///< where there is one, every connection is asked for
    bool uses_proxies = true;  ///< of the environment
};

/// Carries requests on a thread of its own. Follows no redirects, speaks nothing but http and https. Any thread may use it.
class Http {
  public:
    explicit Http(HttpSettings settings);
    ~Http();  ///< gives up what still runs
    Http(const Http&) = delete;
    Http& operator=(const Http&) = delete;

    /// A request under way; given up when it is destroyed before its answer is there. Must not outlive its Http.
    class Transfer {
      public:
        Transfer(Transfer&&) noexcept;
        Transfer& operator=(Transfer&&) noexcept;
        ~Transfer();
        /// Gives the answer, whatever its status, once; none when `patience` ended before. What the network did is
        /// `unavailable`; a certificate that is not trusted and an address that cannot be are `invalid`.
        std::optional<Result<HttpAnswer>> take(std::chrono::milliseconds patience);

      private:
        friend class Http;
        struct State;
        Transfer(Http& http, std::shared_ptr<State> state);
        Http* http_;
        std::shared_ptr<State> state_;
    };

    /// Starts a request.
    Transfer start(HttpRequest request);
    /// Counts the requests that have ended.
    uint64_t ended() const;
    /// Returns when more than `seen` requests have ended, or after `patience`.
    void wait_beyond(uint64_t seen, std::chrono::milliseconds patience) const;

  private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace headwater::s3
