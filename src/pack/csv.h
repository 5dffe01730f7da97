// For reading the CSV files that packs keep beside them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/meaning.h"
#include "pack/reader.h"

namespace headwater {

/// Splits RFC 4180 text into rows of cells; quotes, doubled quotes, CRLF and LF. Reports an open quote and ragged rows.
std::vector<std::vector<std::string>> read_csv(std::string_view text, const Reading& reading);

/// Makes a list of records of rows under a header: columns of whole numbers, numbers, truths or texts as all their cells read;
/// a column named weight weighs the rows. Reports what is wrong; gives null then.
std::shared_ptr<const ConstantList> list_of_csv(const std::string& name, std::string_view text, const Reading& reading);

/// Makes the table of one column from texts, of the narrowest type that all of them read as.
std::shared_ptr<const Table> column_of_texts(const std::vector<std::string>& cells, Type* type);

}  // namespace headwater
