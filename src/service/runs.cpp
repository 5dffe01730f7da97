// For the runs of the service: accepted, kept, executed side by side, stopped, and gone on with after a restart.
#include "service/runs.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <utility>

#include "base/text.h"
#include "engine/manifest.h"
#include "pack/memory_need.h"
#include "service/live_run.h"
#include "service/switches.h"

namespace headwater {

namespace {

constexpr int64_t key_life_us = 24 * micros_per_hour;
constexpr uint64_t least_space_bytes = 64 << 10;  ///< that a run takes to be kept

/// Lists the packs of a plan, and those that they extend where clients gave these.
std::vector<RunPack> packs_of(const Plan& plan, const OfferedPacks& offered) {
    std::vector<RunPack> packs = offered.taken();
    for (const PackUse& use : plan.packs)
        if (std::ranges::find(packs, use.name, &RunPack::name) == packs.end())
            packs.push_back({use.name, use.version, ""});
    return packs;
}

}  // namespace

std::string random_uuid() {
    std::random_device device;
    std::string text;
    for (int i = 0; i < 32; ++i) {
        uint32_t digit = device() & 15;
        if (i == 12) digit = 4;
        if (i == 16) digit = 8 + (digit & 3);
        if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
        text += hex_digits[digit];
    }
    return text;
}

uint64_t random_seed() {
    std::random_device device;
    return ((static_cast<uint64_t>(device()) << 32) | device()) >> 11;
}

Runs::Runs(RunsOptions options, const ServiceParts& parts)
    : options_(std::move(options)), parts_(parts), at_the_root_(parts.components) {}

Runs::~Runs() {
    shut_down();
    for (auto& [id, live] : live_)
        if (live->thread.joinable()) live->thread.join();
    for (std::thread& thread : ended_) thread.join();
    history_.reset();
    aftermath_.reset();
}

Result<std::unique_ptr<Runs>> Runs::open(const RunsOptions& options, const ServiceParts& parts) {
    std::error_code error;
    std::filesystem::create_directories(options.folder + "/runs", error);
    if (error) return fail(ErrorKind::disk, "Data folder cannot be made (" + error.message() + "): " + options.folder);
    std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all, error);
    std::unique_ptr<Runs> runs(new Runs(options, parts));
    auto database = Database::open(options.folder + "/runs.db");
    if (!database) return std::unexpected(database.error());
    runs->database_ = std::move(*database);
    auto store = Store::open(*runs->database_);
    if (!store) return std::unexpected(store.error());
    runs->store_ = std::move(*store);
    auto packs = PackStore::open(*runs->database_);
    if (!packs) return std::unexpected(packs.error());
    runs->packs_ = std::move(*packs);
    Runs* own = runs.get();
    runs->aftermath_ = std::make_unique<Aftermath>(AftermathParts{
        *runs->store_, parts.time, parts.log, options.webhook_secret,
        [own]() -> Result<std::shared_ptr<Caller>> { return own->parts_.caller(own->parts_.egress->guard_of_calls()); },
        [own](const StoredRun& run) { return own->remove(run); }});
    if (auto begun = runs->aftermath_->begin(); !begun) return std::unexpected(begun.error());
    runs->history_ = std::make_unique<History>([own] { return own->forget_outdated(); });
    if (auto taken = runs->take_up(); !taken) return std::unexpected(taken.error());
    return runs;
}

/// Puts the runs of the process before this one in line, before everything that comes.
Result<void> Runs::take_up() {
    auto left = store_->unfinished();
    if (!left) return std::unexpected(left.error());
    std::unique_lock lock(mutex_);
    for (StoredRun& run : *left) {
        if (run.state != LifeState::accepted) {
            run.state = LifeState::interrupted;
            run.reason = "The service ended while it ran; it goes on";
            (void)keep(run, true);  // a full disk keeps nobody from going on
            parts_.log.say(ServiceLog::Level::info, "run goes on", {{"run", run.id}});
        }
        auto live = std::make_shared<Live>(run);
        if (run.is_stop_asked) live->stop.request();
        live_[run.id] = live;
        waiting_.push_back(live);
    }
    begin(lock);
    return {};
}

Result<Plan> Runs::plan_of(const StoredRun& run, std::optional<uint64_t> seed, const PackShelf& packs,
                           Diagnostics& diagnostics) const {
    LoadRequest request{.what = "scenario", .text = run.scenario, .pack_folders = parts_.pack_folders};
    request.shelf = &packs;
    request.seed = seed;
    request.now = run.created;
    add_switches(run.switches, request);
    // Real time ends an emulation, so nothing else may.
    if (run.is_emulation) request.counts = {"9000000000000000"};
    Loaded loaded = load(request);
    diagnostics = std::move(loaded.diagnostics);
    if (!loaded.plan) return fail(ErrorKind::invalid, "Scenario cannot be run");
    Plan plan = std::move(*loaded.plan);
    if (auto settled = parts_.settle(plan); !settled) return std::unexpected(settled.error());
    if (run.is_emulation) {
        for (OutputPlan& output : plan.outputs) {
            output.envelope = "emulation";
            output.options["key_field"] = run.key_field;
        }
    }
    return plan;
}

std::expected<StoredRun, OrderRefusal> Runs::accept(RunOrder order) {
    using Kind = OrderRefusal::Kind;
    auto refuse = [](Kind kind, std::string message) {
        return std::unexpected(OrderRefusal{kind, std::move(message), {}});
    };
    StoredRun run{.id = random_uuid(), .is_emulation = order.is_emulation, .scenario = std::move(order.scenario)};
    run.key_field = std::move(order.key_field);
    run.request = std::move(order.request);
    run.real_limit_us = order.real_limit_us;
    run.ttl_us = order.ttl_us;
    run.hook.url = order.hook;
    if (!order.hook.empty()) run.hook.state = Webhook::State::waiting;
    run.created = parts_.time.now();
    std::unique_lock keyed(keys_mutex_, std::defer_lock);
    if (!order.key.empty()) {
        keyed.lock();
        auto use = store_->use_of(order.key, run.created - key_life_us);
        if (!use) return refuse(Kind::disk, use.error().message);
        if (*use && (*use)->digest != order.digest)
            return refuse(Kind::reused_key, "Idempotency-Key stands for another request: " + order.key);
        auto found = *use ? find((*use)->run) : Result<std::optional<StoredRun>>(std::nullopt);
        if (found && *found) return std::move(**found);
    }
    {
        std::lock_guard lock(mutex_);
        if (auto refused = refusal_of_load()) return std::unexpected(std::move(*refused));
    }
    Diagnostics diagnostics;
    const OfferedPacks offered(*packs_);
    auto plan = plan_of(run, order.seed, offered, diagnostics);
    if (!plan && diagnostics.has_errors())
        return std::unexpected(OrderRefusal{Kind::mistakes, "", std::move(diagnostics)});
    if (!plan) return refuse(Kind::target, plan.error().message);
    if (std::string excess = excess_of(*plan); !excess.empty()) return refuse(Kind::target, std::move(excess));
    run.memory_bytes = memory_need_of(*plan);
    run.seed = plan->seed;
    run.planned_rate = run.counts.rate = plan->clock.rate;
    run.name = plan->scenario;
    run.packs = packs_of(*plan, offered);
    run.plan = run_id_of(*plan);
    auto live = std::make_shared<Live>(run);
    live->plan = std::make_shared<const Plan>(std::move(*plan));
    if (auto made = make(*live, std::nullopt); !made) return refuse(Kind::target, made.error().message);

    const auto add = [&](StoredRun& row) { return store_->add(row, order.key, order.digest); };
    if (auto enlisted = enlist(live, add); !enlisted) return std::unexpected(std::move(enlisted.error()));
    parts_.log.say(ServiceLog::Level::info, "run accepted", {{"run", run.id}, {"scenario", run.name}});
    return run;
}

/// Keeps a run that nobody else knows yet, and puts it in line.
std::expected<void, OrderRefusal> Runs::enlist(const std::shared_ptr<Live>& live,
                                               const std::function<Result<void>(StoredRun& row)>& keep) {
    std::unique_lock lock(mutex_);
    if (auto refused = refusal_of_load()) return std::unexpected(std::move(*refused));
    ++reserved_;
    lock.unlock();
    auto kept = keep(live->row);
    is_healthy_ = kept.has_value();
    lock.lock();
    --reserved_;
    if (!kept) return std::unexpected(OrderRefusal{OrderRefusal::Kind::disk, kept.error().message, {}});
    live_[live->row.id] = live;
    waiting_.push_back(live);
    begin(lock);
    return {};
}

/// Says why a run that is over cannot go on, or nothing.
std::string Runs::nothing_left_of(const StoredRun& run) const {
    if (run.state == LifeState::completed) return "Run has completed, so nothing is left to be made: " + run.id;
    if (run.cleaning.state != Cleaning::State::none) return "What the run made was removed: " + run.id;
    const auto journal = Journal(folder_of(run.id)).read();
    const bool can_begin = run.counts.records == 0 || (journal && *journal);
    return can_begin ? "" : "Journal of the run is gone, so nobody knows where it was: " + run.id;
}

std::expected<StoredRun, OrderRefusal> Runs::go_on(const StoredRun& over) {
    using Kind = OrderRefusal::Kind;
    auto refuse = [](Kind kind, std::string message) {
        return std::unexpected(OrderRefusal{kind, std::move(message), {}});
    };
    std::lock_guard alone(over_mutex_);
    const auto found = find(over.id);
    if (!found) return refuse(Kind::disk, found.error().message);
    if (!*found) return refuse(Kind::over, "Run does not exist: " + over.id);
    StoredRun run = **found;
    if (!is_over(run.state)) return run;
    if (std::string why = nothing_left_of(run); !why.empty()) return refuse(Kind::over, std::move(why));
    if (const auto plan = plan_of(run); !plan) return refuse(Kind::over, plan.error().message);
    if (!aftermath_->let_go(run.id)) return refuse(Kind::over, "What the run made is being removed: " + run.id);
    run.state = LifeState::accepted;
    run.reason.clear();
    run.ended = 0;
    run.is_stop_asked = run.is_pause_asked = false;
    ++run.resumed;
    if (!run.hook.url.empty()) run.hook = {.url = run.hook.url, .state = Webhook::State::waiting};
    const auto live = std::make_shared<Live>(run);
    const auto update = [&](const StoredRun& row) { return store_->update(row, true); };
    if (auto enlisted = enlist(live, update); !enlisted) {
        aftermath_->take(**found);
        return std::unexpected(std::move(enlisted.error()));
    }
    parts_.log.say(ServiceLog::Level::info, "run goes on", {{"run", run.id}});
    return run;
}

/// Says why no order is accepted now, or nothing.
std::optional<OrderRefusal> Runs::refusal_of_load() const {
    using Kind = OrderRefusal::Kind;
    if (closing_.requested()) return OrderRefusal{Kind::closing, "Service is shutting down", {}};
    const int waiting = static_cast<int>(waiting_.size()) + reserved_;
    if (running_ + waiting < options_.most_running + options_.most_waiting) return std::nullopt;
    return OrderRefusal{Kind::full, "Too many runs wait already: " + std::to_string(waiting), {}};
}

std::string Runs::store_trouble() const {
    if (!is_healthy_) return "The store of runs cannot be written to";
    struct statvfs disk{};
    const bool is_full =
        ::statvfs(options_.folder.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < least_space_bytes;
    return is_full ? "The disk of the data folder is full" : "";
}

void Runs::look_at_store() {
    const int64_t now = parts_.time.elapsed();
    if (now - looked_us_ < micros_per_second) return;
    looked_us_ = now;  // a store that is in order is not written to: that would take the thread's time
    auto probed = is_healthy_ ? database_->check_file() : database_->probe();
    if (is_healthy_.exchange(probed.has_value()) && !probed)
        parts_.log.say(ServiceLog::Level::error, probed.error().message, {});
}

bool Runs::has_room() const {
    std::lock_guard lock(mutex_);
    return !refusal_of_load();
}

std::string Runs::excess_of(const Plan& plan) const {
    const uint64_t need = memory_need_of(plan);
    if (need <= options_.run_memory_bytes) return "";
    auto in_mib = [](uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; };
    return "Run would need " + in_mib(need) + " of memory, and one may take " + in_mib(options_.run_memory_bytes) +
           " (--run-memory); ask for fewer entities or outputs: " + plan.scenario;
}

/// Lets as many runs begin as may run. Those that wait on hold nothing but their rows.
void Runs::begin(std::unique_lock<std::mutex>&) {
    const uint64_t most_bytes = options_.run_memory_bytes > UINT64_MAX / 4 ? UINT64_MAX : 4 * options_.run_memory_bytes;
    while (!closing_.requested() && running_ < options_.most_running && !waiting_.empty()) {
        const uint64_t need = waiting_.front()->row.memory_bytes;  // which never changes
        if (running_ > 0 && need > most_bytes - std::min(taken_bytes_, most_bytes)) break;
        auto live = std::move(waiting_.front());
        waiting_.pop_front();
        ++running_;
        taken_bytes_ += need;
        live->thread = std::thread([this, live] { execute(live); });
    }
    for (const auto& live : waiting_) {
        std::lock_guard lock(live->mutex);
        live->next.reset();
        live->plan.reset();
    }
}

void Runs::tell(const StoredRun& run) {
    ServiceLog::Fields fields{{"run", run.id},
                              {"state", std::string(name_of(run.state))},
                              {"records", std::to_string(run.counts.records)},
                              {"elapsed_ms", std::to_string(run.counts.elapsed_us / 1000)}};
    if (!run.reason.empty()) fields.emplace_back("reason", run.reason);
    const bool is_bad = run.state == LifeState::failed;
    parts_.log.say(is_bad ? ServiceLog::Level::warn : ServiceLog::Level::info, "run ended", fields);
}

Result<void> Runs::keep(const StoredRun& run, bool is_durable) {
    auto kept = store_->update(run, is_durable);
    if (is_healthy_.exchange(kept.has_value()) && !kept)
        parts_.log.say(ServiceLog::Level::error, kept.error().message, {});
    return kept;
}

Result<std::optional<StoredRun>> Runs::stop(const std::string& id) {
    std::shared_ptr<Live> live;
    bool is_waiting = false;
    {
        std::lock_guard lock(mutex_);
        const auto found = live_.find(id);
        if (found != live_.end()) {
            live = found->second;
            is_waiting = std::erase(waiting_, live) > 0;
            if (is_waiting) live_.erase(found);
            if (is_waiting) ++totals_.ended[1];
        }
    }
    if (live == nullptr) return store_->find(id);
    live->control.take_over();  // what waits to be switched on will not be
    live->stop.request();
    {
        std::lock_guard lock(live->mutex);
        if (is_over(live->row.state)) return live->row;
        live->row.is_stop_asked = true;
        if (is_waiting) {
            live->row.state = LifeState::stopped;
            live->row.ended = parts_.time.now();
            live->row.reason = "It was stopped before its turn";
        } else {
            live->row.state = LifeState::draining;
        }
    }
    if (auto kept = keep(live->copy(), true); !kept && is_waiting) return put_back(live, kept.error());
    if (is_waiting) aftermath_->take(live->copy());
    return live->copy();
}

/// Lets a run that was to end before its turn wait on, for its end cannot be kept.
std::unexpected<Error> Runs::put_back(const std::shared_ptr<Live>& live, const Error& why) {
    {
        std::lock_guard lock(live->mutex);
        live->row.state = LifeState::accepted;
        live->row.ended = 0;
        live->row.reason.clear();
    }
    std::unique_lock lock(mutex_);
    --totals_.ended[1];
    live_[live->row.id] = live;
    waiting_.push_front(live);
    begin(lock);
    return std::unexpected(why);
}

Result<std::optional<StoredRun>> Runs::clean(const std::string& id) {
    auto found = find(id);
    if (!found || !*found || !is_over((*found)->state)) return found;
    std::lock_guard alone(over_mutex_);
    found = find(id);
    if (!found || !*found || !is_over((*found)->state)) return found;
    auto asked = aftermath_->ask_to_remove(**found);
    if (!asked) return std::unexpected(asked.error());
    return std::move(*asked);
}

Result<Plan> Runs::plan_of(const StoredRun& run) const {
    Diagnostics diagnostics;
    auto plan = plan_of(run, run.seed, PinnedPacks(*packs_, run.packs), diagnostics);
    if (plan && run_id_of(*plan) != run.plan)
        return fail(ErrorKind::invalid, "Pack has changed since the run was accepted: " + run.name);
    return plan;
}

Result<std::optional<StoredRun>> Runs::steer(const std::string& id, const Steering& steering) {
    const std::shared_ptr<Live> live = live_run(id);
    if (live == nullptr) return store_->find(id);
    {
        std::lock_guard lock(live->mutex);
        StoredRun& row = live->row;
        if (is_over(row.state)) return row;
        row.is_pause_asked = steering.is_paused.value_or(row.is_pause_asked);
        row.asked_rate = steering.rate.value_or(row.asked_rate);
        // Under the mutex, so that of two that ask at once the same one wins here and in the store.
        if (row.is_pause_asked)
            live->control.pause();
        else
            live->control.go_on();
        live->control.set_rate(row.asked_rate);
    }
    (void)keep(live->copy(), true);
    return live->copy();
}

std::shared_ptr<Runs::Live> Runs::live_run(const std::string& id) const {
    std::lock_guard lock(mutex_);
    const auto found = live_.find(id);
    return found == live_.end() ? nullptr : found->second;
}

std::vector<StoredRun> Runs::going() const {
    std::lock_guard lock(mutex_);
    std::vector<StoredRun> runs;
    for (const auto& [id, live] : live_) runs.push_back(live->copy());
    return runs;
}

Result<std::optional<StoredRun>> Runs::find(const std::string& id) {
    const auto live = live_run(id);
    if (live == nullptr) return store_->find(id);
    StoredRun run = live->copy();
    return is_over(run.state) ? store_->find(id) : Result<std::optional<StoredRun>>(std::move(run));
}

Result<RunPage> Runs::list(int64_t before, int most, const RunFilter& filter) {
    RunsOnTheWay now;
    for (const StoredRun& run : going())
        if (!is_over(run.state)) (filter.has_state(run.state) ? now.listed : now.not_listed).push_back(run.id);
    auto page = store_->list(before, most, filter, now);
    if (!page) return page;
    std::lock_guard lock(mutex_);
    for (StoredRun& run : page->runs)
        if (const auto found = live_.find(run.id); found != live_.end()) {
            StoredRun present = found->second->copy();
            present.number = run.number;
            if (!is_over(present.state)) run = std::move(present);
        }
    // A state may have changed meanwhile: a page is then shorter, and never wrong.
    std::erase_if(page->runs, [&](const StoredRun& run) { return !filter.has_state(run.state); });
    return page;
}

std::expected<void, OrderRefusal> Runs::forget(const std::string& id) {
    auto refuse = [](OrderRefusal::Kind kind, std::string message) {
        return std::unexpected(OrderRefusal{kind, std::move(message), {}});
    };
    std::lock_guard alone(over_mutex_);
    const auto run = find(id);
    if (!run) return refuse(OrderRefusal::Kind::disk, run.error().message);
    if (!*run) return {};
    if (!is_over((*run)->state)) return refuse(OrderRefusal::Kind::over, "Run is not over; stop it first: " + id);
    const bool waits = (*run)->ttl_us >= 0 && (*run)->cleaning.state == Cleaning::State::none;
    if (waits)
        return refuse(OrderRefusal::Kind::over, "What the run made is still to be removed; clean it first: " + id);
    if (!aftermath_->let_go(id)) return refuse(OrderRefusal::Kind::over, "What the run made is being removed: " + id);
    std::error_code error;
    std::filesystem::remove_all(folder_of(id), error);
    if (auto removed = store_->remove(id); !removed) return refuse(OrderRefusal::Kind::disk, removed.error().message);
    (void)packs_->collect();  // what stays for now goes with the next one
    std::lock_guard lock(mutex_);
    if (removed_) removed_(id);
    return {};
}

/// Forgets some of the runs that need not be kept; true when there may be more of them.
bool Runs::forget_outdated() {
    const int64_t ended_before = options_.kept_us < 0 ? 0 : parts_.time.now() - options_.kept_us;
    const auto ids = store_->outdated(ended_before, options_.most_kept);
    if (!ids) return false;
    size_t forgotten = 0;
    for (const std::string& id : *ids) {
        if (closing_.requested()) return false;
        if (forget(id)) ++forgotten;
    }
    if (forgotten > 0) parts_.log.say(ServiceLog::Level::info, "runs forgotten", {{"runs", std::to_string(forgotten)}});
    return forgotten > 0;
}

Result<std::optional<std::string>> Runs::manifest(const std::string& id) {
    const auto run = find(id);
    if (!run) return std::unexpected(run.error());
    // One that was taken up again has that of its last end until the next one.
    return *run && is_over((*run)->state) ? store_->manifest(id) : std::nullopt;
}

RunTotals Runs::totals() const {
    std::lock_guard lock(mutex_);
    RunTotals totals = totals_;
    for (const auto& [id, live] : live_) {
        const StoredRun run = live->copy();
        ++totals.by_state[run.state];
        totals.records += run.counts.records;
        totals.bytes += run.counts.bytes;
        totals.lag_us = std::max(totals.lag_us, run.counts.lag_us);
        for (const RunSwitch& one : run.switches)
            if (one.from >= 0 && !one.is_over(run.counts.instant)) ++totals.on[static_cast<size_t>(one.kind)];
    }
    return totals;
}

void Runs::shut_down() {
    std::lock_guard lock(mutex_);
    closing_.request();
    for (auto& [id, live] : live_) {
        if (!live->thread.joinable()) continue;
        if (options_.hands_over && !live->copy().is_stop_asked) live->control.hand_over();
        live->stop.request();
    }
}

bool Runs::is_idle() {
    std::vector<std::thread> ended;
    bool is_idle = false;
    {
        std::lock_guard lock(mutex_);
        ended.swap(ended_);
        is_idle = running_ == 0;
    }
    for (std::thread& thread : ended) thread.join();
    return is_idle;
}

void Runs::when_removed(std::function<void(const std::string& id)> told) {
    std::lock_guard lock(mutex_);
    removed_ = std::move(told);
}

}  // namespace headwater
