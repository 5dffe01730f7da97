#include "service/database.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <mutex>
#include <utility>

namespace headwater {

namespace {

constexpr int version = 4;  ///< of the tables

void bind(SQLite::Statement& statement, int place, const DatabaseValue& value) {
    if (const auto* text = std::get_if<std::string>(&value))
        statement.bind(place, *text);
    else if (const auto* real = std::get_if<double>(&value))
        statement.bind(place, *real);
    else if (const auto* number = std::get_if<int64_t>(&value))
        statement.bind(place, *number);
    else
        statement.bind(place);
}

DatabaseValue value_of(const SQLite::Column& column) {
    if (column.isText()) return column.getString();
    if (column.isFloat()) return column.getDouble();
    if (column.isNull()) return std::monostate();
    return column.getInt64();
}

ino_t inode_of(const std::string& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

class SqliteDatabase final : public Database {
  public:
    explicit SqliteDatabase(const std::string& path)
        : path_(path), database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
        // Another process must not have it too: its runs would be taken for interrupted ones.
        database_.exec("PRAGMA locking_mode = EXCLUSIVE");
        database_.exec("PRAGMA journal_mode = WAL");
        database_.exec("PRAGMA synchronous = FULL");
        if (database_.execAndGet("PRAGMA user_version").getInt() != version)
            database_.exec("PRAGMA user_version = " + std::to_string(version));
        inode_ = inode_of(path_);
    }

    Result<void> prepare(const std::string& table, const std::vector<TableColumn>& columns) override {
        return guarded([&]() -> Result<void> {
            SQLite::Transaction transaction(database_);
            std::string text = "CREATE TABLE IF NOT EXISTS " + table + " (number INTEGER PRIMARY KEY AUTOINCREMENT";
            for (const auto& [name, type] : columns) text += ", " + std::string(name) + " " + std::string(type);
            database_.exec(text + ") STRICT");
            SQLite::Statement known(database_, "SELECT 1 FROM pragma_table_info(?) WHERE name = ?");
            for (const auto& [name, type] : columns) {
                known.bind(1, table);
                known.bind(2, std::string(name));
                const bool is_there = known.executeStep();
                known.reset();
                if (!is_there)
                    database_.exec("ALTER TABLE " + table + " ADD COLUMN " + std::string(name) + " " +
                                   std::string(type));
            }
            transaction.commit();
            return {};
        });
    }

    Result<int64_t> execute(const std::string& sql, const Values& values, bool is_durable) override {
        return guarded([&]() -> Result<int64_t> {
            if (auto there = check_file(); !there) return std::unexpected(there.error());
            if (!is_durable) database_.exec("PRAGMA synchronous = NORMAL");
            SQLite::Statement statement(database_, sql);
            for (size_t i = 0; i < values.size(); ++i) bind(statement, static_cast<int>(i) + 1, values[i]);
            statement.exec();
            if (!is_durable) database_.exec("PRAGMA synchronous = FULL");
            return database_.getLastInsertRowid();
        });
    }

    Result<Rows> query(const std::string& sql, const Values& values) override {
        return guarded([&]() -> Result<Rows> {
            SQLite::Statement statement(database_, sql);
            for (size_t i = 0; i < values.size(); ++i) bind(statement, static_cast<int>(i) + 1, values[i]);
            Rows rows;
            while (statement.executeStep()) {
                Values row;
                for (int i = 0; i < statement.getColumnCount(); ++i) row.push_back(value_of(statement.getColumn(i)));
                rows.push_back(std::move(row));
            }
            return rows;
        });
    }

    Result<void> probe() override {
        return guarded([&]() -> Result<void> {
            if (auto there = check_file(); !there) return there;
            database_.exec("PRAGMA user_version = " + std::to_string(version));
            return {};
        });
    }

    Result<void> together(const std::function<Result<void>()>& work) override {
        return guarded([&]() -> Result<void> {
            SQLite::Transaction transaction(database_);
            auto done = work();
            if (done) transaction.commit();
            return done;
        });
    }

    Result<void> check_file() const override {
        if (inode_of(path_) == inode_) return {};
        return fail(ErrorKind::disk,
                    "Store of runs was removed while the service has it; start the service anew: " + path_);
    }

  private:
    template <typename Work>
    std::invoke_result_t<Work> guarded(Work work) {
        std::lock_guard lock(mutex_);
        try {
            return work();
        } catch (const std::exception& error) {
            return fail(ErrorKind::disk, "Store of runs failed: " + std::string(error.what()));
        }
    }

    std::string path_;
    ino_t inode_ = 0;
    std::recursive_mutex mutex_;  ///< taken again by what is done together
    SQLite::Database database_;
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    try {
        return std::make_unique<SqliteDatabase>(path);
    } catch (const std::exception& error) {
        const std::string why = error.what();
        const bool is_taken = why.find("locked") != std::string::npos;
        return fail(
            is_taken ? ErrorKind::invalid : ErrorKind::disk,
            (is_taken ? "Another process has the store of runs: " : "Store of runs cannot be opened (" + why + "): ") +
                path);
    }
}

}  // namespace headwater
