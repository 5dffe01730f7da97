// For executing a plan: windows of simulated time are paced, made on all cores, and delivered in order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/checkpoint.h"
#include "engine/clean.h"
#include "engine/components.h"
#include "engine/control.h"
#include "engine/journal.h"
#include "engine/kept_states.h"
#include "engine/manifest.h"
#include "engine/other_run.h"
#include "engine/outages.h"
#include "engine/pacer.h"
#include "engine/progress.h"
#include "engine/real_time.h"
#include "engine/silence.h"
#include "engine/stop.h"
#include "engine/wiring.h"
#include "engine/workers.h"
#include "pack/plan.h"

namespace headwater {

struct RunSummary;

/// Settings of one run. None of them changes a byte of a record but `run`, and that only where identity is asked for.
struct RunOptions {
    std::string version;  ///< of the program, for the manifest
    std::string run;      ///< id; empty: run_id_of the plan
    int threads = 0;      ///< 0: as many as there are cores
    int part = 0;
    int parts = 1;
    std::optional<int64_t> real_limit_us;  ///< see PaceOptions
    int64_t window_records = 1 << 18;
    int64_t tick_us = 20'000;
    size_t in_flight_bytes = 32 << 20;
    int64_t stop_limit_us = 10'000'000;  ///< a stop delivers what is made within this real time, or gives it up
    std::string dead_letters = "headwater-dead-letters.jsonl";
    std::optional<Checkpoint> resume;   ///< where a run of the same plan was cut off
    int64_t checkpoint_us = 1'000'000;  ///< real time between checkpoints
    int64_t state_pause = 100;  ///< between states of entities that live: so many times as long as one takes to keep
    std::function<void(std::string_view point)> pass;  ///< called where a test may want the process to die
    std::function<std::string(std::optional<int64_t> reached)> command;  ///< spells what makes the same again
    std::function<void(const Progress&)> observe;                        ///< called about ten times a second
    /// Called when everything is delivered and before the journal tells so; what it needs to be kept is kept then.
    std::function<Result<void>(const RunSummary&)> settle{};
    std::function<void(const std::string& notice)> tell{};  ///< hears what a user should know while the run goes on
    const RunControl* control = nullptr;                    ///< where somebody may hold the run or change its rate
    /// Keeps what a target lacked and the run made, so that it can be removed again.
    std::function<Result<void>(const NotedThing&)> note{};
    Outages* outages = nullptr;  ///< hears of targets that are waited for
    bool waits_to_open = false;  ///< for targets that are away at the start, for ever
};

/// What a run made.
struct RunSummary {
    RunState state = RunState::completed;
    bool is_handed_over = false;  ///< it is not over: see RunControl::hand_over; `reached` says where
    std::string run;
    std::string command;
    std::optional<int64_t> reached;      ///< simulated instant at which it was cut off
    std::vector<StreamOutcome> streams;  ///< objects of all targets
    std::vector<ObjectEntry> answer_key;
    std::vector<std::string> manifests;  ///< root/name
    bool is_beside_others = false;       ///< records of other runs lie among its own
    std::vector<RunChange> changes;      ///< of the rate, and pauses
    std::vector<Alive> alive;            ///< at the end, by kind and phase
    std::string limited_by;              ///< what it waited for most: pause, rate, sink <name>; else cpu
    Progress progress;                   ///< at the end
    WorkReport work;
    uint64_t dead_letters = 0;
    std::string dead_letters_path;
};

/// One execution of a plan. Used once.
class Run {
  public:
    /// Connects everything; refuses what cannot be run, as invalid. All references must outlive the run.
    static Result<std::unique_ptr<Run>> make(const Plan& plan, RunOptions options, const Components& components,
                                             RealTime& time, const StopToken& stop);
    /// Runs until every stream has ended, time is up, or a stop is asked for; then finishes all objects and the manifests.
    /// Keeps its checkpoints in `journal`, if there is one, which it begins.
    Result<RunSummary> execute(Journal* journal = nullptr);
    /// True once every target was opened: what fails before that was wrong from the start.
    bool has_opened() const { return has_opened_; }
    /// Estimates how many records befall in a second of simulated time; 0 where nothing can be said.
    double usual_rate() const;
    /// Gives what the manifest of all targets would say.
    ManifestContent content_for(const RunSummary& summary) const;

  private:
    Run(const Plan& plan, RunOptions options, const Components& components, RealTime& time, const StopToken& stop);
    Result<void> open_lanes();
    std::optional<PartOfRun> own_part() const;
    Result<void> meet_other_runs();
    Result<void> meet_other_run(ObjectSink& sink, const LaneUse& use, const PartOfRun& own);
    Result<void> meet_later_run(ObjectSink& sink, const LaneUse& use);
    void tell(const std::string& notice) const;
    Result<Target> target_of(const LaneUse& use) const;
    Result<std::unique_ptr<ObjectSink>> sink_of(const LaneUse& use);
    std::vector<const LaneUse*> uses_by_root() const;
    Result<void> repeat_windows(Workers& workers);
    Result<void> make_window(const DueWindow& due, Workers& workers);
    Result<void> make_windows(Pacer& pacer, Workers& workers);
    Result<void> pass_seam(const Pacer& pacer, Workers& workers);
    void enter(Phase phase, Workers& workers);
    Result<void> close_lane(size_t lane);
    void leave_closed(size_t lane);
    Result<void> steer(Pacer& pacer, Workers& workers);
    Result<void> pause(Pacer& pacer, Workers& workers);
    Result<void> hand_over(Pacer& pacer, Workers& workers);
    void follow_plan(Pacer& pacer, const Workers& workers);
    bool is_steered() const;
    bool gives_way() const;
    bool was_paused() const;
    void note(RunChange::Kind kind);
    int64_t made_here(const Workers& workers) const;
    Result<void> keep_checkpoint(Workers& workers, const Pacer& pacer, bool is_asked = false);
    Checkpoint checkpoint_here(const Workers& workers, const Pacer& pacer);
    Result<void> keep_end(const RunSummary& summary, const Workers& workers, const Pacer& pacer,
                          std::vector<LaneState> lanes);
    Result<void> keep_state(const Workers& workers, const std::vector<LaneState>& lanes);
    Result<LaneState> checkpoint_of(size_t lane);
    Result<LaneState> state_of(size_t lane);
    void pass(std::string_view point) const;
    void be_prompt();
    void submit_window(const DueWindow& due, Workers& workers);
    bool has_ended(const Workers& workers, int64_t at) const;
    int64_t horizon(const Workers& workers, int64_t from, int64_t records) const;
    bool may_cut_windows() const;
    void aim_window(int64_t took_us);
    void observe(const Workers& workers, const Pacer* pacer = nullptr);
    Result<RunSummary> carry_out(Journal* journal);
    void leave_nothing();
    RunSummary handed_over() const;
    Result<RunSummary> close(const Workers& workers, const Pacer& pacer);
    Result<std::vector<LaneState>> close_lanes(RunSummary& summary);
    StreamOutcome outcome_of(int stream) const;
    std::string phase_at(const std::string& root) const;
    bool is_of_history(const std::string& root) const;
    bool is_in_vain(const Workers& workers, const Pacer& pacer);
    void look_out(const Workers& workers);
    std::string silent_streams(const Workers& workers) const;
    int ended_with(int stream, const Workers& workers) const;
    std::string ending_of(int stream, const Workers& workers) const;
    std::string limit_of(const WorkReport& work, const Pacer& pacer, int64_t elapsed_us) const;
    double share_of(const Progress& progress) const;
    double due_rate() const;
    std::vector<SinkProgress> sinks_of(const WorkReport& work) const;
    ManifestContent content_for(const RunSummary& summary, const std::string& root) const;
    Result<void> write_manifests(RunSummary& summary);
    Result<void> write_history(const Workers& workers);
    Result<void> write_manifest(const LaneUse& use, const RunSummary& summary);

    const Plan& plan_;
    RunOptions options_;
    const Components& components_;
    RealTime& time_;
    const StopToken& stop_;
    Journal* journal_ = nullptr;
    DeadLetters dead_letters_;
    StopLimit stop_limit_;
    Delivery delivery_;
    Wiring wiring_;
    int64_t until_;                        ///< end of simulated time
    int64_t from_;                         ///< everything before this instant is made
    std::optional<int64_t> seam_;          ///< where outputs tell phases apart
    Phase phase_ = Phase::history;         ///< of the windows that are made
    bool is_exact_ = true;                 ///< nothing before from_ was left for the next window
    bool is_cut_off_ = false;              ///< by real time or a stop
    bool order_hangs_on_windows_ = false;  ///< some stream's records are put in order window by window
    int64_t began_us_ = 0;
    int64_t used_us_ = 0;   ///< of the run's real time, by the processes before this one
    int64_t repeated_ = 0;  ///< records that the processes before this one made
    int64_t checkpointed_us_ = 0;
    int64_t observed_us_ = INT64_MIN / 2;
    double rate_;             ///< as it is now
    int64_t window_records_;  ///< as many as are made in a part of a second, where windows may be cut anywhere
    bool has_opened_ = false;
    bool is_prompt_ = false;  ///< the lanes know that records come as they happen
    Silence silence_;
    std::map<std::string, std::set<std::string>> other_runs_;  ///< by root: other runs there that were told of
    int64_t idle_us_ = 0;                            ///< so long the run waited for its time, as of the last window
    bool was_silent_ = false;                        ///< which ended the run
    bool is_held_ = false;                           ///< now, by a pause
    bool is_handed_over_ = false;                    ///< everything made is durable, and another run goes on
    std::vector<RunChange> changes_;                 ///< all
    size_t next_change_ = 0;                         ///< of the plan's
    size_t kept_changes_ = 0;                        ///< of them, in the journal
    std::vector<int64_t> flushed_us_;                ///< by lane: time spent waiting until it was durable
    std::vector<int64_t> durable_;                   ///< by lane: records, as of the last checkpoint
    std::vector<int64_t> delivered_before_;          ///< by lane: records that were durable when this process began
    std::optional<KeptStates> states_;               ///< where entities live and there is a journal
    int64_t state_kept_us_ = 0;                      ///< when the last one was there
    int64_t state_took_us_ = 0;                      ///< and how long that took
    int64_t windows_made_ = 0;                       ///< where the order hangs on them
    std::vector<PlannedWindow> windows_;             ///< since the last checkpoint, where the order hangs on them
    std::vector<std::vector<ObjectEntry>> entries_;  ///< by lane: finished objects
    std::vector<std::vector<ObjectEntry>> untold_;   ///< by lane: those of them that no checkpoint has told
    std::vector<bool> is_closed_;                    ///< by lane
    std::optional<HistoryCount> history_;            ///< behind the seam
};

}  // namespace headwater
