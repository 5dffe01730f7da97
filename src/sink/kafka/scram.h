// For showing that one knows a password without saying it: SCRAM (RFC 5802, 7677) as a client.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater {

/// One login by SCRAM-SHA-256 or SCRAM-SHA-512.
class ScramLogin {
  public:
    struct Identity {
        std::string user;
        std::string password;
    };
    /// `nonce` is fresh for every login, printable and without commas.
    ScramLogin(bool is_sha512, Identity identity, std::string nonce);

    /// Gives the first message.
    std::string begin() const;
    /// Answers the server's first message.
    Result<std::string> prove(std::string_view challenge);
    /// Checks the server's last message: that it knows the password too.
    Result<void> check(std::string_view last) const;

  private:
    std::string hmac(std::string_view key, std::string_view text) const;
    std::string digest(std::string_view text) const;
    std::string first_without_binding() const;

    bool is_sha512_;
    Identity identity_;
    std::string nonce_;
    std::string server_signature_;
};

/// Gives a nonce that was never used.
std::string fresh_nonce();

}  // namespace headwater
