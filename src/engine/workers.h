// For running the tasks of windows on threads and delivering what they made in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/filler.h"
#include "engine/lane.h"
#include "engine/parcel.h"
#include "engine/real_time.h"
#include "engine/stop_limit.h"

namespace headwater {

/// Bounds of the work in flight.
struct WorkerOptions {
    int threads = 1;
    size_t in_flight_bytes = 32 << 20;  ///< no task is begun while more than this waits for its lanes
    StopLimit* stop_limit = nullptr;    ///< how long a stop lets deliveries go on; none: for ever
};

/// What the workers have done so far; a consistent copy.
struct WorkReport {
    std::vector<int64_t> rows;                 ///< by stream of the plan: records generated for lanes
    std::vector<std::vector<int64_t>> faults;  ///< by stream of the plan: strokes of each of its faults
    std::vector<int64_t> lane_rows;            ///< by lane: records handed to its target
    std::vector<int64_t> lane_busy_us;         ///< by lane: time spent delivering
    int64_t fill_us = 0;                       ///< time of all threads spent generating and encoding
    int64_t blocked_us = 0;                    ///< time of all threads spent waiting for lanes
    size_t most_bytes = 0;                     ///< highest bytes in flight
    uint64_t bytes = 0;                        ///< bytes made
    bool holds_bytes = false;                  ///< something is made and not delivered
};

/// A fixed set of threads. Each delivers what is due before it makes more; a slow target so holds back the making.
/// Tasks of a source are delivered in the order they were submitted; one lane is used by one thread at a time.
class Workers {
  public:
    /// `left` bounds the records of each stream of the plan. All references must outlive the workers.
    Workers(const WorkerOptions& options, const std::vector<SourceRun>& sources,
            const std::vector<std::unique_ptr<Lane>>& lanes, std::vector<int64_t> left, RealTime& time);
    /// Gives up what is not done yet.
    ~Workers();

    /// Goes on behind records that were made before; by stream of the plan. Before the first task.
    void go_on_behind(const std::vector<int64_t>& rows);
    /// Adds tasks of the current window, in delivery order; `ends` is its end where nothing of it is left for the next one;
    /// without tasks it is told to the lanes alone.
    void submit(int source, const std::vector<Task>& tasks, std::optional<int64_t> ends);
    /// Before the first task: goes on with strokes counted before, of so many records of each stream.
    void resume_faults(std::vector<std::vector<int64_t>> faults, std::vector<int64_t> counted);
    /// Returns when every submitted task is filled, calling `meanwhile` now and then; gives the first error of a lane.
    Result<void> finish_window(const std::function<void()>& meanwhile);
    /// Returns when every lane has delivered everything.
    Result<void> drain(const std::function<void()>& meanwhile);
    WorkReport report() const;
    /// Counts the records a stream of the plan may still make.
    int64_t left(int stream) const;

  private:
    /// The jobs a lane still has to deliver, in order.
    struct LaneQueue {
        std::deque<Job*> jobs;
        bool is_busy = false;
    };

    void work();
    Job* take_job(size_t source, std::optional<int64_t> ends);
    void queue(Job& job);
    void add(size_t source, const Task& task, std::optional<int64_t> ends);
    void add_end(size_t source, int64_t ends);
    bool skip(Job& job);
    bool deliver_one(std::unique_lock<std::mutex>& lock);
    bool fill_one(std::unique_lock<std::mutex>& lock, Filler& filler);
    void settle(int source);
    void end_together(const SourceRun& run, Job& job);
    std::vector<Parcel> take_parcels(int source);
    void release(Job& job);
    void aim_in_flight(size_t delivered);
    void tell_if_idle();
    Result<int64_t> deliver(size_t lane, Job& job);
    Result<void> wait_until(const std::function<bool()>& holds, const std::function<void()>& meanwhile);
    void fail_with(Error error);
    Result<void> give_up();

    WorkerOptions options_;
    const std::vector<SourceRun>& sources_;
    const std::vector<std::unique_ptr<Lane>>& lanes_;
    RealTime& time_;

    mutable std::mutex mutex_;                ///< guards everything below; held per task, never per record
    std::condition_variable work_changed_;    ///< workers wait here
    std::condition_variable progress_;        ///< the thread that submits waits here
    std::vector<std::unique_ptr<Job>> jobs_;  ///< every job there is
    std::vector<Job*> idle_;                  ///< to be used again
    std::vector<std::vector<std::vector<Parcel>>> idle_parcels_;  ///< by source: memory to be used again
    std::deque<Job*> waiting_;                                    ///< not begun
    std::vector<std::deque<Job*>> unsettled_;                     ///< by source, in order
    std::vector<LaneQueue> queues_;                               ///< by lane
    std::vector<std::vector<size_t>> lanes_of_;                   ///< by source: lanes it feeds; never changed
    std::vector<int64_t> left_;                                   ///< by stream of the plan
    std::vector<int64_t> counted_;                                ///< by stream of the plan: strokes known already
    std::vector<int64_t> planned_;                                ///< by source: records of skipped tasks
    std::vector<int64_t> wanted_;  ///< by source: records that some lane lacks begin here
    WorkReport report_;
    size_t in_flight_ = 0;  ///< jobs begun and not delivered
    size_t in_flight_bytes_ = 0;
    size_t most_in_flight_bytes_;  ///< what the targets take in a second or two, so that a stop need not wait for more
    size_t delivered_bytes_ = 0;   ///< since the last look at it
    int64_t looked_us_ = 0;
    size_t filling_ = 0;
    std::unique_ptr<Error> error_;
    bool is_over_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace headwater
