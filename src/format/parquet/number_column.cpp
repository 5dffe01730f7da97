// For columns of fixed width: numbers, times, booleans.
#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/time.h"
#include "format/parquet/column.h"

namespace headwater {
namespace {

std::optional<int64_t> read_integer(std::string_view text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<int64_t> read_decimal(std::string_view text, unsigned scale) {
    const size_t point = std::min(text.find('.'), text.size());
    std::string digits(text.substr(0, point));
    std::string_view fraction = text.substr(std::min(point + 1, text.size()));
    if (fraction.size() > scale) return std::nullopt;
    digits.append(fraction).append(scale - fraction.size(), '0');
    return read_integer(digits);
}

/// Reads a constant as the integer that a column of its type stores.
std::optional<int64_t> read_stored(const Type& type, std::string_view text) {
    switch (type.kind) {
        case Kind::boolean:
            return text == "true"    ? std::optional<int64_t>(1)
                   : text == "false" ? std::optional<int64_t>(0)
                                     : std::nullopt;
        case Kind::integer: return read_integer(text);
        case Kind::decimal: return read_decimal(text, type.scale);
        case Kind::duration: return parse_duration(text);
        case Kind::instant: {
            if (type.form != InstantForm::epoch) return parse_instant(text);
            const auto count = read_integer(text);
            const int64_t unit = type.unit == TimeUnit::second ? 1'000'000 : type.unit == TimeUnit::milli ? 1'000 : 1;
            return count ? std::optional<int64_t>(*count * unit) : std::nullopt;
        }
        case Kind::date: {
            const auto instant = parse_instant(text);
            return instant ? std::optional<int64_t>(day_of(*instant)) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

std::optional<double> read_real(const Type&, std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Values that are constants of the plan, by index: those of a literal or of a dictionary.
template <typename T, typename Read>
Result<std::vector<T>> read_constants(const Field& field, Read read) {
    std::vector<std::string> texts;
    if (field.storage == Storage::literal)
        texts = {field.literal};
    else if (field.dictionary != nullptr)
        texts = field.dictionary->values;
    std::vector<T> values;
    for (const std::string& text : texts) {
        const std::optional<T> value = read(field.type, text);
        if (!value)
            return fail(ErrorKind::invalid,
                        "Constant of field " + field.name + " is no " + spell(field.type) + ": " + text);
        values.push_back(*value);
    }
    return values;
}

template <typename Stored, typename T>
void gather(const void* values, std::span<const uint32_t> rows, T* out) {
    const auto* from = static_cast<const Stored*>(values);
    for (size_t i = 0; i < rows.size(); ++i) out[i] = static_cast<T>(from[rows[i]]);
}

/// Reads stored or constant values of a field as T. Rows that are null may give anything.
template <typename T>
void read_values(const Field& field, const std::vector<T>& constants, const Batch& batch,
                 std::span<const uint32_t> rows, T* out) {
    if (field.storage == Storage::literal) {
        std::fill_n(out, rows.size(), constants.at(0));
        return;
    }
    const void* values = batch.slots[static_cast<size_t>(field.slot)].values;
    const auto pick = [&](auto index) {
        for (size_t i = 0; i < rows.size(); ++i) {
            const auto at = static_cast<size_t>(index[rows[i]]);
            out[i] = at < constants.size() ? constants[at] : T{};
        }
    };
    switch (field.storage) {
        case Storage::index8: return pick(static_cast<const uint8_t*>(values));
        case Storage::index32: return pick(static_cast<const int32_t*>(values));
        case Storage::u8: return gather<uint8_t>(values, rows, out);
        case Storage::i32: return gather<int32_t>(values, rows, out);
        case Storage::i64: return gather<int64_t>(values, rows, out);
        case Storage::f64: return gather<double>(values, rows, out);
        default: return;
    }
}

/// Fits what was read to what the file stores.
struct AsIs {
    template <typename T>
    T operator()(T value) const {
        return value;
    }
};
struct Divided {
    int64_t by = 1;
    int64_t operator()(int64_t value) const { return value / by - (value % by < 0 ? 1 : 0); }
};
struct Narrow {
    int32_t operator()(int64_t value) const { return static_cast<int32_t>(value); }
};
struct Wide {
    std::array<int64_t, 2> operator()(int64_t value) const { return {value, value >> 63}; }  // 128 bits, little-endian
};

/// A column that reads In, and stores what Fit makes of it.
template <typename In, typename Out, typename Fit>
class FixedColumn final : public ParquetColumn {
  public:
    FixedColumn(const Field& field, std::shared_ptr<arrow::DataType> type, std::vector<In> constants, Fit fit)
        : ParquetColumn(field, std::move(type)), constants_(std::move(constants)), fit_(fit) {}

    void weigh(const Batch&, std::span<const uint32_t>, std::span<uint64_t> weights) const override {
        for (uint64_t& weight : weights) weight += sizeof(Out) + 2;
    }
    size_t bytes() const override { return values_.size() * sizeof(Out); }
    void clear() override {
        ParquetColumn::clear();
        values_.clear();
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t*) override {
        read_.resize(rows.size());
        read_values(*field_, constants_, batch, rows, read_.data());
        const size_t start = values_.size();
        values_.resize(start + rows.size());
        Out* out = values_.data() + start;
        for (size_t i = 0; i < rows.size(); ++i) out[i] = fit_(read_[i]);
    }

    std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) override {
        return arrow::MakeArray(arrow::ArrayData::Make(type_, rows_, {std::move(validity), wrap(values_)}, nulls_));
    }

  private:
    std::vector<In> constants_;
    Fit fit_;
    std::vector<In> read_;
    std::vector<Out> values_;
};

class BooleanColumn final : public ParquetColumn {
  public:
    BooleanColumn(const Field& field, std::vector<int64_t> constants)
        : ParquetColumn(field, arrow::boolean()), constants_(std::move(constants)) {}

    void weigh(const Batch&, std::span<const uint32_t>, std::span<uint64_t> weights) const override {
        for (uint64_t& weight : weights) weight += 3;
    }
    size_t bytes() const override { return static_cast<size_t>(rows_) / 8; }
    void clear() override {
        ParquetColumn::clear();
        bits_.clear();
    }

  protected:
    void append_values(const Batch& batch, std::span<const uint32_t> rows, const uint8_t*) override {
        read_.resize(rows.size());
        read_values(*field_, constants_, batch, rows, read_.data());
        const auto start = static_cast<size_t>(rows_);
        bits_.resize((start + rows.size() + 7) / 8, 0);
        for (size_t i = 0; i < rows.size(); ++i) {
            bits_[(start + i) / 8] |= static_cast<uint8_t>((read_[i] != 0 ? 1 : 0) << ((start + i) % 8));
        }
    }

    std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::Buffer> validity) override {
        return arrow::MakeArray(arrow::ArrayData::Make(type_, rows_, {std::move(validity), wrap(bits_)}, nulls_));
    }

  private:
    std::vector<int64_t> constants_;
    std::vector<int64_t> read_;
    std::vector<uint8_t> bits_;
};

bool can_hold(Kind kind, Storage storage) {
    if (storage == Storage::literal || storage == Storage::index8 || storage == Storage::index32) return true;
    const bool whole = storage == Storage::u8 || storage == Storage::i32 || storage == Storage::i64;
    return whole || (kind == Kind::real && storage == Storage::f64);
}

template <typename In, typename Out, typename Fit>
std::unique_ptr<ParquetColumn> fixed(const Field& field, std::shared_ptr<arrow::DataType> type,
                                     std::vector<In> constants, Fit fit) {
    return std::make_unique<FixedColumn<In, Out, Fit>>(field, std::move(type), std::move(constants), fit);
}

std::unique_ptr<ParquetColumn> make_instant_column(const Field& field, std::vector<int64_t> constants) {
    const bool micro = field.type.unit == TimeUnit::micro;  // Parquet has no seconds
    const auto type = arrow::timestamp(micro ? arrow::TimeUnit::MICRO : arrow::TimeUnit::MILLI, "UTC");
    if (micro) return fixed<int64_t, int64_t>(field, type, std::move(constants), AsIs{});
    return fixed<int64_t, int64_t>(field, type, std::move(constants), Divided{1000});
}

}  // namespace

Result<std::unique_ptr<ParquetColumn>> make_number_column(const Field& field) {
    if (!can_hold(field.type.kind, field.storage)) {
        return fail(ErrorKind::invalid,
                    "Parquet cannot take a " + spell(field.type) + " that is stored otherwise: " + field.name);
    }
    if (field.type.kind == Kind::real) {
        auto constants = read_constants<double>(field, read_real);
        if (!constants) return std::unexpected(constants.error());
        return fixed<double, double>(field, arrow::float64(), std::move(*constants), AsIs{});
    }
    auto constants = read_constants<int64_t>(field, read_stored);
    if (!constants) return std::unexpected(constants.error());
    switch (field.type.kind) {
        case Kind::boolean: return std::make_unique<BooleanColumn>(field, std::move(*constants));
        case Kind::decimal:
            return fixed<int64_t, std::array<int64_t, 2>>(field, arrow::decimal128(18, field.type.scale),
                                                          std::move(*constants), Wide{});
        case Kind::date: return fixed<int64_t, int32_t>(field, arrow::date32(), std::move(*constants), Narrow{});
        case Kind::instant: return make_instant_column(field, std::move(*constants));
        case Kind::duration:
            return fixed<int64_t, int64_t>(field, arrow::duration(arrow::TimeUnit::MICRO), std::move(*constants),
                                           AsIs{});
        default: return fixed<int64_t, int64_t>(field, arrow::int64(), std::move(*constants), AsIs{});
    }
}

}  // namespace headwater
