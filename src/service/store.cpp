// For keeping the runs of the service where neither a crash nor a restart loses them.
#include "service/store.h"

#include <algorithm>
#include <utility>

#include "service/run_fields.h"
#include "service/table.h"

namespace headwater {

namespace {

constexpr const char* over = "state IN ('completed', 'stopped', 'failed')";

std::vector<Kept<StoredRun>> run_columns() {
    std::vector<Kept<StoredRun>> columns;
    for (const RunField& field : run_fields())
        if (!field.kept.column.empty()) columns.push_back(field.kept);
    return columns;
}

}  // namespace

struct Store::Tables {
    explicit Tables(Database& database) : runs(database, "runs", run_columns()) {}
    StoreTable<StoredRun> runs;
};

Store::Store(Database& database) : database_(database), tables_(std::make_unique<Tables>(database)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Database& database) {
    std::unique_ptr<Store> store(new Store(database));
    if (auto made = store->tables_->runs.prepare(); !made) return std::unexpected(made.error());
    if (auto made = database.prepare("runs", {{"manifest", "TEXT"}}); !made) return std::unexpected(made.error());
    for (const char* sql :
         {"CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state)",
          "CREATE INDEX IF NOT EXISTS runs_unsettled ON runs (is_unsettled) WHERE is_unsettled = 1",
          "CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, run TEXT NOT NULL, digest TEXT NOT NULL, "
          "created INTEGER NOT NULL) STRICT, WITHOUT ROWID"})
        if (auto done = database.execute(sql); !done) return std::unexpected(done.error());
    return store;
}

Result<void> Store::add(StoredRun& run, const std::string& key, const std::string& digest) {
    return database_.together([&]() -> Result<void> {
        auto number = tables_->runs.add(run);
        if (!number) return std::unexpected(number.error());
        run.number = *number;
        if (key.empty()) return {};
        auto used =
            database_.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)", {key, run.id, digest, run.created});
        return used ? Result<void>{} : std::unexpected(used.error());
    });
}

Result<void> Store::update(const StoredRun& run, bool is_durable) {
    return tables_->runs.update(run, run.id, is_durable);
}

Result<void> Store::keep_manifest(const std::string& id, const std::string& manifest) {
    auto kept = database_.execute("UPDATE runs SET manifest = ? WHERE id = ?", {manifest, id});
    return kept ? Result<void>{} : std::unexpected(kept.error());
}

Result<std::optional<std::string>> Store::manifest(const std::string& id) {
    auto rows = database_.query("SELECT manifest FROM runs WHERE id = ? AND manifest IS NOT NULL", {id});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? std::nullopt : std::optional(std::get<std::string>(rows->front().front()));
}

Result<std::optional<StoredRun>> Store::find(const std::string& id) { return tables_->runs.find(id); }

Result<RunPage> Store::list(int64_t before, int most) {
    auto runs =
        tables_->runs.select("?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2", {before, int64_t{most} + 1});
    if (!runs) return std::unexpected(runs.error());
    RunPage page{std::move(*runs)};
    if (static_cast<int>(page.runs.size()) <= most) return page;
    page.runs.pop_back();
    page.next = page.runs.back().number;
    return page;
}

Result<std::vector<StoredRun>> Store::unfinished() {
    return tables_->runs.select("NOT " + std::string(over) + " ORDER BY number", {});
}

Result<std::vector<StoredRun>> Store::unsettled() {
    return tables_->runs.select("is_unsettled = 1 AND " + std::string(over) + " ORDER BY number", {});
}

Result<std::optional<KeyUse>> Store::use_of(const std::string& key, int64_t since) {
    auto removed = database_.execute("DELETE FROM keys WHERE created < ?", {since});
    if (!removed) return std::unexpected(removed.error());
    auto rows = database_.query("SELECT run, digest FROM keys WHERE key = ?", {key});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return std::nullopt;
    return KeyUse{std::get<std::string>(rows->front()[0]), std::get<std::string>(rows->front()[1])};
}

std::string_view name_of(LifeState state) {
    constexpr std::string_view names[] = {"accepted",  "provisioning", "running", "paused",      "draining",
                                          "completed", "stopped",      "failed",  "interrupted", "replaying"};
    return names[static_cast<size_t>(state)];
}

template <>
LifeState state_called(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(LifeState::replaying); ++i)
        if (name_of(static_cast<LifeState>(i)) == name) return static_cast<LifeState>(i);
    return LifeState::failed;
}

}  // namespace headwater
