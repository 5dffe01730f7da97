// For what is left to be done for runs behind their end: telling somebody, and removing what they made.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "engine/clean.h"
#include "service/log.h"
#include "service/store.h"
#include "service/stored_run.h"
#include "sink/caller.h"

namespace headwater {

/// What it works with. All of it outlives it.
struct AftermathParts {
    Store& store;
    const Clock& clock;
    ServiceLog& log;
    std::string secret;                                               ///< that calls are signed with
    std::function<Result<std::shared_ptr<Caller>>()> caller;          ///< made when there is somebody to call
    std::function<Result<CleanReport>(const StoredRun& run)> remove;  ///< removes what a run made
};

/// Works on two threads of its own, so that somebody who does not answer keeps nothing from being removed. What is not
/// done when the process ends is done after the next start.
class Aftermath {
  public:
    explicit Aftermath(AftermathParts parts);
    ~Aftermath();

    /// Takes up what the processes before this one left to be done.
    Result<void> begin();
    /// Takes a run that has just ended, if there is anything to be done for it.
    void take(const StoredRun& run);
    /// Forgets a run that is to change; false while what it made is being removed, or that is asked for.
    bool let_go(const std::string& id);
    /// Asks for the removal of what a run made that is over; once it is done, nothing changes.
    Result<StoredRun> ask_to_remove(const StoredRun& run);

  private:
    /// What is due for a run: its instant, or none.
    using Due = std::optional<int64_t> (*)(const StoredRun& run);
    using Work = void (Aftermath::*)(StoredRun run);

    static std::optional<int64_t> call_due(const StoredRun& run);
    static std::optional<int64_t> removal_due(const StoredRun& run);
    void work(Due due, Work work);
    void call(StoredRun run);
    void remove(StoredRun run);
    void keep(const std::string& id, const std::function<void(StoredRun& run)>& change);

    AftermathParts parts_;
    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    std::map<std::string, StoredRun> runs_;  ///< unsettled
    std::string removing_;                   ///< id of the run whose objects are being removed
    std::atomic<bool> is_over_ = false;      ///< set under the mutex
    std::shared_ptr<Caller> caller_;         ///< of the thread that calls
    std::thread caller_thread_, remover_thread_;
};

}  // namespace headwater
