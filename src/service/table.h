// For rows of one sort in a database, each known by its id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "service/database.h"
#include "service/kept.h"

namespace headwater {

template <typename Row>
class StoreTable {
  public:
    StoreTable(Database& database, std::string name, std::vector<Kept<Row>> columns)
        : database_(database), name_(std::move(name)), columns_(std::move(columns)) {
        for (const auto& one : columns_) names_ += (names_.empty() ? "" : ", ") + std::string(one.column);
    }

    Result<void> prepare() {
        std::vector<TableColumn> columns;
        for (const auto& one : columns_) columns.push_back({one.column, one.type});
        return database_.prepare(name_, columns);
    }

    /// Adds a row and gives its number.
    Result<int64_t> add(const Row& row) {
        Database::Values values;
        std::string places;
        for (const auto& one : columns_) {
            places += places.empty() ? "?" : ", ?";
            values.push_back(one.give(row));
        }
        return database_.execute("INSERT INTO " + name_ + " (" + names_ + ") VALUES (" + places + ")", values);
    }

    /// Writes what changes of a row.
    Result<void> update(const Row& row, const std::string& id, bool is_durable = true) {
        Database::Values values;
        std::string changed;
        for (const auto& one : columns_) {
            if (!one.changes) continue;
            changed += (changed.empty() ? "" : ", ") + std::string(one.column) + " = ?";
            values.push_back(one.give(row));
        }
        values.push_back(id);
        auto done = database_.execute("UPDATE " + name_ + " SET " + changed + " WHERE id = ?", values, is_durable);
        return done ? Result<void>{} : std::unexpected(done.error());
    }

    /// Gives the rows that a condition holds for, in the order that it says.
    Result<std::vector<Row>> select(const std::string& condition, const Database::Values& values) {
        auto found = database_.query("SELECT number, " + names_ + " FROM " + name_ + " WHERE " + condition, values);
        if (!found) return std::unexpected(found.error());
        std::vector<Row> rows(found->size());
        for (size_t i = 0; i < rows.size(); ++i) {
            rows[i].number = std::get<int64_t>((*found)[i][0]);
            for (size_t column = 0; column < columns_.size(); ++column)
                columns_[column].take(rows[i], (*found)[i][column + 1]);
        }
        return rows;
    }

    Result<std::optional<Row>> find(const std::string& id) {
        auto rows = select("id = ?", {id});
        if (!rows) return std::unexpected(rows.error());
        return rows->empty() ? std::nullopt : std::optional(std::move(rows->front()));
    }

  private:
    Database& database_;
    std::string name_;
    std::vector<Kept<Row>> columns_;
    std::string names_;  ///< of the columns
};

}  // namespace headwater
