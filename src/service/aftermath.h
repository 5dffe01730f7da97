// For what is left to be done for runs behind their end: telling somebody, and removing what they made.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
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

/// Works on two threads of its own, one that calls and one that removes. Calls go on beside each other, so that nobody who does
/// not answer keeps another from being told. What is not done when the process ends is done after the next start.
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
    /// A call under way.
    struct Open {
        int end = 0;                       ///< of the run that it tells of: how often the run had been taken up again
        std::string receiver;              ///< address without its query
        std::string place;                 ///< scheme, host and port of it
        std::unique_ptr<Calling> calling;  ///< null: nobody can be called
    };

    void tell_all();
    bool begin_calls();
    void begin_call(const StoredRun& run, Open open);
    void take_answers();
    void note(const std::string& id, int end, const Result<int>& answer);
    void remove_all();
    void remove(StoredRun run);
    void keep(const std::string& id, const std::function<void(StoredRun& run)>& change);
    bool save(const std::string& id);
    void save_again();

    AftermathParts parts_;
    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    std::map<std::string, StoredRun> runs_;  ///< unsettled
    std::set<std::string> unsaved_;          ///< ids of those that the store could not take
    std::string removing_;                   ///< id of the run whose objects are being removed
    bool is_over_ = false;
    std::shared_ptr<Caller> caller_;    ///< of the thread that calls, as what follows
    std::map<std::string, Open> open_;  ///< by run; gone before the caller
    std::thread caller_thread_, remover_thread_;
};

}  // namespace headwater
