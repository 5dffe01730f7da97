// For CSV as RFC 4180 has it.
#pragma once

#include <memory>
#include <string>

#include "format/format.h"
#include "format/row_plan.h"

namespace headwater {

extern const FormatKind csv_kind;

/// Options of the CSV format.
struct CsvOptions {
    bool header = true;             ///< Put the names of the columns in the first line of every object.
    std::string line_end = "\n";    ///< What ends a line: "\n" or "\r\n".
    std::string delimiter = ",";    ///< What stands between cells: a comma, semicolon, tab or bar.
    bool records_are_json = false;  ///< A record is one cell of JSON instead of a column for each of its fields.
};

/// Tells what is wrong with the options, or nothing.
Result<void> check_csv_options(const CsvOptions& options);

/// Makes the format `csv`. Nested fields become columns with dotted names, or one cell of JSON as asked; lists and maps become JSON in one cell;
/// null is an empty cell, the empty text `""`. The options must have passed check_csv_options.
std::unique_ptr<Format> make_csv_format(const CsvOptions& options);

/// Compiles the steps of one record, identity and line end included.
std::vector<RowStep> compile_csv(const Schema& schema, const IdentityOptions& identity, const CsvOptions& options,
                                 bool narrow);

}  // namespace headwater
