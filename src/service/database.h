// For the one file in which the service keeps what neither a crash nor a restart may lose, as tables of plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace headwater {

/// What a table has.
struct TableColumn {
    std::string_view name;
    std::string_view type;  ///< of SQL, with what a row of an earlier version gets: INTEGER NOT NULL DEFAULT 0
};

/// One value of a row; none of the others: NULL.
using DatabaseValue = std::variant<std::monostate, int64_t, double, std::string>;

/// SQLite with a write-ahead log. Any thread may use it. Failures are of the disk.
class Database {
  public:
    using Values = std::vector<DatabaseValue>;
    using Rows = std::vector<Values>;

    /// Opens the file, makes it when it is missing, and takes it for this process alone.
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    virtual ~Database() = default;

    /// Makes a table that is missing, with a `number` that counts its rows, and columns that an earlier version lacked.
    virtual Result<void> prepare(const std::string& table, const std::vector<TableColumn>& columns) = 0;
    /// Does what the SQL says; durable where `is_durable`, else soon. Gives the number of the row added last.
    virtual Result<int64_t> execute(const std::string& sql, const Values& values = {}, bool is_durable = true) = 0;
    virtual Result<Rows> query(const std::string& sql, const Values& values = {}) = 0;
    /// Does several things, all or none; nobody comes in between.
    /// Says that the file is not where it was, if so. SQLite would go on with it, and nobody would find its rows again.
    virtual Result<void> check_file() const = 0;
    /// Finds out whether rows could be kept now.
    virtual Result<void> probe() = 0;
    virtual Result<void> together(const std::function<Result<void>()>& work) = 0;
};

}  // namespace headwater
