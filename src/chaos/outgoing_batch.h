// For one batch on its way through the faults of its stream: what becomes of each record, and what the answer key says of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chaos/fault.h"
#include "data/batch.h"

namespace headwater {

/// A field whose values faults write: it gets a column of its own.
struct EditedField {
    std::string path;
    Field source;                  ///< as the generator makes it
    Storage storage;               ///< of the new column: u8, i32, i64, f64 or text
    int slot = 0;                  ///< of the new column
    std::vector<int64_t> entries;  ///< of an enumerated number: its values
};

/// The schema of a stream while faults prepare to break it.
class OutgoingShape {
  public:
    explicit OutgoingShape(const Schema& schema) : schema_(schema) {}

    const Schema& schema() const { return schema_; }
    /// Gives a field, or says that the stream has none of this name.
    Result<const Field*> field(const std::string& path) const;
    /// Gives the number of the edited field, after making it one.
    Result<int> edit(const std::string& path);

    Schema take() { return std::move(schema_); }
    std::vector<EditedField> take_edited() { return std::move(edited_); }

  private:
    Schema schema_;
    std::vector<EditedField> edited_;
};

/// One record as it is delivered.
struct OutgoingRow {
    uint32_t row = 0;                           ///< in the batch
    uint32_t place = 0;                         ///< of the record it is, or is made of, in the order of generation
    uint32_t shape = 0;                         ///< bits of the schema faults that struck it
    int64_t due = INT64_MIN;                    ///< held back until the stream reaches this instant
    int64_t passes = 0;                         ///< held back until so many later records have passed
    uint32_t damage_begin = 0, damage_end = 0;  ///< into OutgoingBatch::damages
};

/// One fault that struck one record, for the answer key.
struct Hit {
    uint32_t row = 0;
    uint32_t place = 0;  ///< in the order of generation
    uint32_t fault = 0;  ///< index into the stream's faults
    bool has_was = false, has_sent = false;
    std::string field;  ///< "" when the whole record is meant
    std::string was, sent;
};

/// Bytes to be broken once they are made.
struct Damage {
    uint32_t row = 0;
    uint32_t fault = 0;
    uint64_t base = 0;
};

/// Used by one worker, for one batch after the other.
class OutgoingBatch {
  public:
    OutgoingBatch(std::shared_ptr<const Schema> schema, const std::vector<EditedField>& edited);

    /// Takes the next batch, as it was generated; it must outlive what is read here. `late` holds by row how much behind its
    /// time a record arrives, in microseconds; null where none does.
    void begin(const Batch& batch, const int64_t* late = nullptr);
    /// Says which fault strikes from now on.
    void strike_with(uint32_t fault) { fault_ = fault; }
    /// Settles what is delivered.
    void finish();

    /// Gives the batch with the edited columns.
    const Batch& batch() const { return batch_; }
    /// Counts the records generated, and gives the row of the one at a place.
    uint32_t records() const { return batch_.rows; }
    uint32_t row_at(uint32_t place) const { return batch_.order != nullptr ? batch_.order[place] : place; }
    bool is_removed(uint32_t row) const { return removed_[row] != 0; }
    /// Gives the instant at which a record arrives that no fault holds back: its time, or later.
    int64_t arrival(uint32_t row) const {
        return (batch_.times == nullptr ? 0 : batch_.times[row]) + (late_ == nullptr ? 0 : late_[row]);
    }

    const std::vector<OutgoingRow>& rows() const { return rows_; }
    const std::vector<Hit>& hits() const { return hits_; }
    const std::vector<Damage>& damages() const { return damages_; }

    // What faults do.
    void remove(uint32_t row);
    /// Delivers the record once more, `delay_us` of the stream's time behind its arrival.
    void copy(uint32_t row, int64_t delay_us);
    void hold_until(uint32_t row, int64_t instant);
    void hold_for(uint32_t row, int64_t passes);
    void reshape(uint32_t row);
    void damage(uint32_t row, uint64_t base);
    /// Prints the present value of an edited field; false when it is null.
    bool print(int edited, uint32_t row, std::string& out) const;
    Storage storage_of(int edited) const { return edited_[static_cast<size_t>(edited)].storage; }
    bool is_null(int edited, uint32_t row) const { return columns_[static_cast<size_t>(edited)].null[row] != 0; }
    int64_t integer(int edited, uint32_t row) const;
    double real(int edited, uint32_t row) const;
    void set_null(int edited, uint32_t row);
    void set_integer(int edited, uint32_t row, int64_t value);
    void set_real(int edited, uint32_t row, double value);
    void set_text(int edited, uint32_t row, const std::string& value);

    /// Adds an entry of the answer key, about the whole record.
    void note(uint32_t row);
    void note_sent(uint32_t row, std::string sent);
    /// About one field, whose value was `was`; what is sent now is printed.
    void note_edit(uint32_t row, int edited, bool had_value, std::string was);
    void note_field(uint32_t row, std::string field, std::string was, std::string sent);

  private:
    struct Column {
        std::vector<uint8_t> bytes;
        std::vector<int32_t> i32;
        std::vector<int64_t> i64;
        std::vector<double> f64;
        std::vector<TextView> text;
        std::vector<uint8_t> null;
    };
    struct Copy {
        uint32_t row;
        int64_t due;
    };
    void fill(const EditedField& field, Column& column, const Batch& from);
    Hit& add_hit(uint32_t row);
    const char* keep(const std::string& text);

    const std::vector<EditedField>& edited_;
    Batch batch_;
    const int64_t* late_ = nullptr;
    uint32_t fault_ = 0;
    std::vector<Column> columns_;
    std::vector<std::unique_ptr<std::string>> texts_;  ///< what text columns point to
    size_t texts_used_ = 0;
    std::vector<uint32_t> places_;  ///< by row
    std::vector<uint8_t> removed_;
    std::vector<uint32_t> shapes_, struck_;  ///< by row, bits of faults
    std::vector<int64_t> due_, passes_;
    std::vector<Copy> copies_;
    std::vector<OutgoingRow> rows_;
    std::vector<Hit> hits_;
    std::vector<Damage> damages_;
};

}  // namespace headwater
