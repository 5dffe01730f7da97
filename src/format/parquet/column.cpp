// For what all columns share: nulls, memory, and the choice of a column by type.
#include "format/parquet/column.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <algorithm>

#include "base/check.h"

namespace headwater {

std::shared_ptr<arrow::Buffer> wrap_bytes(const void* data, size_t size_bytes) {
    static constexpr uint8_t nothing[1] = {};
    const auto* bytes = size_bytes == 0 ? nothing : static_cast<const uint8_t*>(data);
    return std::make_shared<arrow::Buffer>(bytes, static_cast<int64_t>(size_bytes));
}

ParquetColumn::ParquetColumn(const Field& field, std::shared_ptr<arrow::DataType> type)
    : field_(&field), type_(std::move(type)), nullable_(field.nullable || field.type.kind == Kind::null) {}

void ParquetColumn::append(const Batch& batch, std::span<const uint32_t> rows) {
    const uint8_t* null = has_slot() ? slot(batch).null : nullptr;
    const bool always = field_->type.kind == Kind::null;
    if (null == nullptr && !always) {
        if (!valid_.empty()) valid_.insert(valid_.end(), rows.size(), 1);
    } else {
        valid_.resize(static_cast<size_t>(rows_), 1);
        for (const uint32_t row : rows) {
            const bool is_null = always || null[row] != 0;
            valid_.push_back(is_null ? 0 : 1);
            nulls_ += is_null;
        }
        HW_CHECK(nulls_ == 0 || nullable_);
    }
    append_values(batch, rows, null);
    rows_ += static_cast<int64_t>(rows.size());
}

std::shared_ptr<arrow::Array> ParquetColumn::array() {
    if (nulls_ == 0) return make_array(nullptr);
    bits_.assign((valid_.size() + 7) / 8, 0);
    for (size_t i = 0; i < valid_.size(); ++i) bits_[i / 8] |= static_cast<uint8_t>(valid_[i] << (i % 8));
    return make_array(wrap(bits_));
}

void ParquetColumn::clear() {
    rows_ = 0;
    nulls_ = 0;
    valid_.clear();
}

void ParquetColumn::list_leaves(std::vector<std::string> path, std::vector<ParquetLeaf>& leaves) const {
    ParquetLeaf leaf{std::move(path)};
    constexpr uint64_t few = 65536;
    const bool counted = field_->type.kind == Kind::integer || field_->type.kind == Kind::decimal;
    const uint64_t range = static_cast<uint64_t>(field_->high) - static_cast<uint64_t>(field_->low);
    const bool listed = field_->storage == Storage::index8 || field_->storage == Storage::index32 ||
                        field_->storage == Storage::literal || field_->type.kind == Kind::enumeration;
    leaf.dictionary = listed || field_->type.kind == Kind::date || (counted && range < few);
    const Kind kind = field_->type.kind;
    leaf.text = kind == Kind::text || kind == Kind::uuid || kind == Kind::enumeration || kind == Kind::null;
    leaf.delta = !leaf.dictionary && field_->type.kind == Kind::instant;
    leaves.push_back(std::move(leaf));
}

Result<std::unique_ptr<ParquetColumn>> make_parquet_column(const Field& field, bool nested) {
    switch (field.type.kind) {
        case Kind::null:
        case Kind::text:
        case Kind::uuid:
        case Kind::enumeration: return make_text_column(field, nested);
        case Kind::list:
        case Kind::record:
        case Kind::map: return make_nested_column(field);
        default: return make_number_column(field);
    }
}

}  // namespace headwater
