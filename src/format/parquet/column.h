// For collecting the values of one field until a row group of them is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "format/format.h"

namespace arrow {
class Array;
class Buffer;
class DataType;
}  // namespace arrow

namespace headwater {

/// A leaf of the file's schema, and how its pages are best encoded.
struct ParquetLeaf {
    std::vector<std::string> path;
    bool dictionary = false;  ///< few different values
    bool delta = false;       ///< numbers that grow slowly
    bool text = false;        ///< values of any length
};

/// Collects one field, column by column; owned by one encoder.
class ParquetColumn {
  public:
    virtual ~ParquetColumn() = default;

    /// Appends the value of each row in `rows`, which number the rows of the field's slot.
    void append(const Batch& batch, std::span<const uint32_t> rows);
    /// Adds to weights[i] what rows[i] may need at most in a file.
    virtual void weigh(const Batch& batch, std::span<const uint32_t> rows, std::span<uint64_t> weights) const = 0;
    /// Shows everything appended as an Arrow array, which is valid until the next call of append or clear.
    std::shared_ptr<arrow::Array> array();
    /// Forgets what was appended and keeps the memory.
    virtual void clear();
    /// Counts the bytes that were appended, plainly encoded.
    virtual size_t bytes() const = 0;
    /// Lists the leaves below `path`.
    virtual void list_leaves(std::vector<std::string> path, std::vector<ParquetLeaf>& leaves) const;

    /// Gives the type of array() in the file's schema; a dictionary array counts as its values.
    const std::shared_ptr<arrow::DataType>& type() const { return type_; }
    bool nullable() const { return nullable_; }
    const std::string& name() const { return field_->name; }

  protected:
    ParquetColumn(const Field& field, std::shared_ptr<arrow::DataType> type);

    virtual void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t* null) = 0;
    /// Gives the array, its validity being `validity` with `nulls_` bits unset, or none.
    virtual std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) = 0;

    const Slot& slot(const Batch& batch) const { return batch.slots[static_cast<size_t>(field_->slot)]; }
    bool has_slot() const { return field_->slot >= 0; }

    const Field* field_;  ///< of the schema, which the encoder keeps
    std::shared_ptr<arrow::DataType> type_;
    bool nullable_;
    int64_t rows_ = 0;
    int64_t nulls_ = 0;

  private:
    std::vector<uint8_t> valid_;  ///< one byte a row, kept from the first null on
    std::vector<uint8_t> bits_;
};

/// Makes the column of a field and of those inside it. `nested` fields lie in a list, map or record.
/// Fails on values that the type cannot hold, such as a constant that does not read as a number.
Result<std::unique_ptr<ParquetColumn>> make_parquet_column(const Field& field, bool nested);
/// The parts of make_parquet_column, by family.
Result<std::unique_ptr<ParquetColumn>> make_number_column(const Field& field);
std::unique_ptr<ParquetColumn> make_text_column(const Field& field, bool nested);
Result<std::unique_ptr<ParquetColumn>> make_nested_column(const Field& field);
/// Makes the column `_headwater`; `field` gives its name.
std::unique_ptr<ParquetColumn> make_identity_column(const Field& field, const Schema& schema,
                                                    const IdentityOptions& identity);

/// Shows memory as an Arrow buffer without a copy.
std::shared_ptr<arrow::Buffer> wrap_bytes(const void* data, size_t size_bytes);

template <typename T>
std::shared_ptr<arrow::Buffer> wrap(const std::vector<T>& values) {
    return wrap_bytes(values.data(), values.size() * sizeof(T));
}

}  // namespace headwater
