// For a token that is always one that counts: fetched from a token endpoint or by a command, and again before it ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "sink/kafka/bearer.h"
#include "sink/kafka/properties.h"

namespace headwater {

/// Fetches on a thread of its own, which begins when somebody first asks. Any thread may use it.
class KafkaTokens {
  public:
    /// Gives what the properties ask for; none where logins are not by token.
    static std::shared_ptr<KafkaTokens> make(const KafkaProperties& properties);
    explicit KafkaTokens(const KafkaProperties& properties);
    ~KafkaTokens();
    KafkaTokens(const KafkaTokens&) = delete;
    KafkaTokens& operator=(const KafkaTokens&) = delete;

    /// Gives a token, and for how long it counts from now; waits up to ten seconds where there is none. A client or
    /// secret that is refused is invalid.
    Result<BearerToken> take();
    /// Gives what goes with the token.
    const std::map<std::string, std::string>& extensions() const { return extensions_; }

  private:
    void run();
    Result<BearerToken> fetch() const;
    Result<BearerToken> fetch_from_endpoint() const;
    bool has_token(int64_t now_ms) const { return now_ms < ends_ms_; }

    std::string command_, endpoint_, client_, secret_, scope_, authority_file_;
    std::map<std::string, std::string> extensions_;
    std::atomic<bool> is_ending_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string token_;
    int64_t ends_ms_ = 0;  ///< by the steady clock; so are all here
    int64_t due_ms_ = 0;   ///< when the next one is fetched
    std::optional<Error> trouble_;
    std::thread thread_;
};

}  // namespace headwater
