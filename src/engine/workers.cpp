// For running the tasks of windows on threads and delivering what they made in order.
#include "engine/workers.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/time.h"

namespace headwater {

namespace {

/// Does a piece of work; without memory for it the run fails, and nothing else.
template <typename Work>
std::invoke_result_t<Work> caught(Work work) {
    try {
        return work();
    } catch (const std::exception& error) {
        return fail(ErrorKind::invalid, "Run needs more than there is: " + std::string(error.what()));
    }
}

constexpr auto report_interval = std::chrono::milliseconds(100);
constexpr int64_t look_interval_us = 250'000;
constexpr size_t least_in_flight_bytes = 1 << 20;

}  // namespace

Workers::Workers(const WorkerOptions& options, const std::vector<SourceRun>& sources,
                 const std::vector<std::unique_ptr<Lane>>& lanes, std::vector<int64_t> left, RealTime& time)
    : options_(options),
      sources_(sources),
      lanes_(lanes),
      time_(time),
      idle_parcels_(sources.size()),
      unsettled_(sources.size()),
      queues_(lanes.size()),
      left_(std::move(left)),
      planned_(sources.size()),
      most_in_flight_bytes_(std::min(options.in_flight_bytes,
                                     static_cast<size_t>(std::max(options.threads, 1) + 4) * least_in_flight_bytes)),
      looked_us_(time.elapsed()) {
    report_.rows.resize(left_.size());
    report_.lane_busy_us.resize(lanes.size());
    report_.lane_rows.resize(lanes.size());
    report_.faults.resize(left_.size());
    counted_.resize(left_.size());
    for (const SourceRun& run : sources_)
        for (size_t i = 0; i < run.streams.size(); ++i)
            if (run.streams[i] >= 0 && run.faults[i] != nullptr)
                report_.faults[static_cast<size_t>(run.streams[i])].resize(run.faults[i]->plans().size());
    for (const SourceRun& run : sources_) {
        std::set<size_t> lanes_fed;
        int64_t wanted = INT64_MAX;
        for (const Feed& feed : run.feeds) {
            lanes_fed.insert(static_cast<size_t>(feed.lane));
            wanted = std::min(wanted, lanes_[static_cast<size_t>(feed.lane)]->wanted_from(feed.stream));
        }
        lanes_of_.emplace_back(lanes_fed.begin(), lanes_fed.end());
        wanted_.push_back(wanted);
    }
    for (int i = 0; i < std::max(options.threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() {
    {
        std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    work_changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Workers::go_on_behind(const std::vector<int64_t>& rows) {
    std::lock_guard lock(mutex_);
    for (size_t stream = 0; stream < rows.size(); ++stream) {
        report_.rows[stream] = rows[stream];
        if (left_[stream] != INT64_MAX) left_[stream] -= rows[stream];
    }
    for (const SourceRun& run : sources_) {
        bool has_ended = false;
        for (size_t i = 0; i < run.ends_all.size(); ++i)
            has_ended = has_ended || (run.ends_all[i] && left_[static_cast<size_t>(run.streams[i])] == 0);
        for (size_t i = 0; has_ended && i < run.streams.size(); ++i)
            if (run.streams[i] >= 0) left_[static_cast<size_t>(run.streams[i])] = 0;
    }
    wanted_.assign(wanted_.size(), 0);  // few records are durable behind a state: none is left out
}

void Workers::resume_faults(std::vector<std::vector<int64_t>> faults, std::vector<int64_t> counted) {
    std::lock_guard lock(mutex_);
    for (size_t stream = 0; stream < std::min(faults.size(), report_.faults.size()); ++stream) {
        // A plan may have more faults than that of the strokes, behind those.
        const size_t known = std::min(faults[stream].size(), report_.faults[stream].size());
        std::copy_n(faults[stream].begin(), known, report_.faults[stream].begin());
    }
    if (counted.size() == counted_.size()) counted_ = std::move(counted);
}

void Workers::submit(int source, const std::vector<Task>& tasks, std::optional<int64_t> ends) {
    if (tasks.empty() && !ends) return;
    {
        std::lock_guard lock(mutex_);
        for (const Task& task : tasks)
            add(static_cast<size_t>(source), task, &task == &tasks.back() ? ends : std::nullopt);
        if (tasks.empty()) add_end(static_cast<size_t>(source), *ends);
    }
    work_changed_.notify_all();
}

Job* Workers::take_job(size_t source, std::optional<int64_t> ends) {
    if (idle_.empty()) idle_.push_back(jobs_.emplace_back(std::make_unique<Job>()).get());
    Job* job = idle_.back();
    idle_.pop_back();
    job->source = static_cast<int>(source);
    job->filled = job->settled = job->skipped = false;
    job->bytes = 0;
    job->ends = ends;
    job->hits.clear();
    unsettled_[source].push_back(job);
    return job;
}

void Workers::queue(Job& job) {
    const auto& lanes = lanes_of_[static_cast<size_t>(job.source)];
    job.open_lanes = static_cast<int>(lanes.size());
    for (size_t lane : lanes) queues_[lane].jobs.push_back(&job);
}

void Workers::add(size_t source, const Task& task, std::optional<int64_t> ends) {
    Job* job = take_job(source, ends);
    job->task = task;
    if (skip(*job)) return;
    queue(*job);
    waiting_.push_back(job);
}

/// Tells the lanes that a window is over in which a source makes nothing.
void Workers::add_end(size_t source, int64_t ends) {
    Job* job = take_job(source, ends);
    job->rows.assign(sources_[source].streams.size(), 0);
    job->parcels = take_parcels(job->source);
    job->filled = true;
    ++in_flight_;
    queue(*job);
    settle(job->source);
}

/// Leaves a task out when every lane has its records already; only tasks whose records can be counted unseen.
bool Workers::skip(Job& job) {
    auto source = static_cast<size_t>(job.source);
    if (planned_[source] + job.task.count > wanted_[source] || job.task.count == 0) {
        wanted_[source] = 0;  // what follows is wanted
        return false;
    }
    if (!sources_[source].source->skip(job.task)) {
        wanted_[source] = 0;
        return false;
    }
    planned_[source] += job.task.count;
    job.rows.assign(sources_[source].streams.size(), job.task.count);
    job.open_lanes = 0;
    job.filled = job.skipped = true;
    settle(job.source);
    return true;
}

Result<void> Workers::finish_window(const std::function<void()>& meanwhile) {
    return wait_until([this] { return waiting_.empty() && filling_ == 0; }, meanwhile);
}

Result<void> Workers::drain(const std::function<void()>& meanwhile) {
    return wait_until([this] { return waiting_.empty() && in_flight_ == 0; }, meanwhile);
}

WorkReport Workers::report() const {
    std::lock_guard lock(mutex_);
    WorkReport report = report_;
    report.holds_bytes = in_flight_bytes_ > 0;
    return report;
}

int64_t Workers::left(int stream) const {
    std::lock_guard lock(mutex_);
    return left_[static_cast<size_t>(stream)];
}

Result<void> Workers::wait_until(const std::function<bool()>& holds, const std::function<void()>& meanwhile) {
    std::unique_lock lock(mutex_);
    while (!holds() && error_ == nullptr) {
        if (progress_.wait_for(lock, report_interval) != std::cv_status::timeout) continue;
        if (options_.stop_limit != nullptr && options_.stop_limit->is_over()) return give_up();
        lock.unlock();
        meanwhile();
        lock.lock();
    }
    if (error_ != nullptr) return std::unexpected(*error_);
    return {};
}

void Workers::work() {
    Filler filler(sources_);
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        if (error_ == nullptr && (deliver_one(lock) || fill_one(lock, filler))) continue;
        bool is_blocked = !waiting_.empty();
        int64_t began = is_blocked ? time_.elapsed() : 0;
        work_changed_.wait(lock);
        if (is_blocked) report_.blocked_us += time_.elapsed() - began;
    }
}

/// Delivers the next job of a lane that nobody else is using; false when there is none.
bool Workers::deliver_one(std::unique_lock<std::mutex>& lock) {
    for (size_t lane = 0; lane < queues_.size(); ++lane) {
        LaneQueue& queue = queues_[lane];
        if (queue.is_busy || queue.jobs.empty() || !queue.jobs.front()->settled) continue;
        Job* job = queue.jobs.front();
        queue.is_busy = true;
        lock.unlock();
        int64_t began = time_.elapsed();
        auto delivered = caught([&] { return deliver(lane, *job); });
        int64_t took = time_.elapsed() - began;
        lock.lock();
        report_.lane_busy_us[lane] += took;
        queue.is_busy = false;
        if (!delivered) {
            fail_with(std::move(delivered.error()));
            return true;
        }
        report_.lane_rows[lane] += *delivered;
        queue.jobs.pop_front();
        if (--job->open_lanes == 0) release(*job);
        work_changed_.notify_all();
        return true;
    }
    return false;
}

/// Makes the next task, unless too much waits for its lanes already; false when there is none to make.
bool Workers::fill_one(std::unique_lock<std::mutex>& lock, Filler& filler) {
    auto most_jobs = static_cast<size_t>(2 * std::max(options_.threads, 1) + 2);
    bool may_begin = in_flight_ == 0 || (in_flight_ < most_jobs && in_flight_bytes_ <= most_in_flight_bytes_);
    if (waiting_.empty() || !may_begin) return false;
    Job* job = waiting_.front();
    waiting_.pop_front();
    job->parcels = take_parcels(job->source);
    ++in_flight_;
    ++filling_;
    lock.unlock();
    int64_t began = time_.elapsed();
    auto filled = caught([&]() -> Result<void> {
        filler.fill(*job);
        return {};
    });
    int64_t took = time_.elapsed() - began;
    lock.lock();
    --filling_;
    if (!filled) {
        fail_with(std::move(filled.error()));
        return true;
    }
    report_.fill_us += took;
    report_.bytes += job->bytes;
    in_flight_bytes_ += job->bytes;
    report_.most_bytes = std::max(report_.most_bytes, in_flight_bytes_);
    job->filled = true;
    settle(job->source);
    work_changed_.notify_all();
    tell_if_idle();
    return true;
}

/// Goes through the filled jobs of a source in order and bounds their rows by what the streams may still make.
void Workers::settle(int source) {
    auto& jobs = unsettled_[static_cast<size_t>(source)];
    const SourceRun& run = sources_[static_cast<size_t>(source)];
    while (!jobs.empty() && jobs.front()->filled) {
        Job& job = *jobs.front();
        jobs.pop_front();
        job.first.assign(run.streams.size(), 0);
        if (!run.ends_all.empty()) end_together(run, job);
        for (size_t i = 0; i < run.streams.size(); ++i) {
            if (run.streams[i] < 0) continue;
            auto stream = static_cast<size_t>(run.streams[i]);
            job.first[i] = report_.rows[stream];
            job.rows[i] = std::min(job.rows[i], left_[stream]);
            left_[stream] -= job.rows[i];
            report_.rows[stream] += job.rows[i];
        }
        for (const FaultHit& hit : job.hits) {
            const auto place = static_cast<size_t>(hit.source_stream);
            if (run.streams[place] < 0 || hit.owner >= job.rows[place]) continue;
            const auto stream = static_cast<size_t>(run.streams[place]);
            if (job.first[place] + hit.owner >= counted_[stream]) ++report_.faults[stream][hit.fault];
        }
        job.settled = true;
        if (job.open_lanes == 0) release(job);
    }
}

/// Where a job holds the last record of a stream that ends all streams of its source, cuts the others behind what happened
/// before that record, and lets none make more.
void Workers::end_together(const SourceRun& run, Job& job) {
    std::optional<RecordPlace> last;
    for (size_t i = 0; i < run.streams.size(); ++i) {
        if (!run.ends_all[i]) continue;
        const int64_t left = left_[static_cast<size_t>(run.streams[i])];
        if (left == 0 || job.rows[i] < left) continue;
        const RecordPlace& place = job.places[i][static_cast<size_t>(left) - 1];
        last = last ? std::min(*last, place) : place;
    }
    if (!last) return;
    for (size_t i = 0; i < run.streams.size(); ++i) {
        if (run.streams[i] < 0) continue;
        const auto& places = job.places[i];
        const auto made = std::ranges::upper_bound(places, *last) - places.begin();
        int64_t& left = left_[static_cast<size_t>(run.streams[i])];
        left = std::min<int64_t>(left, made);
    }
}

/// Wakes the thread that submits when there may be nothing left to wait for, not for every task.
void Workers::tell_if_idle() {
    if (waiting_.empty() && filling_ == 0) progress_.notify_all();
}

std::vector<Parcel> Workers::take_parcels(int source) {
    auto& idle = idle_parcels_[static_cast<size_t>(source)];
    if (idle.empty()) return std::vector<Parcel>(sources_[static_cast<size_t>(source)].feeds.size());
    std::vector<Parcel> parcels = std::move(idle.back());
    idle.pop_back();
    return parcels;
}

void Workers::release(Job& job) {
    idle_.push_back(&job);
    if (job.skipped) return;
    --in_flight_;
    in_flight_bytes_ -= job.bytes;
    aim_in_flight(job.bytes);
    for (Parcel& parcel : job.parcels) parcel.clear();
    idle_parcels_[static_cast<size_t>(job.source)].push_back(std::move(job.parcels));
    tell_if_idle();
}

/// Bounds what is in flight to what was delivered lately in two seconds.
void Workers::aim_in_flight(size_t delivered) {
    delivered_bytes_ += delivered;
    const int64_t passed_us = time_.elapsed() - looked_us_;
    if (passed_us < look_interval_us) return;
    const double of_two_seconds = 2e6 * static_cast<double>(delivered_bytes_) / static_cast<double>(passed_us);
    const size_t least = std::min(least_in_flight_bytes, options_.in_flight_bytes);
    most_in_flight_bytes_ = std::clamp(static_cast<size_t>(of_two_seconds), least, options_.in_flight_bytes);
    looked_us_ += passed_us;
    delivered_bytes_ = 0;
}

/// Delivers what a job made for a lane; counts the records that the lane had not delivered before.
Result<int64_t> Workers::deliver(size_t lane, Job& job) {
    int64_t delivered_rows = 0;
    const SourceRun& run = sources_[static_cast<size_t>(job.source)];
    for (size_t i = 0; i < run.feeds.size(); ++i) {
        const Feed& feed = run.feeds[i];
        if (static_cast<size_t>(feed.lane) != lane) continue;
        Parcel& parcel = job.parcels[i];
        int64_t rows = job.rows[static_cast<size_t>(feed.source_stream)];
        parcel.first_record = job.first[static_cast<size_t>(feed.source_stream)];
        parcel.end_record = parcel.first_record + rows;
        if (feed.has_owners)
            rows = std::lower_bound(parcel.owners.begin(), parcel.owners.end(), rows) - parcel.owners.begin();
        truncate(parcel, rows);
        if (auto delivered = lanes_[lane]->commit(feed.stream, parcel); !delivered)
            return std::unexpected(delivered.error());
        delivered_rows += parcel.rows();
        if (!job.ends || feed.is_answer_key) continue;
        if (auto advanced = lanes_[lane]->advance(feed.stream, *job.ends); !advanced)
            return std::unexpected(advanced.error());
    }
    return delivered_rows;
}

/// Leaves what is not delivered, because a stop has had its time.
Result<void> Workers::give_up() {
    fail_with(
        {ErrorKind::unavailable, "Stop was given up, as the targets did not take in " +
                                     std::to_string(options_.stop_limit->limit_us() / micros_per_second) +
                                     " s what was made; bytes not delivered: " + std::to_string(in_flight_bytes_)});
    return std::unexpected(*error_);
}

void Workers::fail_with(Error error) {
    if (error_ == nullptr) error_ = std::make_unique<Error>(std::move(error));
    work_changed_.notify_all();
    progress_.notify_all();
}

}  // namespace headwater
