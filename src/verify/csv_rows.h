// For reading CSV as RFC 4180 has it, row by row.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "verify/json_record.h"
#include "verify/landed_record.h"

namespace headwater {

/// One cell. Nothing between two delimiters is null, "" is the empty text.
struct CsvCell {
    std::string_view text;
    bool is_quoted = false;
};

/// Takes rows apart; used again for every row.
class CsvRow {
  public:
    explicit CsvRow(char delimiter) : delimiter_(delimiter) {}
    /// Reads the row at the front of `text`; gives its bytes with the line end, or 0 where the text ends inside it. `is_last`:
    /// nothing comes behind the text. A quote that nothing closes makes a row of all that is left.
    size_t read(std::string_view text, bool is_last);
    const std::vector<CsvCell>& cells() const { return cells_; }
    /// True when a quote stayed open or something stood behind one.
    bool is_broken() const { return is_broken_; }

  private:
    char delimiter_;
    std::vector<CsvCell> cells_;
    std::deque<std::string> unescaped_;
    bool is_broken_ = false;
};

/// Finds out what stands between the cells of a header: the delimiter by which most of its names are known.
char delimiter_of(std::string_view first_line, const std::vector<Shape>& shapes);

/// Turns rows of one object into records.
class CsvRecords {
  public:
    explicit CsvRecords(const std::vector<Shape>& shapes) : shapes_(shapes) {}
    /// Takes the first row. Gives true when it is a header; else it is a record, where a stream has so many fields.
    bool begin(const std::vector<CsvCell>& cells);
    /// Gives the shape of the rows, or -1.
    int shape() const { return shape_; }
    /// Counts the columns.
    size_t columns() const { return leaves_.size(); }
    /// Reads a row into the record, whose begin() was called; gives "" or why it cannot be read.
    std::string read(const CsvRow& row, LandedRecord& record, JsonRecords& json) const;

  private:
    static constexpr int unknown = -1;
    static constexpr int identity = -2;

    const std::vector<Shape>& shapes_;
    int shape_ = -1;
    std::vector<int> leaves_;  ///< by column
    std::vector<std::string> names_;
};

}  // namespace headwater
