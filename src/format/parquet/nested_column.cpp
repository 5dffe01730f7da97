// For columns that hold others: records, lists, maps.
#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include "format/parquet/column.h"

namespace headwater {
namespace {

using Columns = std::vector<std::unique_ptr<ParquetColumn>>;

std::shared_ptr<arrow::Field> arrow_field(const ParquetColumn& column) {
    return arrow::field(column.name(), column.type(), column.nullable());
}

std::shared_ptr<arrow::DataType> record_type(const Columns& children) {
    arrow::FieldVector fields;
    for (const auto& child : children) fields.push_back(arrow_field(*child));
    return arrow::struct_(std::move(fields));
}

class RecordColumn final : public ParquetColumn {
  public:
    RecordColumn(const Field& field, Columns children)
        : ParquetColumn(field, record_type(children)), children_(std::move(children)) {}

    void weigh(const Batch& batch, std::span<const uint32_t> rows, std::span<uint64_t> weights) const override {
        for (const auto& child : children_) child->weigh(batch, rows, weights);
    }
    size_t bytes() const override {
        size_t sum = 0;
        for (const auto& child : children_) sum += child->bytes();
        return sum;
    }
    void clear() override {
        ParquetColumn::clear();
        for (const auto& child : children_) child->clear();
    }
    void list_leaves(std::vector<std::string> path, std::vector<ParquetLeaf>& leaves) const override {
        for (const auto& child : children_) {
            auto below = path;
            below.push_back(child->name());
            child->list_leaves(std::move(below), leaves);
        }
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t*) override {
        for (const auto& child : children_) child->append(batch, rows);
    }
    std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) override {
        arrow::ArrayDataVector parts;
        for (const auto& child : children_) parts.push_back(child->array()->data());
        return arrow::MakeArray(arrow::ArrayData::Make(type_, rows_, {std::move(validity)}, std::move(parts), nulls_));
    }

  private:
    Columns children_;
};

/// Lists have one child, maps two: key and value.
class ListColumn final : public ParquetColumn {
  public:
    ListColumn(const Field& field, std::shared_ptr<arrow::DataType> type, Columns children)
        : ParquetColumn(field, std::move(type)), children_(std::move(children)) {}

    void weigh(const Batch& batch, std::span<const uint32_t> rows, std::span<uint64_t> weights) const override {
        const std::vector<uint32_t> inner = inner_rows(batch, rows);
        std::vector<uint64_t> inner_weights(inner.size(), 0);
        for (const auto& child : children_) child->weigh(batch, inner, inner_weights);
        std::vector<ParquetLeaf> leaves;
        list_leaves({}, leaves);
        const uint32_t* offsets = slot(batch).offsets;
        size_t at = 0;
        for (size_t i = 0; i < rows.size(); ++i) {
            weights[i] += 4 * leaves.size();  // levels of an empty or null list
            if (is_null(batch, rows[i])) continue;
            for (uint32_t count = offsets[rows[i] + 1] - offsets[rows[i]]; count > 0; --count) {
                weights[i] += inner_weights[at++] + 2 * leaves.size();
            }
        }
    }
    size_t bytes() const override {
        size_t sum = offsets_.size() * sizeof(int32_t);
        for (const auto& child : children_) sum += child->bytes();
        return sum;
    }
    void clear() override {
        ParquetColumn::clear();
        for (const auto& child : children_) child->clear();
        offsets_.assign(1, 0);
    }
    void list_leaves(std::vector<std::string> path, std::vector<ParquetLeaf>& leaves) const override {
        const bool map = children_.size() == 2;
        path.push_back(map ? "key_value" : "list");
        for (size_t i = 0; i < children_.size(); ++i) {
            auto below = path;
            below.push_back(!map ? "element" : i == 0 ? "key" : "value");
            children_[i]->list_leaves(std::move(below), leaves);
        }
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t*) override {
        const uint32_t* offsets = slot(batch).offsets;
        for (const uint32_t row : rows) {
            const uint32_t count = is_null(batch, row) ? 0 : offsets[row + 1] - offsets[row];
            offsets_.push_back(offsets_.back() + static_cast<int32_t>(count));
        }
        const std::vector<uint32_t> inner = inner_rows(batch, rows);
        for (const auto& child : children_) child->append(batch, inner);
    }

    std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) override {
        arrow::ArrayDataVector parts;
        for (const auto& child : children_) parts.push_back(child->array()->data());
        if (parts.size() == 2) {
            const auto& entry = type_->field(0)->type();
            const int64_t count = offsets_.back();
            parts = {arrow::ArrayData::Make(entry, count, {nullptr}, std::move(parts), 0)};
        }
        return arrow::MakeArray(
            arrow::ArrayData::Make(type_, rows_, {std::move(validity), wrap(offsets_)}, std::move(parts), nulls_));
    }

  private:
    bool is_null(const Batch& batch, uint32_t row) const {
        const uint8_t* null = slot(batch).null;
        return null != nullptr && null[row] != 0;
    }

    std::vector<uint32_t> inner_rows(const Batch& batch, std::span<const uint32_t> rows) const {
        std::vector<uint32_t> inner;
        const uint32_t* offsets = slot(batch).offsets;
        for (const uint32_t row : rows) {
            if (is_null(batch, row)) continue;
            for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) inner.push_back(i);
        }
        return inner;
    }

    Columns children_;
    std::vector<int32_t> offsets_{0};
};

}  // namespace

Result<std::unique_ptr<ParquetColumn>> make_nested_column(const Field& field) {
    Columns children;
    for (const Field& inner : field.children) {
        auto child = make_parquet_column(inner, true);
        if (!child) return std::unexpected(child.error());
        children.push_back(std::move(*child));
    }
    const size_t wanted = field.type.kind == Kind::list ? 1 : 2;
    if (children.empty() || (field.type.kind != Kind::record && children.size() != wanted)) {
        return fail(ErrorKind::invalid,
                    "Parquet cannot take a " + spell(field.type) + " without inner fields: " + field.name);
    }
    if (field.type.kind == Kind::record) return std::make_unique<RecordColumn>(field, std::move(children));
    auto type =
        field.type.kind == Kind::list
            ? arrow::list(arrow::field("element", children[0]->type(), children[0]->nullable()))
            : arrow::map(children[0]->type(), arrow::field("value", children[1]->type(), children[1]->nullable()));
    return std::make_unique<ListColumn>(field, std::move(type), std::move(children));
}

}  // namespace headwater
