// For records that faults struck, as they were delivered: their bytes in the run's own format, read as a copy is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/batch.h"
#include "format/format.h"
#include "verify/csv_rows.h"
#include "verify/json_record.h"
#include "verify/landed_record.h"

namespace headwater {

/// How a run wrote its records.
struct DeliveredForm {
    std::shared_ptr<const Format> format;  ///< null where a run made objects of columns
    IdentityOptions identity;
    char delimiter = ',';   ///< of CSV
    bool in_lines = false;  ///< in objects; else each record is the value of a message
};

/// Stands for a line without blanks.
uint64_t line_hash(std::string_view line);
/// Takes delivered bytes apart as a reader does: into lines where they lie in objects; without blanks, and without empty ones.
std::vector<std::string_view> landed_lines(std::string_view bytes, bool in_lines);

/// Gives a record without line end as JSON, where its format is none that is read otherwise; false when it is no record.
bool unwrap(const FormatKind* format, std::string_view bytes, std::string& json);

/// Used by one thread.
class DeliveredText {
  public:
    /// For records of a shape that have a schema of their own. Shapes and form must outlive it.
    DeliveredText(const std::vector<Shape>& shapes, int shape, const Schema& schema, const DeliveredForm& form);

    /// Gives a record's bytes without line end; valid until the next call.
    const std::string& bytes_of(const Batch& batch, uint32_t row);
    /// Reads bytes as a copy is read; null when they are no record.
    LandedRecord* read(const std::string& bytes);

  private:
    bool read_csv(const std::string& bytes);

    const Shape& shape_;
    const DeliveredForm& form_;
    int index_;
    int version_;
    std::unique_ptr<RecordEncoder> encoder_;
    std::vector<Shape> only_;  ///< the shape alone
    Payload payload_;
    LandedRecord record_;
    JsonRecords json_;
    std::string padded_;
};

}  // namespace headwater
