// For saying how a record is written: literals and printed values in order, compiled from a schema by a row format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/batch.h"

namespace headwater {

/// Says what a step prints behind its prefix.
enum class Print : uint8_t {
    nothing,
    entry,  ///< an entry of a table, chosen by one or several indices
    integer,
    decimal,
    epoch,  ///< an instant as a count of its unit
    real,
    uuid,
    hex,  ///< 16 hex digits
    text,
    instant,
    date,
    duration,
    identity,  ///< the row's number, or entity-ordinal
    list,      ///< `body` for each item, `between` in between
    guard,     ///< `body`, or `absent` where a null mask says so
    cell,      ///< `body`, put in quotes as CSV needs it
};

/// Says how free text is made safe at run time.
enum class Escape : uint8_t { none, json, csv };

/// One digit of the mixed-radix number that chooses an entry.
struct Index {
    int slot = -1;  ///< column of indices; -1 when only the nulls choose
    Storage storage = Storage::index8;
    int64_t low = 0;         ///< taken off the column's value
    uint32_t count = 1;      ///< entries for values; one more, the last, for null where there are `nulls`
    std::vector<int> nulls;  ///< slots whose masks make the value null

    uint32_t radix() const { return count + (nulls.empty() ? 0 : 1); }
};

/// Prints a literal, then one value.
struct RowStep {
    Print print = Print::nothing;
    Escape escape = Escape::none;
    Storage storage = Storage::i64;
    uint8_t scale = 0;
    InstantForm form = InstantForm::iso;
    TimeUnit unit = TimeUnit::milli;
    char delimiter = ',';  ///< CSV text and cells
    bool plain = false;    ///< text: holds nothing that JSON escapes
    std::string prefix;
    int slot = -1;
    std::vector<int> nulls;   ///< slots whose masks leave the value out
    int64_t low = INT64_MIN;  ///< bounds of integers; the writer checks them
    int64_t high = INT64_MAX;
    std::vector<Index> indices;        ///< entry; the first index is the most significant
    std::vector<std::string> entries;  ///< entry
    std::vector<RowStep> body;         ///< list, guard, cell
    std::string between;               ///< list
    std::string absent;                ///< guard; real: instead of what is not finite
};

/// How a format spells values. JSON and CSV cells differ in this and in what stands between the values.
struct Dialect {
    Escape escape = Escape::none;  ///< of free text
    std::string_view quote;        ///< around values of quoted types
    std::string_view null;
    char delimiter = ',';                                    ///< CSV
    std::string (*spell)(std::string_view, char) = nullptr;  ///< makes a constant text safe to stand between quotes
};

/// Collects steps; merges literals, folds them into tables and multiplies neighbouring tables while these stay small.
class RowPlan {
  public:
    /// With `narrow` the bounds of fields are relied on (and checked for each batch), else ignored.
    explicit RowPlan(bool narrow) : narrow_(narrow) {}

    /// Adds a constant to the literal in front of the next value.
    void literal(std::string_view text) { pending_ += text; }
    /// Adds `present` where no mask of `nulls` is set, else `absent`.
    void guarded(const std::vector<int>& nulls, std::string_view present, std::string_view absent);
    /// Adds a step; the pending literal becomes its prefix.
    void add(RowStep step);
    /// Adds a value that holds no others, absent where a mask of `nulls` or its own is set.
    void scalar(const Field& field, std::vector<int> nulls, const Dialect& dialect);
    /// Adds the row's identity behind literals; `row` numbers or `entity-ordinal`.
    void identity();
    bool narrow() const { return narrow_; }

    /// Ends the plan and gives its steps; no prefix is longer than `max_prefix`.
    std::vector<RowStep> finish();
    static constexpr size_t max_prefix = 32;

  private:
    void dictionary(const Field& field, const std::vector<int>& nulls, const Dialect& dialect,
                    std::vector<std::string> values);
    void number(const Field& field, const std::vector<int>& nulls, const Dialect& dialect, Print print);
    void quoted(RowStep step, const Dialect& dialect);
    void cut(const Field& field, const std::vector<int>& nulls, const Dialect& dialect);

    bool narrow_;
    std::string pending_;
    std::vector<RowStep> steps_;
};

/// Adds the field's own null mask, if it may have one, to those of what holds it.
std::vector<int> with_own_null(std::vector<int> nulls, const Field& field);

}  // namespace headwater
