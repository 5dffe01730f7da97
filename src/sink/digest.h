// For naming bytes by their SHA-256 (FIPS 180-4).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace headwater {

/// Computes the SHA-256 of bytes that come in pieces.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    /// Adds bytes.
    void update(std::string_view bytes);
    /// Ends the digest and gives it as 64 lower-case hex digits. Nothing may be added afterwards.
    std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Gives the SHA-256 of `bytes` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace headwater
