// For the first words on a connection: whether the broker speaks our versions, and who we are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sink/kafka/protocol.h"
#include "sink/kafka/scram.h"
#include "sink/kafka/write_settings.h"

namespace headwater {

/// Gives one request after the other and takes its answer, until is_done().
class KafkaGreeting {
  public:
    explicit KafkaGreeting(const WriteSettings& settings) : settings_(settings) {}
    /// Begins with the login, on a connection whose first one is nearly over (KIP-368).
    static std::unique_ptr<KafkaGreeting> again(const WriteSettings& settings);

    bool is_done() const { return step_ == Step::done; }
    KafkaApi api() const;
    /// Appends the body of the request that is due.
    void append_body(std::string& out);
    /// Takes its answer. What waiting does not mend is invalid; an answer that is not whole is unavailable.
    Result<void> take(std::string_view body);
    /// Tells how long the login counts; 0: for ever.
    int64_t lifetime_ms() const { return lifetime_ms_; }
    /// True when the broker knows transactions.
    bool has_transactions() const { return has_transactions_; }

  private:
    enum class Step { versions, handshake, login, proof, done };
    Result<void> take_versions(std::string_view body);
    Result<void> take_handshake(std::string_view body);
    Result<void> take_login(std::string_view body);

    const WriteSettings& settings_;
    Step step_ = Step::versions;
    std::unique_ptr<ScramLogin> scram_;
    std::string refusal_;  ///< of a token, as the broker puts it
    std::string message_;  ///< the next one of the login
    int64_t lifetime_ms_ = 0;
    bool has_transactions_ = false;
};

}  // namespace headwater
