// For TLS between a client and the service, as bytes in and bytes out; the network is another's business.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace headwater {

/// One connection under TLS, seen from the server. One thread uses it.
class TlsSession {
  public:
    explicit TlsSession(ssl_ctx_st* context);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Takes bytes of the client and appends what they say to `plain`; false when they are no TLS, or none of ours.
    bool take(std::string_view sealed, std::string& plain);
    /// Seals bytes for the client. Only behind the handshake, which is over when the client has said something.
    bool seal(std::string_view plain);
    /// Says that nothing more will be sealed.
    void close();
    /// Gives, once, the bytes that are to be sent to the client.
    std::string outgoing();
    /// True when the client has said that it sends no more.
    bool is_ended() const;

  private:
    ssl_st* session_;
};

/// What the service shows its clients: a certificate with its chain, and the key to it. TLS 1.2 and 1.3.
class TlsIdentity {
  public:
    /// Reads both files (PEM); a mistake names the file.
    static Result<std::unique_ptr<TlsIdentity>> open(const std::string& certificate, const std::string& key);
    ~TlsIdentity();
    TlsIdentity(const TlsIdentity&) = delete;
    TlsIdentity& operator=(const TlsIdentity&) = delete;

    std::unique_ptr<TlsSession> accept() const { return std::make_unique<TlsSession>(context_); }

  private:
    explicit TlsIdentity(ssl_ctx_st* context) : context_(context) {}

    ssl_ctx_st* context_;
};

}  // namespace headwater
