// For what is left to be done for runs behind their end: telling somebody, and removing what they made.
#include "service/aftermath.h"

#include <chrono>
#include <utility>

#include "base/time.h"
#include "service/webhook.h"

namespace headwater {

namespace {

constexpr auto longest_sleep = std::chrono::milliseconds(500);
constexpr int64_t removal_pause_us = 30 * micros_per_second;  ///< when a target is away

bool is_removed(const StoredRun& run) {
    return run.cleaning.state == Cleaning::State::done || run.cleaning.state == Cleaning::State::failed;
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
    caller_thread_ = std::thread([this] { work(call_due, &Aftermath::call); });
    remover_thread_ = std::thread([this] { work(removal_due, &Aftermath::remove); });
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

std::optional<int64_t> Aftermath::call_due(const StoredRun& run) {
    return run.hook.state == Webhook::State::waiting ? std::optional(run.hook.next) : std::nullopt;
}

std::optional<int64_t> Aftermath::removal_due(const StoredRun& run) {
    if (run.cleaning.state == Cleaning::State::asked) return run.cleaning.next;
    return run.ttl_us >= 0 && !is_removed(run) ? std::optional(run.ended + run.ttl_us) : std::nullopt;
}

/// Does what is due, one run after the other, as long as the process goes on.
void Aftermath::work(Due due, Work work) {
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        const StoredRun* next = nullptr;
        bool is_awaited = false;
        for (const auto& [id, run] : runs_) {
            const auto instant = due(run);
            is_awaited = is_awaited || instant;
            const bool is_due = instant && *instant <= parts_.clock.now();
            if (is_due && (next == nullptr || *instant < *due(*next))) next = &run;
        }
        if (next != nullptr) {
            StoredRun run = *next;
            if (due == removal_due) removing_ = run.id;
            lock.unlock();
            (this->*work)(std::move(run));
            lock.lock();
            if (due == removal_due) removing_.clear();
        } else if (is_awaited) {
            changed_.wait_for(lock, longest_sleep);
        } else {
            changed_.wait(lock);
        }
    }
}

void Aftermath::call(StoredRun run) {
    if (caller_ == nullptr) {
        auto made = parts_.caller();
        if (made) caller_ = std::move(*made);
    }
    Result<int> answer = fail(ErrorKind::unavailable, "Nobody can be called: " + run.hook.url);
    if (caller_ != nullptr) {
        Call call = make_call(run, parts_.secret, parts_.clock.now());
        call.gives_up = [this] { return is_over_.load(); };
        answer = caller_->post(call);
    }
    if (!answer && is_over_) return;  // it is told after the next start
    keep(run.id, [&](StoredRun& kept) { note_attempt(kept.hook, answer, kept.ended, parts_.clock.now()); });
    const bool is_good = answer && *answer >= 200 && *answer < 300;
    parts_.log.say(is_good ? ServiceLog::Level::info : ServiceLog::Level::warn, "run's end told",
                   {{"run", run.id}, {"status", answer ? std::to_string(*answer) : answer.error().message}});
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
    if (auto kept = parts_.store.update(found->second, true); !kept)
        parts_.log.say(ServiceLog::Level::error, kept.error().message, {{"run", id}});
    if (!is_unsettled(found->second)) runs_.erase(found);
}

}  // namespace headwater
