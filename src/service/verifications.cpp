// For the verifications of the service: accepted, kept, executed some at a time, stopped, and begun anew after a restart.
#include "service/verifications.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "base/time.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// They give way to the thread that answers requests.
constexpr int niceness = 10;
constexpr auto space_pause = std::chrono::seconds(1);  ///< before the next look for space on a full disk

}  // namespace

std::string spell_wishes(const VerifyWishes& wishes) {
    return spell_json({{"from", wishes.from},
                       {"format", wishes.format},
                       {"match", wishes.match},
                       {"order", wishes.order},
                       {"dead_letters", wishes.dead_letters},
                       {"original", wishes.original},
                       {"reason", wishes.reason},
                       {"streams", wishes.streams},
                       {"ignore", wishes.ignored},
                       {"examples", wishes.examples}});
}

VerifyWishes read_wishes(const std::string& text) {
    const Json json = parse_json(text);
    VerifyWishes wishes{.from = json.at("from"), .format = json.at("format"), .match = json.at("match")};
    json.at("order").get_to(wishes.order);
    json.at("dead_letters").get_to(wishes.dead_letters);
    json.at("original").get_to(wishes.original);
    json.at("reason").get_to(wishes.reason);
    json.at("streams").get_to(wishes.streams);
    json.at("ignore").get_to(wishes.ignored);
    json.at("examples").get_to(wishes.examples);
    return wishes;
}

Verifications::Verifications(std::string folder, Runs& runs, const ServiceParts& parts)
    : folder_(std::move(folder)), runs_(runs), parts_(parts) {}

Result<std::unique_ptr<Verifications>> Verifications::open(const std::string& folder, Runs& runs,
                                                           const ServiceParts& parts) {
    std::unique_ptr<Verifications> all(new Verifications(folder, runs, parts));
    auto store = VerificationStore::open(runs.database(), folder + "/verifications.db");
    if (!store) return std::unexpected(store.error());
    all->store_ = std::move(*store);
    auto left = all->store_->unfinished();
    if (!left) return std::unexpected(left.error());
    for (StoredVerification& row : *left) {
        auto live = std::make_shared<Live>();
        row.state = VerificationState::accepted;
        live->row = std::move(row);
        all->live_[live->row.id] = live;
        all->waiting_.push_back(std::move(live));
    }
    runs.when_removed([own = all.get()](const std::string& id) { own->forget(id); });
    for (int i = 0; i < most_running; ++i) all->threads_.emplace_back([own = all.get()] { own->work(); });
    return all;
}

Verifications::~Verifications() {
    runs_.when_removed(nullptr);
    shut_down();
    for (std::thread& thread : threads_) thread.join();
}

/// Makes the plan of a run again, up to the instant at which it was cut off.
Result<VerifySubject> Verifications::subject_of(const StoredRun& run) const {
    auto plan = runs_.plan_of(run);
    if (!plan) return std::unexpected(plan.error());
    const auto manifest = runs_.manifest(run.id);
    if (!manifest) return std::unexpected(manifest.error());
    if (!*manifest) return fail(ErrorKind::invalid, "Run has no manifest: " + run.id);
    const std::string reached = parse_json_or_discard(**manifest).value("reached", "");
    if (!reached.empty()) plan->clock.until = parse_instant(reached);
    return VerifySubject{run.id, std::move(*plan)};
}

std::expected<StoredVerification, VerificationRefusal> Verifications::accept(const StoredRun& run,
                                                                             const VerifyWishes& wishes) {
    using Kind = VerificationRefusal::Kind;
    auto refuse = [](Kind kind, std::string message) {
        return std::unexpected(VerificationRefusal{kind, std::move(message)});
    };
    if (parts_.verifier == nullptr) return refuse(Kind::mistake, "Service compares no copies");
    const auto subject = subject_of(run);
    if (!subject) return refuse(Kind::mistake, subject.error().message);
    if (const auto checked = parts_.verifier->check(*subject, wishes); !checked)
        return refuse(Kind::mistake, checked.error().message);
    auto live = std::make_shared<Live>();
    live->row = {.id = random_uuid(), .run = run.id, .request = spell_wishes(wishes)};
    live->row.created = parts_.time.now();
    std::lock_guard lock(mutex_);
    if (is_closing_) return refuse(Kind::closing, "Service is shutting down");
    if (waiting_.size() >= most_waiting)
        return refuse(Kind::full, "Too many verifications wait already: " + std::to_string(waiting_.size()));
    if (auto added = store_->add(live->row); !added) return refuse(Kind::disk, added.error().message);
    live_[live->row.id] = live;
    waiting_.push_back(live);
    changed_.notify_one();
    return live->row;
}

void Verifications::work() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
        if (is_closing_) return;
        auto live = std::move(waiting_.front());
        waiting_.pop_front();
        live->is_running = true;
        ++running_;
        live->row.state = VerificationState::running;
        live->row.started = parts_.time.now();
        lock.unlock();
        execute(live);
        lock.lock();
        --running_;
    }
}

void Verifications::execute(const std::shared_ptr<Live>& live) {
    StoredVerification row = [&] {
        std::lock_guard lock(mutex_);
        return live->row;
    }();
    keep(row, "");
    auto outcome = outcome_of(row, live->stop);
    // One that others left no space is begun anew; one that needs more than there is has failed.
    while (!outcome && outcome.error().kind == ErrorKind::disk && !runs_.has_space() && wait_for_space(*live))
        outcome = outcome_of(row, live->stop);
    row.ended = parts_.time.now();
    {
        std::lock_guard lock(mutex_);
        if (!outcome && is_closing_ && !live->is_stop_asked) return;  // begun anew after the next start
        if (!outcome) {
            row.state = live->is_stop_asked ? VerificationState::stopped : VerificationState::failed;
            row.reason = live->is_stop_asked ? "It was stopped" : outcome.error().message;
        }
    }
    if (outcome) {
        row.state = VerificationState::completed;
        row.is_clean = outcome->is_clean;
        row.report = outcome->json;
    }
    if (!keep_end(live, row, outcome ? outcome->page : "")) return;
    const bool is_bad = row.state == VerificationState::failed;
    ServiceLog::Fields fields{{"verification", row.id}, {"run", row.run}, {"state", std::string(name_of(row.state))}};
    if (outcome) fields.emplace_back("clean", row.is_clean ? "true" : "false");
    if (!row.reason.empty()) fields.emplace_back("reason", row.reason);
    parts_.log.say(is_bad ? ServiceLog::Level::warn : ServiceLog::Level::info, "verification ended", fields);
}

/// Keeps what was found, however long the disk is full; false when it is forgotten, or the service ends before.
bool Verifications::keep_end(const std::shared_ptr<Live>& live, const StoredVerification& row,
                             const std::string& page) {
    std::unique_lock lock(mutex_);
    while (!live->is_forgotten && !keep(row, page)) {
        if (is_closing_) return false;
        changed_.wait_for(lock, space_pause, [this] { return is_closing_; });
    }
    if (live->is_forgotten) return false;
    live_.erase(row.id);
    return true;
}

/// Waits until there is space; false when it is to end before.
bool Verifications::wait_for_space(const Live& live) {
    std::unique_lock lock(mutex_);
    while (!live.stop.requested() && !is_closing_ && !runs_.has_space())
        changed_.wait_for(lock, space_pause, [this] { return is_closing_; });
    return !live.stop.requested() && !is_closing_;
}

Result<VerifyOutcome> Verifications::outcome_of(const StoredVerification& row, const StopToken& stop) try {
    auto run = runs_.find(row.run);
    if (!run) return std::unexpected(run.error());
    if (!*run) return fail(ErrorKind::invalid, "Run does not exist: " + row.run);
    auto subject = subject_of(**run);
    if (!subject) return std::unexpected(subject.error());
    if (parts_.verifier == nullptr) return fail(ErrorKind::invalid, "Service compares no copies");
    return parts_.verifier->verify(*subject, read_wishes(row.request), folder_, stop);
} catch (const std::exception& error) {
    return fail(ErrorKind::invalid, "Verification failed inside: " + std::string(error.what()));
}

bool Verifications::keep(const StoredVerification& row, const std::string& page) {
    const auto kept = store_->update(row, page);
    if (!kept) parts_.log.say(ServiceLog::Level::error, kept.error().message, {{"verification", row.id}});
    return kept.has_value();
}

Result<std::optional<StoredVerification>> Verifications::find(const std::string& id) {
    {
        std::lock_guard lock(mutex_);
        if (const auto found = live_.find(id); found != live_.end()) return found->second->row;
    }
    return store_->find(id);
}

Result<std::optional<std::string>> Verifications::page(const std::string& id) { return store_->page(id); }

Result<std::vector<StoredVerification>> Verifications::of_run(const std::string& run) { return store_->of_run(run); }

Result<std::optional<StoredVerification>> Verifications::stop(const std::string& id) {
    {
        std::lock_guard lock(mutex_);
        const auto found = live_.find(id);
        if (found != live_.end()) {
            const auto live = found->second;
            live->is_stop_asked = true;
            live->stop.request();
            if (live->is_running) return live->row;
            StoredVerification row = live->row;
            row.state = VerificationState::stopped;
            row.reason = "It was stopped before its turn";
            row.ended = parts_.time.now();
            if (auto kept = store_->update(row, ""); !kept) return std::unexpected(kept.error());
            std::erase(waiting_, live);
            live_.erase(found);
            return row;
        }
    }
    return store_->find(id);
}

void Verifications::forget(const std::string& run) {
    std::lock_guard lock(mutex_);
    for (auto one = live_.begin(); one != live_.end();) {
        const auto live = one->second;
        if (live->row.run != run) {
            ++one;
            continue;
        }
        live->is_forgotten = true;
        live->stop.request();
        std::erase(waiting_, live);
        one = live_.erase(one);
    }
    if (auto removed = store_->remove_of(run); !removed)
        parts_.log.say(ServiceLog::Level::error, removed.error().message, {{"run", run}});
}

void Verifications::shut_down() {
    {
        std::lock_guard lock(mutex_);
        is_closing_ = true;
        for (auto& [id, live] : live_) live->stop.request();
    }
    changed_.notify_all();
}

bool Verifications::is_idle() const {
    std::lock_guard lock(mutex_);
    return running_ == 0;
}

}  // namespace headwater
