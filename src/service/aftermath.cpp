// For what is left to be done for runs behind their end: telling somebody, and removing what they made.
#include "service/aftermath.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "base/time.h"
#include "service/webhook.h"

namespace headwater {

namespace {

constexpr auto longest_sleep = std::chrono::milliseconds(500);
constexpr auto look_interval = std::chrono::milliseconds(100);  ///< while calls are under way
constexpr size_t most_calls = 256;                              ///< at the same time
constexpr int64_t most_calls_of_place = 16;                     ///< of one host and port, one for each receiver there
constexpr int64_t removal_pause_us = 30 * micros_per_second;    ///< when a target is away

bool is_removed(const StoredRun& run) {
    return run.cleaning.state == Cleaning::State::done || run.cleaning.state == Cleaning::State::failed;
}

std::optional<int64_t> call_due(const StoredRun& run) {
    return run.hook.state == Webhook::State::waiting ? std::optional(run.hook.next) : std::nullopt;
}

std::optional<int64_t> removal_due(const StoredRun& run) {
    if (run.cleaning.state == Cleaning::State::asked) return run.cleaning.next;
    return run.ttl_us >= 0 && !is_removed(run) ? std::optional(run.ended + run.ttl_us) : std::nullopt;
}

}  // namespace

Aftermath::Aftermath(AftermathParts parts) : parts_(std::move(parts)) {}

Aftermath::~Aftermath() {
    {
        std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    for (std::thread* thread : {&caller_thread_, &remover_thread_})
        if (thread->joinable()) thread->join();
}

Result<void> Aftermath::begin() {
    auto left = parts_.store.unsettled();
    if (!left) return std::unexpected(left.error());
    for (StoredRun& run : *left) runs_.emplace(run.id, std::move(run));
    caller_thread_ = std::thread([this] { tell_all(); });
    remover_thread_ = std::thread([this] { remove_all(); });
    return {};
}

void Aftermath::take(const StoredRun& run) {
    if (!is_unsettled(run)) return;
    {
        std::lock_guard lock(mutex_);
        runs_[run.id] = run;
    }
    changed_.notify_all();
}

bool Aftermath::let_go(const std::string& id) {
    std::lock_guard lock(mutex_);
    const auto known = runs_.find(id);
    const bool is_asked = known != runs_.end() && known->second.cleaning.state == Cleaning::State::asked;
    if (is_asked || removing_ == id) return false;
    runs_.erase(id);
    unsaved_.erase(id);
    return true;
}

Result<StoredRun> Aftermath::ask_to_remove(const StoredRun& run) {
    if (run.cleaning.state == Cleaning::State::done) return run;
    StoredRun asked = run;
    {
        std::lock_guard lock(mutex_);
        if (const auto known = runs_.find(run.id); known != runs_.end()) asked = known->second;
        asked.cleaning = {.state = Cleaning::State::asked};
        if (auto kept = parts_.store.update(asked, true); !kept) return std::unexpected(kept.error());
        runs_[asked.id] = asked;
    }
    changed_.notify_all();
    return asked;
}

/// Tells whom it is due, many beside each other, as long as the process goes on; what is open then is told after the next start.
void Aftermath::tell_all() {
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        const bool is_awaited = begin_calls();
        if (!open_.empty()) {
            lock.unlock();
            if (caller_ != nullptr) caller_->wait(look_interval);
            take_answers();
            lock.lock();
        } else if (is_awaited) {
            changed_.wait_for(lock, longest_sleep);
        } else {
            changed_.wait(lock);
        }
    }
    open_.clear();
}

/// Begins the calls that are due, those first that failed least; says whether any will be due. The mutex is held.
bool Aftermath::begin_calls() {
    std::vector<const StoredRun*> due;
    bool is_awaited = false;
    for (const auto& [id, run] : runs_) {
        const auto instant = call_due(run);
        is_awaited = is_awaited || instant;
        if (instant && *instant <= parts_.clock.now() && !open_.contains(id)) due.push_back(&run);
    }
    std::ranges::sort(due, {}, [](const StoredRun* run) { return std::pair(run->hook.attempts, run->hook.next); });
    for (const StoredRun* run : due) {
        if (open_.size() >= most_calls) break;
        const std::string& url = run->hook.url;
        Open open{.end = run->resumed, .receiver = url.substr(0, url.find('?'))};
        open.place = open.receiver.substr(0, open.receiver.find('/', open.receiver.find("://") + 3));
        auto is_same = [&](const auto& other) { return other.second.receiver == open.receiver; };
        auto is_there = [&](const auto& other) { return other.second.place == open.place; };
        if (std::ranges::any_of(open_, is_same) || std::ranges::count_if(open_, is_there) >= most_calls_of_place)
            continue;
        begin_call(*run, std::move(open));
    }
    return is_awaited;
}

void Aftermath::begin_call(const StoredRun& run, Open open) {
    if (caller_ == nullptr)
        if (auto made = parts_.caller()) caller_ = std::move(*made);
    if (caller_ != nullptr) open.calling = caller_->begin(make_call(run, parts_.secret, parts_.clock.now()));
    open_.emplace(run.id, std::move(open));
}

void Aftermath::take_answers() {
    for (auto one = open_.begin(); one != open_.end();) {
        const Open& open = one->second;
        std::optional<Result<int>> answer = fail(ErrorKind::unavailable, "Nobody can be called: " + open.receiver);
        if (open.calling != nullptr) answer = open.calling->answer();
        if (answer) note(one->first, open.end, *answer);
        one = answer ? open_.erase(one) : std::next(one);
    }
}

void Aftermath::note(const std::string& id, int end, const Result<int>& answer) {
    keep(id, [&](StoredRun& kept) {
        if (kept.resumed == end) note_attempt(kept.hook, answer, kept.ended, parts_.clock.now());
    });
    const bool is_good = answer && *answer >= 200 && *answer < 300;
    parts_.log.say(is_good ? ServiceLog::Level::info : ServiceLog::Level::warn, "run's end told",
                   {{"run", id}, {"status", answer ? std::to_string(*answer) : answer.error().message}});
}

/// Removes what is due, one run after the other, as long as the process goes on; writes what the store could not take.
void Aftermath::remove_all() {
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        save_again();
        const StoredRun* next = nullptr;
        bool is_awaited = !unsaved_.empty();
        for (const auto& [id, run] : runs_) {
            const auto instant = removal_due(run);
            is_awaited = is_awaited || instant;
            const bool is_due = instant && *instant <= parts_.clock.now();
            if (is_due && (next == nullptr || *instant < *removal_due(*next))) next = &run;
        }
        if (next != nullptr) {
            StoredRun run = *next;
            removing_ = run.id;
            lock.unlock();
            remove(std::move(run));
            lock.lock();
            removing_.clear();
        } else if (is_awaited) {
            changed_.wait_for(lock, longest_sleep);
        } else {
            changed_.wait(lock);
        }
    }
}

void Aftermath::remove(StoredRun run) {
    auto report = parts_.remove(run);
    keep(run.id, [&](StoredRun& kept) {
        Cleaning& cleaning = kept.cleaning;
        const bool is_away = !report && report.error().kind == ErrorKind::unavailable;
        cleaning = {.state = is_away ? Cleaning::State::asked : Cleaning::State::failed};
        if (!report) cleaning.reason = report.error().message;
        if (is_away) cleaning.next = parts_.clock.now() + removal_pause_us;
        if (!is_away) cleaning.ended = parts_.clock.now();
        if (!report) return;
        cleaning.state = Cleaning::State::done;
        cleaning.objects = report->objects;
        cleaning.removed = std::move(report->removed);
        cleaning.kept = std::move(report->kept);
    });
    parts_.log.say(report ? ServiceLog::Level::info : ServiceLog::Level::warn, "what a run made was removed",
                   {{"run", run.id}, {"result", report ? std::to_string(report->objects) : report.error().message}});
}

/// Changes what is known of a run, here and in the store.
void Aftermath::keep(const std::string& id, const std::function<void(StoredRun& run)>& change) {
    std::lock_guard lock(mutex_);
    const auto found = runs_.find(id);
    if (found == runs_.end()) return;
    change(found->second);
    if (save(id)) return;
    unsaved_.insert(id);
    changed_.notify_all();
}

/// Writes what is known of a run; one that is settled is known to the store alone then. False when the disk is full.
bool Aftermath::save(const std::string& id) {
    const auto found = runs_.find(id);
    if (found == runs_.end()) return true;
    if (auto kept = parts_.store.update(found->second, true); !kept) {
        if (!unsaved_.contains(id)) parts_.log.say(ServiceLog::Level::error, kept.error().message, {{"run", id}});
        return false;
    }
    if (!is_unsettled(found->second)) runs_.erase(found);
    return true;
}

/// Writes what a full disk did not take, so that nobody is told twice after a restart, nor a removal forgotten.
void Aftermath::save_again() {
    std::erase_if(unsaved_, [this](const std::string& id) { return save(id); });
}

}  // namespace headwater
