// For keeping the verifications of the service where neither a crash nor a restart loses them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/database.h"
#include "service/stored_run.h"

namespace headwater {

enum class VerificationState { accepted, running, completed, stopped, failed };

std::string_view name_of(VerificationState state);
template <>
VerificationState state_called(std::string_view name);
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
    int64_t number = 0;  ///< in the order of acceptance, by the store
};

/// Any thread may use it. Failures are of the disk.
class VerificationStore {
  public:
    /// Makes the table where the database lacks it; the database outlives the store. Takes the rows of the file `earlier`,
    /// if there is one, in which they once were, and removes it.
    static Result<std::unique_ptr<VerificationStore>> open(Database& database, const std::string& earlier);
    ~VerificationStore();

    Result<void> add(const StoredVerification& one);
    /// Writes what changes of a verification, and its page.
    Result<void> update(const StoredVerification& one, const std::string& page);
    Result<std::optional<StoredVerification>> find(const std::string& id);
    Result<std::optional<std::string>> page(const std::string& id);
    /// Lists those of a run without their reports, the youngest first.
    Result<std::vector<StoredVerification>> of_run(const std::string& run);
    /// Lists those that are not over, the oldest first.
    Result<std::vector<StoredVerification>> unfinished();
    /// Forgets those of a run.
    Result<void> remove_of(const std::string& run);

  private:
    struct Rows;

    explicit VerificationStore(Database& database);
    Result<void> take_over(const std::string& earlier);
    Result<std::optional<std::string>> text_of(const std::string& id, const std::string& column);

    Database& database_;
    std::unique_ptr<Rows> rows_;
};

}  // namespace headwater
