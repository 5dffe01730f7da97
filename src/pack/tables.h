// For tables of a pack: rows that entities have, told as a stream of inserts, updates and deletes.
#pragma once

#include <string>
#include <vector>

#include "pack/streams.h"

namespace headwater {

/// A column whose values are keys of another table.
struct TableReference {
    std::string column;
    std::string table;
    Position at;
};

/// What a stream of a table has beside other streams.
struct PackTable {
    std::vector<Cell> columns;
    std::vector<std::string> keys;  ///< columns
    std::vector<TableReference> references;
    std::vector<Type> types;  ///< by column, once they are compiled
};

/// Reads `tables:` of a pack; each becomes one of its streams. Those that are referred to come before those that refer.
void add_tables(Pack& pack, const Node* tables);

/// Reports references of compiled tables to rows of another type, and to rows that may be gone.
void check_references(const Pack& pack);

}  // namespace headwater
