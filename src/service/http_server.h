// For serving HTTP/1.1: connections, limits and deadlines; what is answered is another's business.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "service/http_message.h"
#include "service/tls.h"

namespace headwater {

/// What a request may send after its head; or why it may not.
struct Admission {
    std::optional<HttpResponse> refusal;
    uint64_t longest_body_bytes = 0;
    bool is_quick = true;  ///< answered by the thread that reads all connections; else by another
};

/// Answers requests. `admit`, and `answer` of quick requests, are called by one thread; `answer` of the others by several.
class HttpHandler {
  public:
    virtual ~HttpHandler() = default;
    /// Decides on a head, before its body is read, and notes what answers it.
    virtual Admission admit(HttpRequest& request) = 0;
    virtual HttpResponse answer(const HttpRequest& request) = 0;
    /// Makes the answer to what could not be read.
    virtual HttpResponse refuse(int status, const std::string& reason) = 0;
    /// Takes note of what went wrong with a connection, which ends with it; the others go on.
    virtual void failed(const std::string& reason) = 0;
    /// Takes note of an answer that was sent.
    virtual void answered(const HttpRequest& request, const HttpResponse& response, int64_t micros) = 0;
};

struct HttpServerOptions {
    std::string host = "127.0.0.1";  ///< an address, or localhost
    uint16_t port = 8000;            ///< 0: any that is free
    size_t most_connections = 1024;
    int64_t head_ms = 10'000;          ///< to complete a head, from its first byte
    int64_t body_ms = 30'000;          ///< to complete a body, and to take an answer
    int64_t idle_ms = 60'000;          ///< between requests
    int most_requests = 10'000;        ///< of one connection
    int slow_threads = 4;              ///< for requests that are not quick
    int64_t body_grace_ms = 5'000;     ///< a body may begin slowly; then it must come at its least rate
    int64_t slowest_body = 1 << 10;    ///< bytes per second
    size_t address_connections = 0;    ///< of one client address; 0: as many as there are
    double address_rate = 0;           ///< requests per second of one client address; 0: as many as it likes
    const TlsIdentity* tls = nullptr;  ///< outlives the server; none: plain text
};

/// A server of HTTP. When it holds as many connections as it may, of one client or of all, the one that waits longest for
/// bytes of a request gives way; when none waits, the new one is turned away.
class HttpServer {
  public:
    /// Binds the address; one that is taken or not ours is `unavailable`. The handler must outlive the server.
    static Result<std::unique_ptr<HttpServer>> open(const HttpServerOptions& options, HttpHandler& handler);
    virtual ~HttpServer() = default;

    /// Gives the port that is listened on.
    virtual uint16_t port() const = 0;
    /// Serves until `tick`, called about 20 times a second, says so.
    virtual void serve(const std::function<bool()>& tick) = 0;
    /// Takes no more connections; those there are go on. To be called by `tick`.
    virtual void stop_accepting() = 0;
};

}  // namespace headwater
