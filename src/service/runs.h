// For the runs of the service: accepted, kept, executed side by side, stopped, and gone on with after a restart.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/components.h"
#include "engine/real_time.h"
#include "engine/run.h"
#include "engine/state_folder.h"
#include "pack/load.h"
#include "service/aftermath.h"
#include "service/at_the_root.h"
#include "service/egress.h"
#include "service/history.h"
#include "service/log.h"
#include "service/pack_store.h"
#include "service/store.h"
#include "service/stored_run.h"
#include "service/verifier.h"

namespace headwater {

/// What the program lends to the service. All of it outlives the service.
struct ServiceParts {
    std::string version;
    const Components& components;
    /// Settles the outputs of a plan, as for a run of the command line, and refuses those that no client may name.
    std::function<Result<void>(Plan& plan)> settle;
    std::vector<std::string> pack_folders;
    RealTime& time;
    ServiceLog& log;
    /// Makes what calls are made with.
    std::function<Result<std::unique_ptr<Caller>>(const AddressGuard& guard)> caller{};
    const Verifier* verifier = nullptr;
    Egress* egress = nullptr;  ///< where calls may go; none: there are no calls
};

struct RunsOptions {
    std::string folder;  ///< of the store and the state of each run
    int most_running = 16;
    int most_waiting = 64;
    uint64_t run_memory_bytes = UINT64_MAX;  ///< that one run may take; together they take four times that at most
    std::string webhook_secret{};
    int64_t kept_us = -1;           ///< from the end until a run is forgotten; -1: for ever
    int64_t most_kept = INT64_MAX;  ///< runs that are over; the oldest are forgotten
    bool hands_over = true;         ///< shut_down() ends no run: each goes on with the next start
};

/// What is to be run.
struct RunOrder {
    std::string scenario;  ///< YAML or JSON
    bool is_emulation = false;
    std::string key_field{};     ///< see StoredRun
    std::string request{};       ///< of an emulation, as JSON
    int64_t real_limit_us = -1;  ///< -1: none
    std::optional<uint64_t> seed{};
    std::string hook{};    ///< address that is told of the end; may be empty
    int64_t ttl_us = -1;   ///< from the end until what it made is removed; -1: it stays
    std::string key{};     ///< Idempotency-Key; may be empty
    std::string digest{};  ///< of what the key stands for
};

/// Why an order is not accepted.
struct OrderRefusal {
    enum class Kind { mistakes, target, full, reused_key, closing, disk, over };
    Kind kind = Kind::mistakes;
    std::string message;
    Diagnostics diagnostics;
};

/// Everything that counts over all runs since the start of the process.
struct RunTotals {
    std::map<LifeState, int64_t> by_state;  ///< of those that are not over
    int64_t ended[3] = {};                  ///< completed, stopped, failed
    int64_t on[2] = {};                     ///< faults and incidents that were switched on and are
    int64_t records = 0;
    uint64_t bytes = 0;
    int64_t dead_letters = 0;
    int64_t lag_us = 0;  ///< of the run that is furthest behind its due time
};

/// What is asked of a run that goes on.
struct Steering {
    std::optional<bool> is_paused;
    std::optional<double> rate;  ///< records per second; 0 = as fast as the targets take them
};

/// Says why a fault or an incident is not switched.
struct SwitchRefusal {
    enum class Kind { no_run, is_over, mistakes, does_not_fit, name_taken, unknown, disk };
    Kind kind = Kind::mistakes;
    std::string message;
    Diagnostics diagnostics;
};

class Runs {
  public:
    /// Opens the store; runs that the process before this one left behind are taken up again.
    static Result<std::unique_ptr<Runs>> open(const RunsOptions& options, const ServiceParts& parts);
    ~Runs();

    /// Checks the order as a whole, keeps it and lets it begin, or wait for its turn. Nothing is made for a refused one.
    std::expected<StoredRun, OrderRefusal> accept(RunOrder order);
    /// Asks a run to hold, to go on, or for another rate; one that waits for its turn will begin so. None when there is no
    /// such run; of one that is over nothing changes.
    Result<std::optional<StoredRun>> steer(const std::string& id, const Steering& steering);
    /// Asks for a fault or an incident from where a run is; it comes on once everything before it is durable. A run that
    /// waits for its turn begins with it.
    std::expected<StoredRun, SwitchRefusal> switch_on(const std::string& id, RunSwitch wanted);
    /// Asks for its end.
    std::expected<StoredRun, SwitchRefusal> switch_off(const std::string& id, RunSwitch::Kind kind,
                                                       const std::string& name);
    /// Asks for the removal of what a run made; of one that is not over nothing changes.
    Result<std::optional<StoredRun>> clean(const std::string& id);
    /// Loads the plan of a run again.
    Result<Plan> plan_of(const StoredRun& run) const;
    /// Reads an object of a run's answer key from its target; none when it is not there.
    Result<std::optional<std::string>> read_answer_key(const StoredRun& run, const std::string& name) const;
    /// Takes up a run that was stopped or has failed behind the last record that is durable; of one that is not over
    /// nothing changes.
    std::expected<StoredRun, OrderRefusal> go_on(const StoredRun& run);
    /// Gives the runs that are not over, in no order.
    std::vector<StoredRun> going() const;
    /// Asks a run to end; one that waits ends at once. None when there is no such run; of one that is over nothing changes.
    Result<std::optional<StoredRun>> stop(const std::string& id);
    Result<std::optional<StoredRun>> find(const std::string& id);
    Result<RunPage> list(int64_t before, int most, const RunFilter& filter);
    /// Forgets a run that is over, with its journal, dead letters and verifications; what it made stays.
    std::expected<void, OrderRefusal> forget(const std::string& id);
    /// Gives the manifest of a run that is over; none where it has none.
    Result<std::optional<std::string>> manifest(const std::string& id);
    RunTotals totals() const;
    /// Ends everything that runs, or leaves it to the next start, which takes up what waits and what waits for its target
    /// too.
    void shut_down();
    /// True when no run goes on. Joins the threads of those that ended.
    bool is_idle();
    /// Has somebody told of runs when what they made is removed; null: nobody.
    void when_removed(std::function<void(const std::string& id)> told);
    /// Gives the packs that clients gave.
    PackStore& packs() { return *packs_; }
    /// Gives where the runs are kept, for what belongs to them.
    Database& database() { return *database_; }
    /// Says whether the disk of the data folder has space.
    bool has_space() const;
    /// Says why runs could not be kept now, or nothing.
    std::string store_trouble() const;
    /// Looks, once a second, whether a store that failed takes rows again. Called often, by one thread.
    void look_at_store();
    /// Says whether one more run would be accepted.
    bool has_room() const;
    /// Says why a plan needs more memory than one run may take, or nothing.
    std::string excess_of(const Plan& plan) const;

  private:
    struct Live;

    Runs(RunsOptions options, const ServiceParts& parts);
    Result<void> take_up();
    std::shared_ptr<Live> live_run(const std::string& id) const;
    Result<Plan> plan_of(const StoredRun& run, std::optional<uint64_t> seed, const PackShelf& packs,
                         Diagnostics& diagnostics) const;
    std::optional<SwitchRefusal> check_switch(const StoredRun& run, const Plan& before, const RunSwitch& wanted) const;
    const Components& components_of(const StoredRun& run) const;
    Result<std::shared_ptr<const Plan>> current_plan(Live& live) const;
    Result<void> make(Live& live, std::optional<Checkpoint> last);
    bool settle_switches(Live& live, const std::optional<Checkpoint>& last) const;
    Result<void> settle_plan(Live& live, const std::optional<Checkpoint>& last);
    Result<RunSummary> run_leg(Live& live);
    std::optional<OrderRefusal> refusal_of_load() const;
    std::expected<void, OrderRefusal> enlist(const std::shared_ptr<Live>& live,
                                             const std::function<Result<void>(StoredRun& row)>& keep);
    std::string nothing_left_of(const StoredRun& run) const;
    std::unexpected<Error> put_back(const std::shared_ptr<Live>& live, const Error& why);
    bool forget_outdated();
    void begin(std::unique_lock<std::mutex>& lock);
    void execute(const std::shared_ptr<Live>& live);
    Result<RunSummary> run(Live& live);
    std::string folder_of(const std::string& id) const;
    void forget_state(const std::string& id) const;
    Result<CleanReport> remove(const StoredRun& run);
    Result<void> keep(const StoredRun& run, bool is_durable);
    bool is_out_of_space(const Error& error) const;
    bool wait_for_space(Live& live, const Error& why);
    bool keep_end(Live& live, const StoredRun& row);
    Result<void> settle(Live& live, const Plan& plan, const RunSummary& summary);
    void observe(Live& live, const Plan& plan, const Progress& progress);
    void note_progress(Live& live, const Plan& plan, const Progress& progress) const;
    void end(Live& live, const Result<RunSummary>& summary);
    void tell(const StoredRun& run);

    RunsOptions options_;
    const ServiceParts& parts_;
    const AtTheRoot at_the_root_;
    std::unique_ptr<Database> database_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<PackStore> packs_;
    std::unique_ptr<Aftermath> aftermath_;
    std::unique_ptr<History> history_;
    std::mutex over_mutex_;     ///< held while something is done to a run that is over
    std::mutex keys_mutex_;     ///< held while an order with a key is accepted: the same one may come twice at once
    mutable std::mutex mutex_;  ///< guards what follows
    std::map<std::string, std::shared_ptr<Live>> live_;
    std::deque<std::shared_ptr<Live>> waiting_;
    std::vector<std::thread> ended_;  ///< to be joined
    RunTotals totals_;
    int running_ = 0;
    int reserved_ = 0;          ///< places among those that wait, for orders that are being kept
    uint64_t taken_bytes_ = 0;  ///< of memory, by runs that go on
    StopToken closing_;
    std::atomic<bool> is_healthy_ = true;
    int64_t looked_us_ = 0;  ///< when the store was looked at last; of the thread that looks
    std::function<void(const std::string& id)> removed_;
};

/// Gives 32 random hex digits in the shape of a UUID, version 4.
std::string random_uuid();
/// Gives a random seed that JSON carries whole.
uint64_t random_seed();

}  // namespace headwater
