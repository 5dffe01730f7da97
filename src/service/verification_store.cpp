// For keeping the verifications of the service where neither a crash nor a restart loses them.
#include "service/verification_store.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "service/table.h"

namespace headwater {

namespace {

constexpr std::array<std::string_view, 5> state_names{"accepted", "running", "completed", "stopped", "failed"};

using One = StoredVerification;

const std::vector<Kept<One>> columns{kept<&One::id>("id", "TEXT NOT NULL UNIQUE"),
                                     kept<&One::run>("run", "TEXT NOT NULL"),
                                     kept<&One::request>("request", "TEXT NOT NULL"),
                                     kept<&One::state>("state", "TEXT NOT NULL", changes),
                                     kept<&One::reason>("reason", "TEXT NOT NULL", changes),
                                     kept<&One::is_clean>("is_clean", "INTEGER NOT NULL", changes),
                                     kept<&One::created>("created", "INTEGER NOT NULL"),
                                     kept<&One::started>("started", "INTEGER NOT NULL", changes),
                                     kept<&One::ended>("ended", "INTEGER NOT NULL", changes)};

}  // namespace

struct VerificationStore::Rows : StoreTable<StoredVerification> {
    explicit Rows(Database& database) : StoreTable(database, "verifications", columns) {}
};

VerificationStore::VerificationStore(Database& database)
    : database_(database), rows_(std::make_unique<Rows>(database)) {}
VerificationStore::~VerificationStore() = default;

Result<std::unique_ptr<VerificationStore>> VerificationStore::open(Database& database, const std::string& earlier) {
    std::unique_ptr<VerificationStore> store(new VerificationStore(database));
    if (auto made = store->rows_->prepare(); !made) return std::unexpected(made.error());
    const std::vector<TableColumn> texts{{"report", "TEXT NOT NULL DEFAULT ''"}, {"page", "TEXT NOT NULL DEFAULT ''"}};
    if (auto made = database.prepare("verifications", texts); !made) return std::unexpected(made.error());
    for (const char* column : {"run", "state"}) {
        const std::string name = column;
        auto made = database.execute("CREATE INDEX IF NOT EXISTS verifications_by_" + name + " ON verifications (" +
                                     name + ")");
        if (!made) return std::unexpected(made.error());
    }
    if (auto taken = store->take_over(earlier); !taken) return std::unexpected(taken.error());
    return store;
}

/// Takes the rows of a database of their own, which they once had.
Result<void> VerificationStore::take_over(const std::string& earlier) {
    std::error_code error;
    if (!std::filesystem::exists(earlier, error)) return {};
    const std::string all = "id, run, request, state, reason, is_clean, created, started, ended, report, page";
    for (const std::string& sql : {std::string("ATTACH ? AS earlier"),
                                   "INSERT OR IGNORE INTO verifications (" + all + ") SELECT " + all +
                                       " FROM earlier.verifications ORDER BY number",
                                   std::string("DETACH earlier")}) {
        auto done = database_.execute(sql, sql.starts_with("ATTACH") ? Database::Values{earlier} : Database::Values{});
        if (!done) return std::unexpected(done.error());
    }
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(earlier + end, error);
    return {};
}

Result<void> VerificationStore::add(const StoredVerification& one) {
    auto added = rows_->add(one);
    return added ? Result<void>{} : std::unexpected(added.error());
}

Result<void> VerificationStore::update(const StoredVerification& one, const std::string& page) {
    return database_.together([&]() -> Result<void> {
        if (auto kept = rows_->update(one, one.id); !kept) return kept;
        auto kept =
            database_.execute("UPDATE verifications SET report = ?, page = ? WHERE id = ?", {one.report, page, one.id});
        return kept ? Result<void>{} : std::unexpected(kept.error());
    });
}

Result<std::optional<StoredVerification>> VerificationStore::find(const std::string& id) {
    auto one = rows_->find(id);
    if (!one || !*one) return one;
    auto report = text_of(id, "report");
    if (!report) return std::unexpected(report.error());
    (*one)->report = std::move(*report).value_or("");
    return one;
}

Result<std::optional<std::string>> VerificationStore::page(const std::string& id) { return text_of(id, "page"); }

Result<std::optional<std::string>> VerificationStore::text_of(const std::string& id, const std::string& column) {
    auto rows = database_.query("SELECT " + column + " FROM verifications WHERE id = ? AND " + column + " != ''", {id});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? std::nullopt : std::optional(std::get<std::string>(rows->front().front()));
}

Result<std::vector<StoredVerification>> VerificationStore::of_run(const std::string& run) {
    return rows_->select("run = ? ORDER BY number DESC", {run});
}

Result<std::vector<StoredVerification>> VerificationStore::unfinished() {
    return rows_->select("state IN ('accepted', 'running') ORDER BY number", {});
}

Result<void> VerificationStore::remove_of(const std::string& run) {
    auto removed = database_.execute("DELETE FROM verifications WHERE run = ?", {run});
    return removed ? Result<void>{} : std::unexpected(removed.error());
}

std::string_view name_of(VerificationState state) { return state_names[static_cast<size_t>(state)]; }

template <>
VerificationState state_called(std::string_view name) {
    const auto found = std::ranges::find(state_names, name);
    return found == state_names.end() ? VerificationState::failed
                                      : static_cast<VerificationState>(found - state_names.begin());
}

}  // namespace headwater
