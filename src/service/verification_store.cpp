// For keeping the verifications of the service where neither a crash nor a restart loses them.
#include "service/verification_store.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace headwater {

namespace {

constexpr std::array<std::string_view, 5> state_names{"accepted", "running", "completed", "stopped", "failed"};

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS verifications (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    is_clean INTEGER NOT NULL,
    created INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    report TEXT NOT NULL,
    page TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS verifications_by_run ON verifications (run);
CREATE INDEX IF NOT EXISTS verifications_by_state ON verifications (state);)";

constexpr const char* columns = "id, run, request, state, reason, is_clean, created, started, ended";

VerificationState state_of(const std::string& name) {
    const auto found = std::ranges::find(state_names, name);
    return found == state_names.end() ? VerificationState::failed
                                      : static_cast<VerificationState>(found - state_names.begin());
}

StoredVerification verification_of(SQLite::Statement& row) {
    StoredVerification one;
    int column = 0;
    auto text = [&] { return row.getColumn(column++).getString(); };
    auto number = [&] { return row.getColumn(column++).getInt64(); };
    one.id = text();
    one.run = text();
    one.request = text();
    one.state = state_of(text());
    one.reason = text();
    one.is_clean = number() != 0;
    one.created = number();
    one.started = number();
    one.ended = number();
    return one;
}

class SqliteVerificationStore final : public VerificationStore {
  public:
    explicit SqliteVerificationStore(const std::string& path)
        : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
        database_.exec("PRAGMA locking_mode = EXCLUSIVE");
        database_.exec("PRAGMA journal_mode = WAL");
        database_.exec("PRAGMA synchronous = FULL");
        database_.exec(tables);
    }

    Result<void> add(const StoredVerification& one) override {
        return guarded([&]() -> Result<void> {
            SQLite::Statement insert(database_, std::string("INSERT INTO verifications (") + columns +
                                                    ", report, page) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')");
            insert.bind(1, one.id);
            insert.bind(2, one.run);
            insert.bind(3, one.request);
            insert.bind(4, std::string(name_of(one.state)));
            insert.bind(5, one.reason);
            insert.bind(6, one.is_clean ? 1 : 0);
            insert.bind(7, one.created);
            insert.bind(8, one.started);
            insert.bind(9, one.ended);
            insert.exec();
            return {};
        });
    }

    Result<void> update(const StoredVerification& one, const std::string& page) override {
        return guarded([&]() -> Result<void> {
            SQLite::Statement update(database_,
                                     "UPDATE verifications SET state = ?, reason = ?, is_clean = ?, started = ?, "
                                     "ended = ?, report = ?, page = ? WHERE id = ?");
            update.bind(1, std::string(name_of(one.state)));
            update.bind(2, one.reason);
            update.bind(3, one.is_clean ? 1 : 0);
            update.bind(4, one.started);
            update.bind(5, one.ended);
            update.bind(6, one.report);
            update.bind(7, page);
            update.bind(8, one.id);
            update.exec();
            return {};
        });
    }

    Result<std::optional<StoredVerification>> find(const std::string& id) override {
        return guarded([&]() -> Result<std::optional<StoredVerification>> {
            SQLite::Statement query(database_,
                                    std::string("SELECT ") + columns + ", report FROM verifications WHERE id = ?");
            query.bind(1, id);
            if (!query.executeStep()) return std::nullopt;
            StoredVerification one = verification_of(query);
            one.report = query.getColumn(9).getString();
            return one;
        });
    }

    Result<std::optional<std::string>> page(const std::string& id) override {
        return guarded([&]() -> Result<std::optional<std::string>> {
            SQLite::Statement query(database_, "SELECT page FROM verifications WHERE id = ? AND page != ''");
            query.bind(1, id);
            if (!query.executeStep()) return std::nullopt;
            return query.getColumn(0).getString();
        });
    }

    Result<std::vector<StoredVerification>> of_run(const std::string& run) override {
        return list("run = ? ORDER BY number DESC", run);
    }

    Result<std::vector<StoredVerification>> unfinished() override {
        return list("state IN ('accepted', 'running') ORDER BY number", std::nullopt);
    }

    Result<void> remove_of(const std::string& run) override {
        return guarded([&]() -> Result<void> {
            SQLite::Statement remove(database_, "DELETE FROM verifications WHERE run = ?");
            remove.bind(1, run);
            remove.exec();
            return {};
        });
    }

  private:
    Result<std::vector<StoredVerification>> list(const std::string& condition,
                                                 const std::optional<std::string>& value) {
        return guarded([&]() -> Result<std::vector<StoredVerification>> {
            SQLite::Statement query(database_,
                                    std::string("SELECT ") + columns + " FROM verifications WHERE " + condition);
            if (value) query.bind(1, *value);
            std::vector<StoredVerification> all;
            while (query.executeStep()) all.push_back(verification_of(query));
            return all;
        });
    }

    template <typename Work>
    auto guarded(Work work) -> decltype(work()) {
        std::lock_guard lock(mutex_);
        try {
            return work();
        } catch (const SQLite::Exception& error) {
            return fail(ErrorKind::disk, std::string("Store of verifications fails: ") + error.what());
        }
    }

    std::mutex mutex_;
    SQLite::Database database_;
};

}  // namespace

std::string_view name_of(VerificationState state) { return state_names[static_cast<size_t>(state)]; }

Result<std::unique_ptr<VerificationStore>> VerificationStore::open(const std::string& path) {
    try {
        return std::make_unique<SqliteVerificationStore>(path);
    } catch (const SQLite::Exception& error) {
        return fail(ErrorKind::disk,
                    std::string("Store of verifications cannot be opened (") + error.what() + "): " + path);
    }
}

}  // namespace headwater
