// For keeping the runs of the service where neither a crash nor a restart loses them.
#include "service/store.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    is_emulation INTEGER NOT NULL,
    key_field TEXT NOT NULL,
    name TEXT NOT NULL,
    scenario TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    plan TEXT NOT NULL,
    seed TEXT NOT NULL,
    real_limit_us INTEGER NOT NULL,
    is_stop_asked INTEGER NOT NULL,
    created INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    counts TEXT NOT NULL,
    manifest TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    digest TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;)";

/// What the second version added.
constexpr const char* second_version = R"(
BEGIN;
ALTER TABLE runs ADD COLUMN is_pause_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN asked_rate REAL NOT NULL DEFAULT -1;
ALTER TABLE runs ADD COLUMN planned_rate REAL NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN ttl_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE runs ADD COLUMN hook TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN cleaning TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN is_unsettled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_unsettled ON runs (is_unsettled) WHERE is_unsettled = 1;
PRAGMA user_version = 2;
COMMIT;
)";

/// What the third version added.
constexpr const char* third_version = R"(
BEGIN;
ALTER TABLE runs ADD COLUMN switches TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 3;
COMMIT;
)";

constexpr const char* columns =
    "number, id, is_emulation, key_field, name, scenario, request, state, reason, plan, seed, real_limit_us, "
    "is_stop_asked, created, started, ended, counts, is_pause_asked, asked_rate, planned_rate, ttl_us, hook, "
    "cleaning, switches";

std::string counts_text(const RunCounts& counts) {
    Json streams = Json::array();
    for (const auto& [name, records] : counts.streams) streams.push_back({name, records});
    Json sinks = Json::array(), changes = Json::array();
    for (const SinkProgress& sink : counts.sinks)
        sinks.push_back({sink.name, sink.to, sink.is_answer_key, sink.records, sink.acknowledged});
    for (const RunChange& change : counts.changes)
        changes.push_back({static_cast<int>(change.kind), change.rate, change.instant, change.at});
    Json faults = Json::array();
    for (const FaultCount& fault : counts.faults) faults.push_back({fault.stream, fault.name, fault.strokes});
    return spell_json({{"records", counts.records},
                       {"bytes", counts.bytes},
                       {"elapsed_us", counts.elapsed_us},
                       {"lag_us", counts.lag_us},
                       {"share", counts.share},
                       {"instant", counts.instant},
                       {"limited_by", counts.limited_by},
                       {"dead_letters", counts.dead_letters},
                       {"rate", counts.rate},
                       {"waiting_for", counts.waiting_for},
                       {"failures", counts.failures},
                       {"last_error", counts.last_error},
                       {"sinks", sinks},
                       {"changes", changes},
                       {"faults", faults},
                       {"streams", streams}});
}

void read_steered(const Json& json, RunCounts& counts) {
    json.at("rate").get_to(counts.rate);
    json.at("waiting_for").get_to(counts.waiting_for);
    json.at("failures").get_to(counts.failures);
    json.at("last_error").get_to(counts.last_error);
    for (const Json& one : json.at("sinks"))
        counts.sinks.push_back({one.at(0), one.at(1), one.at(2), one.at(3), one.at(4)});
    for (const Json& one : json.at("changes"))
        counts.changes.push_back({static_cast<RunChange::Kind>(one.at(0).get<int>()), one.at(1), one.at(2), one.at(3)});
}

RunCounts counts_of(const std::string& text) {
    const Json json = parse_json(text);
    RunCounts counts;
    json.at("records").get_to(counts.records);
    json.at("bytes").get_to(counts.bytes);
    json.at("elapsed_us").get_to(counts.elapsed_us);
    json.at("lag_us").get_to(counts.lag_us);
    json.at("share").get_to(counts.share);
    json.at("instant").get_to(counts.instant);
    json.at("limited_by").get_to(counts.limited_by);
    json.at("dead_letters").get_to(counts.dead_letters);
    for (const Json& one : json.value("faults", Json::array()))  // rows of earlier versions have none
        counts.faults.push_back({one.at(0), one.at(1), one.at(2)});
    if (json.contains("sinks")) read_steered(json, counts);  // rows of the first version have none
    for (const Json& stream : json.at("streams")) counts.streams.emplace_back(stream.at(0), stream.at(1));
    return counts;
}

std::string hook_text(const Webhook& hook) {
    if (hook.url.empty()) return "";
    return spell_json({{"url", hook.url},
                       {"state", static_cast<int>(hook.state)},
                       {"attempts", hook.attempts},
                       {"next", hook.next},
                       {"ended", hook.ended},
                       {"status", hook.status},
                       {"reason", hook.reason}});
}

Webhook hook_of(const std::string& text) {
    if (text.empty()) return {};
    const Json json = parse_json(text);
    Webhook hook{.url = json.at("url"), .state = static_cast<Webhook::State>(json.at("state").get<int>())};
    json.at("attempts").get_to(hook.attempts);
    json.at("next").get_to(hook.next);
    json.at("ended").get_to(hook.ended);
    json.at("status").get_to(hook.status);
    json.at("reason").get_to(hook.reason);
    return hook;
}

std::string cleaning_text(const Cleaning& cleaning) {
    if (cleaning.state == Cleaning::State::none) return "";
    return spell_json({{"state", static_cast<int>(cleaning.state)},
                       {"next", cleaning.next},
                       {"ended", cleaning.ended},
                       {"objects", cleaning.objects},
                       {"removed", cleaning.removed},
                       {"kept", cleaning.kept},
                       {"reason", cleaning.reason}});
}

Cleaning cleaning_of(const std::string& text) {
    if (text.empty()) return {};
    const Json json = parse_json(text);
    Cleaning cleaning{.state = static_cast<Cleaning::State>(json.at("state").get<int>())};
    json.at("next").get_to(cleaning.next);
    json.at("ended").get_to(cleaning.ended);
    json.at("objects").get_to(cleaning.objects);
    json.at("removed").get_to(cleaning.removed);
    json.at("kept").get_to(cleaning.kept);
    json.at("reason").get_to(cleaning.reason);
    return cleaning;
}

std::string switches_text(const std::vector<RunSwitch>& switches) {
    if (switches.empty()) return "";
    Json all = Json::array();
    for (const RunSwitch& one : switches)
        all.push_back({static_cast<int>(one.kind), one.name, one.entry, one.lasts, one.from, one.ends, one.until,
                       one.is_off_asked});
    return spell_json(all);
}

std::vector<RunSwitch> switches_of(const std::string& text) {
    std::vector<RunSwitch> switches;
    if (text.empty()) return switches;
    for (const Json& one : parse_json(text))
        switches.push_back({static_cast<RunSwitch::Kind>(one.at(0).get<int>()), one.at(1), one.at(2), one.at(3),
                            one.at(4), one.at(5), one.at(6), one.at(7)});
    return switches;
}

StoredRun run_of(SQLite::Statement& row) {
    StoredRun run;
    int column = 0;
    auto text = [&] { return row.getColumn(column++).getString(); };
    auto number = [&] { return row.getColumn(column++).getInt64(); };
    run.number = number();
    run.id = text();
    run.is_emulation = number() != 0;
    run.key_field = text();
    run.name = text();
    run.scenario = text();
    run.request = text();
    run.state = life_state_of(text());
    run.reason = text();
    run.plan = text();
    run.seed = std::stoull(text());
    run.real_limit_us = number();
    run.is_stop_asked = number() != 0;
    run.created = number();
    run.started = number();
    run.ended = number();
    run.counts = counts_of(text());
    run.is_pause_asked = number() != 0;
    run.asked_rate = row.getColumn(column++).getDouble();
    run.planned_rate = row.getColumn(column++).getDouble();
    run.ttl_us = number();
    run.hook = hook_of(text());
    run.cleaning = cleaning_of(text());
    run.switches = switches_of(text());
    return run;
}

class SqliteStore final : public Store {
  public:
    explicit SqliteStore(const std::string& path) : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
        // Another process must not have it too: its runs would be taken for interrupted ones.
        database_.exec("PRAGMA locking_mode = EXCLUSIVE");
        database_.exec("PRAGMA journal_mode = WAL");
        database_.exec("PRAGMA synchronous = FULL");
        database_.exec(tables);
        const int version = database_.execAndGet("PRAGMA user_version").getInt();
        if (version < 2) database_.exec(second_version);
        if (version < 3) database_.exec(third_version);
    }

    Result<void> add(StoredRun& run, const std::string& key, const std::string& digest) override {
        return guarded([&]() -> Result<void> {
            SQLite::Transaction transaction(database_);
            SQLite::Statement insert(
                database_,
                "INSERT INTO runs (id, is_emulation, key_field, name, scenario, request, state, reason, plan, "
                "seed, real_limit_us, is_stop_asked, created, started, ended, counts, planned_rate, ttl_us, hook, "
                "cleaning, "
                "is_unsettled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
            int place = 0;
            insert.bind(++place, run.id);
            insert.bind(++place, run.is_emulation ? 1 : 0);
            insert.bind(++place, run.key_field);
            insert.bind(++place, run.name);
            insert.bind(++place, run.scenario);
            insert.bind(++place, run.request);
            insert.bind(++place, std::string(name_of(run.state)));
            insert.bind(++place, run.reason);
            insert.bind(++place, run.plan);
            insert.bind(++place, std::to_string(run.seed));
            insert.bind(++place, run.real_limit_us);
            insert.bind(++place, run.is_stop_asked ? 1 : 0);
            insert.bind(++place, run.created);
            insert.bind(++place, run.started);
            insert.bind(++place, run.ended);
            insert.bind(++place, counts_text(run.counts));
            insert.bind(++place, run.planned_rate);
            insert.bind(++place, run.ttl_us);
            insert.bind(++place, hook_text(run.hook));
            insert.bind(++place, cleaning_text(run.cleaning));
            insert.bind(++place, is_unsettled(run) ? 1 : 0);
            insert.exec();
            run.number = database_.getLastInsertRowid();
            if (!key.empty()) {
                SQLite::Statement use(database_, "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)");
                use.bind(1, key);
                use.bind(2, run.id);
                use.bind(3, digest);
                use.bind(4, run.created);
                use.exec();
            }
            transaction.commit();
            return {};
        });
    }

    Result<void> update(const StoredRun& run, bool is_durable) override {
        return guarded([&]() -> Result<void> {
            database_.exec(is_durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            SQLite::Statement update(
                database_,
                "UPDATE runs SET state = ?, reason = ?, is_stop_asked = ?, started = ?, ended = ?, "
                "counts = ?, is_pause_asked = ?, asked_rate = ?, hook = ?, cleaning = ?, is_unsettled = ?, "
                "plan = ?, switches = ? WHERE id = ?");
            update.bind(1, std::string(name_of(run.state)));
            update.bind(2, run.reason);
            update.bind(3, run.is_stop_asked ? 1 : 0);
            update.bind(4, run.started);
            update.bind(5, run.ended);
            update.bind(6, counts_text(run.counts));
            update.bind(7, run.is_pause_asked ? 1 : 0);
            update.bind(8, run.asked_rate);
            update.bind(9, hook_text(run.hook));
            update.bind(10, cleaning_text(run.cleaning));
            update.bind(11, is_unsettled(run) ? 1 : 0);
            update.bind(12, run.plan);
            update.bind(13, switches_text(run.switches));
            update.bind(14, run.id);
            update.exec();
            database_.exec("PRAGMA synchronous = FULL");
            return {};
        });
    }

    Result<void> keep_manifest(const std::string& id, const std::string& manifest) override {
        return guarded([&]() -> Result<void> {
            SQLite::Statement update(database_, "UPDATE runs SET manifest = ? WHERE id = ?");
            update.bind(1, manifest);
            update.bind(2, id);
            update.exec();
            return {};
        });
    }

    Result<std::optional<std::string>> manifest(const std::string& id) override {
        return guarded([&]() -> Result<std::optional<std::string>> {
            SQLite::Statement query(database_, "SELECT manifest FROM runs WHERE id = ?");
            query.bind(1, id);
            if (!query.executeStep() || query.getColumn(0).isNull()) return std::nullopt;
            return query.getColumn(0).getString();
        });
    }

    Result<std::optional<StoredRun>> find(const std::string& id) override {
        return guarded([&]() -> Result<std::optional<StoredRun>> {
            SQLite::Statement query(database_, std::string("SELECT ") + columns + " FROM runs WHERE id = ?");
            query.bind(1, id);
            if (!query.executeStep()) return std::nullopt;
            return run_of(query);
        });
    }

    Result<RunPage> list(int64_t before, int most) override {
        return guarded([&]() -> Result<RunPage> {
            SQLite::Statement query(database_,
                                    std::string("SELECT ") + columns +
                                        " FROM runs WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2");
            query.bind(1, before);
            query.bind(2, most + 1);
            RunPage page;
            while (query.executeStep()) page.runs.push_back(run_of(query));
            if (static_cast<int>(page.runs.size()) > most) {
                page.runs.pop_back();
                page.next = page.runs.back().number;
            }
            return page;
        });
    }

    Result<std::vector<StoredRun>> unfinished() override {
        return runs_where("state NOT IN ('completed', 'stopped', 'failed')");
    }

    Result<std::vector<StoredRun>> unsettled() override {
        return runs_where("is_unsettled = 1 AND state IN ('completed', 'stopped', 'failed')");
    }

    Result<std::optional<KeyUse>> use_of(const std::string& key, int64_t since) override {
        return guarded([&]() -> Result<std::optional<KeyUse>> {
            SQLite::Statement old(database_, "DELETE FROM keys WHERE created < ?");
            old.bind(1, since);
            old.exec();
            SQLite::Statement query(database_, "SELECT run, digest FROM keys WHERE key = ?");
            query.bind(1, key);
            if (!query.executeStep()) return std::nullopt;
            return KeyUse{query.getColumn(0).getString(), query.getColumn(1).getString()};
        });
    }

  private:
    Result<std::vector<StoredRun>> runs_where(const std::string& condition) {
        return guarded([&]() -> Result<std::vector<StoredRun>> {
            SQLite::Statement query(
                database_, std::string("SELECT ") + columns + " FROM runs WHERE " + condition + " ORDER BY number");
            std::vector<StoredRun> runs;
            while (query.executeStep()) runs.push_back(run_of(query));
            return runs;
        });
    }

    template <typename Work>
    std::invoke_result_t<Work> guarded(Work work) {
        std::lock_guard lock(mutex_);
        try {
            return work();
        } catch (const std::exception& error) {
            return fail(ErrorKind::disk, "Store of runs failed: " + std::string(error.what()));
        }
    }

    std::mutex mutex_;
    SQLite::Database database_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    try {
        return std::make_unique<SqliteStore>(path);
    } catch (const std::exception& error) {
        const std::string why = error.what();
        const bool is_taken = why.find("locked") != std::string::npos;
        return fail(
            is_taken ? ErrorKind::invalid : ErrorKind::disk,
            (is_taken ? "Another process has the store of runs: " : "Store of runs cannot be opened (" + why + "): ") +
                path);
    }
}

std::string_view name_of(LifeState state) {
    constexpr std::string_view names[] = {"accepted",  "provisioning", "running", "paused",     "draining",
                                          "completed", "stopped",      "failed",  "interrupted"};
    return names[static_cast<size_t>(state)];
}

LifeState life_state_of(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(LifeState::interrupted); ++i)
        if (name_of(static_cast<LifeState>(i)) == name) return static_cast<LifeState>(i);
    return LifeState::failed;
}

}  // namespace headwater
