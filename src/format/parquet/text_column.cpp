// For columns of text: free text, text from a list, and the identity of records.
#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include "base/check.h"
#include "base/print.h"
#include "data/print.h"
#include "format/parquet/column.h"

namespace headwater {
namespace {

/// Text as offsets and bytes. Derived classes say how the text of a row is made.
class PlainText : public ParquetColumn {
  public:
    size_t bytes() const override { return text_.size() + offsets_.size() * sizeof(int32_t); }
    void clear() override {
        ParquetColumn::clear();
        text_.clear();
        offsets_.assign(1, 0);
    }

  protected:
    explicit PlainText(const Field& field) : ParquetColumn(field, arrow::utf8()) {}

    void end_row() {
        HW_CHECK(text_.size() <= INT32_MAX);  // row groups end long before
        offsets_.push_back(static_cast<int32_t>(text_.size()));
    }
    std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) override {
        auto data = arrow::ArrayData::Make(
            type_, rows_, {std::move(validity), wrap(offsets_), wrap_bytes(text_.data(), text_.size())}, nulls_);
        return arrow::MakeArray(std::move(data));
    }

    std::string text_;

  private:
    std::vector<int32_t> offsets_{0};
};

/// Appends the text of one field row by row; a template's parts are taken apart once.
class TextWriter {
  public:
    explicit TextWriter(const Field& field) { take_apart(field); }

    /// Prepares for the rows of a batch.
    void begin(const Batch& batch) {
        for (Part& part : parts_) {
            const Slot* slot = part.field->slot < 0 ? nullptr : &batch.slots[static_cast<size_t>(part.field->slot)];
            part.values = slot == nullptr ? nullptr : slot->values;
            part.has_nulls = slot != nullptr && slot->null != nullptr;
        }
    }

    void append(std::string& out, const Batch& batch, uint32_t row) const {
        for (const Part& part : parts_) {
            if (part.has_nulls)
                append_value(out, *part.field, batch, row);
            else
                append_part(out, part, batch, row);
        }
    }

  private:
    struct Part {
        const Field* field;
        const void* values = nullptr;
        bool has_nulls = false;
    };

    void take_apart(const Field& field) {
        if (field.storage != Storage::cut || field.slot >= 0) {
            parts_.push_back({&field});
            return;
        }
        for (const Field& child : field.children) take_apart(child);
    }

    static void append_part(std::string& out, const Part& part, const Batch& batch, uint32_t row) {
        char number[24];
        const Field& field = *part.field;
        const bool plain = field.type.kind == Kind::integer;
        switch (field.storage) {
            case Storage::literal: out += field.literal; return;
            case Storage::text: {
                const TextView& view = static_cast<const TextView*>(part.values)[row];
                out.append(view.data, view.size);
                return;
            }
            case Storage::i32:
                if (!plain) break;
                out.append(number, print_integer(number, static_cast<const int32_t*>(part.values)[row]));
                return;
            case Storage::i64:
                if (!plain) break;
                out.append(number, print_integer(number, static_cast<const int64_t*>(part.values)[row]));
                return;
            default: break;
        }
        append_value(out, field, batch, row);
    }

    std::vector<Part> parts_;
};

class TextColumn final : public PlainText {
  public:
    explicit TextColumn(const Field& field) : PlainText(field), writer_(field) {}

    void weigh(const Batch& batch, std::span<const uint32_t> rows, std::span<uint64_t> weights) const override {
        std::string text;
        for (size_t i = 0; i < rows.size(); ++i) {
            text.clear();
            append_value(text, *field_, batch, rows[i]);
            weights[i] += text.size() + sizeof(int32_t) + 2;
        }
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t* null) override {
        writer_.begin(batch);
        for (const uint32_t row : rows) {
            if (null == nullptr || null[row] == 0) writer_.append(text_, batch, row);
            end_row();
        }
    }

  private:
    TextWriter writer_;
};

class IdentityColumn final : public PlainText {
  public:
    IdentityColumn(const Field& field, const Schema& schema, const IdentityOptions& identity)
        : PlainText(field), prefix_(identity.run + "/" + schema.stream + "/") {}

    void weigh(const Batch&, std::span<const uint32_t>, std::span<uint64_t> weights) const override {
        constexpr size_t longest_numbers = 41;  // two of 64 bits and a dash
        for (uint64_t& weight : weights) weight += prefix_.size() + longest_numbers + sizeof(int32_t);
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t*) override {
        char number[24];
        for (const uint32_t row : rows) {
            text_ += prefix_;
            if (batch.entities != nullptr) {
                text_.append(number, print_integer(number, batch.entities[row]));
                text_ += '-';
            }
            const int64_t of_row = batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row;
            text_.append(number, print_integer(number, of_row));
            end_row();
        }
    }

  private:
    std::string prefix_;
};

/// Text from a list of the plan: indices, and the values that occur in this row group in order of their first use.
class ListedText final : public ParquetColumn {
  public:
    explicit ListedText(const Field& field) : ParquetColumn(field, arrow::utf8()) {
        if (field.storage == Storage::literal)
            own_ = {field.literal};
        else if (field.dictionary == nullptr)
            own_ = field.type.symbols;
        places_.assign(values().size(), -1);
    }

    void weigh(const Batch& batch, std::span<const uint32_t> rows, std::span<uint64_t> weights) const override {
        for (size_t i = 0; i < rows.size(); ++i) {
            const size_t index = index_at(batch, rows[i]);
            weights[i] += (index < values().size() ? values()[index].size() : 0) + 2 * sizeof(int32_t);
        }
    }
    size_t bytes() const override { return static_cast<size_t>(rows_) * 2 + text_.size(); }

    void clear() override {
        ParquetColumn::clear();
        indices_.clear();
        text_.clear();
        offsets_.assign(1, 0);
        std::ranges::fill(places_, -1);
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t* null) override {
        const size_t start = indices_.size();
        indices_.resize(start + rows.size());
        if (field_->type.kind == Kind::null) return;
        for (size_t i = 0; i < rows.size(); ++i) {
            if (null == nullptr || null[rows[i]] == 0) indices_[start + i] = place_of(index_at(batch, rows[i]));
        }
    }

    std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) override {
        const auto count = static_cast<int64_t>(offsets_.size()) - 1;
        auto values = arrow::ArrayData::Make(arrow::utf8(), count,
                                             {nullptr, wrap(offsets_), wrap_bytes(text_.data(), text_.size())}, 0);
        auto data = arrow::ArrayData::Make(arrow::dictionary(arrow::int32(), arrow::utf8()), rows_,
                                           {std::move(validity), wrap(indices_)}, nulls_);
        data->dictionary = std::move(values);
        return arrow::MakeArray(std::move(data));
    }

  private:
    const std::vector<std::string>& values() const {
        return field_->dictionary != nullptr && field_->storage != Storage::literal ? field_->dictionary->values : own_;
    }

    size_t index_at(const Batch& batch, uint32_t row) const {
        switch (field_->storage) {
            case Storage::literal: return 0;
            case Storage::u8:
            case Storage::index8: return static_cast<const uint8_t*>(slot(batch).values)[row];
            case Storage::i64: return static_cast<size_t>(static_cast<const int64_t*>(slot(batch).values)[row]);
            default: return static_cast<size_t>(static_cast<const int32_t*>(slot(batch).values)[row]);
        }
    }

    int32_t place_of(size_t index) {
        HW_CHECK(index < places_.size());
        int32_t& place = places_[index];
        if (place < 0) {
            place = static_cast<int32_t>(offsets_.size()) - 1;
            text_ += values()[index];
            offsets_.push_back(static_cast<int32_t>(text_.size()));
        }
        return place;
    }

    std::vector<std::string> own_;
    std::vector<int32_t> places_;  ///< of each value of the plan among those used, or -1
    std::vector<int32_t> indices_;
    std::vector<int32_t> offsets_{0};
    std::string text_;
};

bool is_listed(const Field& field) {
    switch (field.storage) {
        case Storage::literal:
        case Storage::index8:
        case Storage::index32: return true;
        case Storage::u8:
        case Storage::i32:
        case Storage::i64: return field.type.kind == Kind::enumeration;
        default: return false;
    }
}

}  // namespace

std::unique_ptr<ParquetColumn> make_text_column(const Field& field, bool nested) {
    // Inside lists Arrow writes plain text arrays; their pages still get a dictionary.
    if (is_listed(field) && !nested) return std::make_unique<ListedText>(field);
    return std::make_unique<TextColumn>(field);
}

std::unique_ptr<ParquetColumn> make_identity_column(const Field& field, const Schema& schema,
                                                    const IdentityOptions& identity) {
    return std::make_unique<IdentityColumn>(field, schema, identity);
}

}  // namespace headwater
