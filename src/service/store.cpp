// For keeping the runs of the service where neither a crash nor a restart loses them.
#include "service/store.h"

#include <algorithm>
#include <utility>

#include "service/run_fields.h"
#include "service/table.h"

namespace headwater {

namespace {

constexpr const char* over = "state IN ('completed', 'stopped', 'failed')";

/// What rows have to be like, and the values of its places.
struct Condition {
    std::string text = "TRUE";
    Database::Values values;

    void add(const std::string& more, const Database::Values& of_more) {
        text += " AND " + more;
        values.insert(values.end(), of_more.begin(), of_more.end());
    }
};

std::string places(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
    return "(" + text + ")";
}

/// Spells a name in which * stands for any text as SQL has it.
std::string glob_of(const std::string& name) {
    std::string text;
    for (const char c : name) text += c == '?' || c == '[' ? std::string("[") + c + "]" : std::string(1, c);
    return text;
}

std::vector<Kept<StoredRun>> run_columns() {
    std::vector<Kept<StoredRun>> columns;
    for (const RunField& field : run_fields())
        if (!field.kept.column.empty()) columns.push_back(field.kept);
    return columns;
}

}  // namespace

bool RunFilter::has_state(LifeState state) const {
    return states.empty() || std::ranges::find(states, state) != states.end();
}

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

Result<RunPage> Store::list(int64_t before, int most, const RunFilter& filter, const RunsOnTheWay& now) {
    Condition condition;
    if (before != 0) condition.add("number < ?", {before});
    if (filter.is_emulation) condition.add("is_emulation = ?", {int64_t{*filter.is_emulation}});
    if (!filter.name.empty()) condition.add("name GLOB ?", {glob_of(filter.name)});
    if (!filter.states.empty()) {
        Database::Values values;
        for (const LifeState state : filter.states) values.push_back(std::string(name_of(state)));
        std::string text = "(state IN " + places(values.size()) + " AND id NOT IN " + places(now.not_listed.size()) +
                           " OR id IN " + places(now.listed.size()) + ")";
        values.insert(values.end(), now.not_listed.begin(), now.not_listed.end());
        values.insert(values.end(), now.listed.begin(), now.listed.end());
        condition.add(text, values);
    }
    condition.values.push_back(int64_t{most} + 1);
    auto runs = tables_->runs.select(condition.text + " ORDER BY number DESC LIMIT ?", condition.values);
    if (!runs) return std::unexpected(runs.error());
    RunPage page{std::move(*runs)};
    if (static_cast<int>(page.runs.size()) <= most) return page;
    page.runs.pop_back();
    page.next = page.runs.back().number;
    return page;
}

Result<std::vector<std::string>> Store::outdated(int64_t ended_before, int64_t most_kept) {
    constexpr int64_t most_at_once = 100;
    const std::string of_over = std::string("FROM runs WHERE ") + over;
    const std::string oldest_kept = "(SELECT number " + of_over + " ORDER BY number DESC LIMIT 1 OFFSET ?)";
    auto rows = database_.query("SELECT id " + of_over + " AND is_unsettled = 0 AND (ended < ? OR number < " +
                                    oldest_kept + ") ORDER BY number LIMIT ?",
                                {ended_before, most_kept - 1, most_at_once});
    if (!rows) return std::unexpected(rows.error());
    std::vector<std::string> ids;
    for (const auto& row : *rows) ids.push_back(std::get<std::string>(row.front()));
    return ids;
}

Result<void> Store::remove(const std::string& id) {
    return database_.together([&]() -> Result<void> {
        for (const char* sql : {"DELETE FROM runs WHERE id = ?", "DELETE FROM keys WHERE run = ?"})
            if (auto gone = database_.execute(sql, {id}); !gone) return std::unexpected(gone.error());
        return {};
    });
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
