// For connections that nobody can read or alter on the way, and that show who is at both ends.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "sink/kafka/properties.h"

struct ssl_st;
struct ssl_ctx_st;

namespace headwater::kafka {

/// What all connections share: whom we trust, and who we are.
class TlsContext {
  public:
    /// Reads certificates and keys; one that cannot be used is invalid.
    static Result<std::unique_ptr<TlsContext>> make(const KafkaProperties& properties);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* handle() const { return handle_; }
    bool checks_host() const { return checks_host_; }

  private:
    TlsContext();
    Result<void> trust(const KafkaProperties& properties);
    Result<void> show(const KafkaProperties& properties);
    Result<void> show_store(const KafkaProperties& properties);
    Result<void> limit(const KafkaProperties& properties);

    ssl_ctx_st* handle_;
    bool checks_host_ = true;
};

/// One connection over a socket that does not block.
class TlsSession {
  public:
    enum class Step {
        done,
        wants_read,   ///< again, when the socket can be read
        wants_write,  ///< again, when it can be written
        closed,       ///< the other side has left
        failed,       ///< for a reason that waiting does not mend
    };
    TlsSession(const TlsContext& context, int socket, const std::string& host);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    Step shake_hands();
    Step write(const char* bytes, size_t size, size_t& written);
    Step read(char* bytes, size_t size, size_t& got);
    /// Says why the last step failed.
    const std::string& reason() const { return reason_; }

  private:
    Step step_after(int result);

    ssl_st* handle_;
    std::string reason_;
};

}  // namespace headwater::kafka
