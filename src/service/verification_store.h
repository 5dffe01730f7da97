// For keeping the verifications of the service where neither a crash nor a restart loses them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headwater {

enum class VerificationState { accepted, running, completed, stopped, failed };

std::string_view name_of(VerificationState state);
/// True when nothing more will happen to a verification.
constexpr bool is_over(VerificationState state) {
    return state != VerificationState::accepted && state != VerificationState::running;
}

/// A copy that is, or was, compared with what a run sent.
struct StoredVerification {
    std::string id;
    std::string run;
    std::string request;  ///< what was asked for, as JSON
    VerificationState state = VerificationState::accepted;
    std::string reason;  ///< why it failed or was stopped
    bool is_clean = false;
    int64_t created = 0;  ///< instants, microseconds; 0 = not yet
    int64_t started = 0;
    int64_t ended = 0;
    std::string report;  ///< JSON; empty unless completed
};

/// A database in one file (SQLite, write-ahead log). Any thread may use it. Failures are of the disk.
class VerificationStore {
  public:
    /// Opens the file, makes it when it is missing, and takes it for this process alone.
    static Result<std::unique_ptr<VerificationStore>> open(const std::string& path);
    virtual ~VerificationStore() = default;

    virtual Result<void> add(const StoredVerification& one) = 0;
    /// Writes what changes of a verification, and its page.
    virtual Result<void> update(const StoredVerification& one, const std::string& page) = 0;
    virtual Result<std::optional<StoredVerification>> find(const std::string& id) = 0;
    virtual Result<std::optional<std::string>> page(const std::string& id) = 0;
    /// Lists those of a run without their reports, the youngest first.
    virtual Result<std::vector<StoredVerification>> of_run(const std::string& run) = 0;
    /// Lists those that are not over, the oldest first.
    virtual Result<std::vector<StoredVerification>> unfinished() = 0;
    /// Forgets those of a run.
    virtual Result<void> remove_of(const std::string& run) = 0;
};

}  // namespace headwater
