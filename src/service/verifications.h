// For the verifications of the service: accepted, kept, executed some at a time, stopped, and begun anew after a restart.
#pragma once

#include <condition_variable>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "service/runs.h"
#include "service/verification_store.h"
#include "service/verifier.h"

namespace headwater {

/// Why a verification is not accepted.
struct VerificationRefusal {
    enum class Kind { mistake, full, closing, disk };
    Kind kind = Kind::mistake;
    std::string message;
};

/// Works on threads of its own. A verification changes nothing but the store, so one that the process before this one left
/// behind is begun anew.
class Verifications {
  public:
    static constexpr int most_running = 2;
    static constexpr size_t most_waiting = 64;

    /// Takes up what the database of the runs holds; works in `folder`. Runs and parts must outlive it.
    static Result<std::unique_ptr<Verifications>> open(const std::string& folder, Runs& runs,
                                                       const ServiceParts& parts);
    ~Verifications();

    /// Checks what is asked for of a run that is over, keeps it and lets it wait for its turn.
    std::expected<StoredVerification, VerificationRefusal> accept(const StoredRun& run, const VerifyWishes& wishes);
    Result<std::optional<StoredVerification>> find(const std::string& id);
    Result<std::optional<std::string>> page(const std::string& id);
    Result<std::vector<StoredVerification>> of_run(const std::string& run);
    /// Asks a verification to end. None when there is no such; of one that is over nothing changes.
    Result<std::optional<StoredVerification>> stop(const std::string& id);
    /// Ends and forgets the verifications of a run.
    void forget(const std::string& run);
    /// Ends what goes on; it is begun anew after the next start.
    void shut_down();
    bool is_idle() const;

  private:
    struct Live {
        StoredVerification row;
        StopToken stop;
        bool is_running = false;
        bool is_stop_asked = false;
        bool is_forgotten = false;
    };

    Verifications(std::string folder, Runs& runs, const ServiceParts& parts);
    void work();
    void execute(const std::shared_ptr<Live>& live);
    Result<VerifyOutcome> outcome_of(const StoredVerification& row, const StopToken& stop);
    Result<VerifySubject> subject_of(const StoredRun& run) const;
    bool keep(const StoredVerification& row, const std::string& page);
    bool wait_for_space(const Live& live);
    bool keep_end(const std::shared_ptr<Live>& live, const StoredVerification& row, const std::string& page);

    std::string folder_;
    Runs& runs_;
    const ServiceParts& parts_;
    std::unique_ptr<VerificationStore> store_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    std::map<std::string, std::shared_ptr<Live>> live_;
    std::deque<std::shared_ptr<Live>> waiting_;
    int running_ = 0;
    bool is_closing_ = false;
    std::vector<std::thread> threads_;
};

/// Spells what is asked for as JSON, with every field.
std::string spell_wishes(const VerifyWishes& wishes);
/// Reads what spell_wishes() made.
VerifyWishes read_wishes(const std::string& text);

}  // namespace headwater
