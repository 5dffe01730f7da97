// For writing row groups of one object through Arrow's Parquet writer.
#include "format/parquet/parquet.h"

#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <exception>
#include <numeric>
#include <optional>

#include "base/check.h"
#include "format/parquet/column.h"

namespace headwater {
namespace {

/// Readers use it to find known faults of writers; it tells the layout of our files, not the version of the program.
constexpr char created_by[] = "headwater version 1.0.0";
/// Rows at whose multiples the memory is measured, so that batches do not decide where a row group ends.
constexpr int64_t measured_rows = 512;
/// Smallest and largest values longer than this are left out of the statistics.
constexpr size_t longest_statistic_bytes = 128;

/// Hands what Arrow writes to a ByteSink, and keeps its first error as it was.
class SinkStream final : public arrow::io::OutputStream {
  public:
    explicit SinkStream(ByteSink write) : write_(std::move(write)) {}

    arrow::Status Write(const void* data, int64_t size_bytes) override {
        if (dropped_ || error_) return arrow::Status::IOError("the object is not written any more");
        auto done = write_(std::string_view(static_cast<const char*>(data), static_cast<size_t>(size_bytes)));
        if (!done) {
            error_ = done.error();
            return arrow::Status::IOError(error_->message);
        }
        position_ += size_bytes;
        return arrow::Status::OK();
    }
    arrow::Status Flush() override { return arrow::Status::OK(); }
    arrow::Status Close() override {
        closed_ = true;
        return arrow::Status::OK();
    }
    arrow::Result<int64_t> Tell() const override { return position_; }
    bool closed() const override { return closed_; }

    /// Forgets the sink: what Arrow still writes when an unfinished file is dropped goes nowhere.
    void drop() { dropped_ = true; }
    int64_t position() const { return position_; }
    const std::optional<Error>& error() const { return error_; }

  private:
    ByteSink write_;
    std::optional<Error> error_;
    int64_t position_ = 0;
    bool closed_ = false;
    bool dropped_ = false;
};

std::optional<arrow::Compression::type> codec_of(std::string_view name) {
    if (name == "none") return arrow::Compression::UNCOMPRESSED;
    if (name == "zstd") return arrow::Compression::ZSTD;
    if (name == "snappy") return arrow::Compression::SNAPPY;
    if (name == "gzip") return arrow::Compression::GZIP;
    if (name == "lz4") return arrow::Compression::LZ4;  // LZ4_RAW in the file
    return std::nullopt;
}

/// Inside a record that may be null, every field may be.
void spread_nulls(std::vector<Field>& fields, bool null_above) {
    for (Field& field : fields) {
        field.nullable = field.nullable || null_above;
        spread_nulls(field.children, field.nullable && field.type.kind == Kind::record);
    }
}

size_t count_nodes(const std::vector<Field>& fields) {
    size_t sum = 0;
    for (const Field& field : fields) {
        const bool holds =
            field.type.kind == Kind::record || field.type.kind == Kind::list || field.type.kind == Kind::map;
        sum += 1 + (holds ? 2 + count_nodes(field.children) : 0);
    }
    return sum;
}

class ParquetEncoder final : public ObjectEncoder {
  public:
    ParquetEncoder(const Schema& schema, const IdentityOptions& identity, const ParquetOptions& options, ByteSink write)
        : schema_(schema),
          identity_(identity),
          options_(options),
          stream_(std::make_shared<SinkStream>(std::move(write))) {
        spread_nulls(schema_.fields, false);
        identity_field_.name = "_headwater";
        identity_field_.type.kind = Kind::text;
        identity_field_.storage = Storage::text;
    }

    ~ParquetEncoder() override { stream_->drop(); }

    /// Makes the columns and writes the head of the file.
    Result<void> open() {
        for (const Field& field : schema_.fields) {
            auto column = make_parquet_column(field, false);
            if (!column) return std::unexpected(column.error());
            columns_.push_back(std::move(*column));
        }
        if (identity_.column) columns_.push_back(make_identity_column(identity_field_, schema_, identity_));
        if (columns_.empty())
            return fail(ErrorKind::invalid, "Parquet cannot take a stream without fields: " + schema_.stream);
        arrow::FieldVector fields;
        for (const auto& column : columns_) {
            fields.push_back(arrow::field(column->name(), column->type(), column->nullable()));
            column->list_leaves({column->name()}, leaves_);
        }
        return guard([&] {
            parquet::ArrowWriterProperties::Builder arrow_properties;
            arrow_properties.store_schema();
            return parquet::arrow::FileWriter::Open(*arrow::schema(fields), arrow::system_memory_pool(), stream_,
                                                    properties(), arrow_properties.build())
                .Value(&writer_);
        });
    }

    Result<void> add(const Batch& batch) override {
        order_.resize(batch.rows);
        if (batch.order == nullptr)
            std::iota(order_.begin(), order_.end(), 0U);
        else
            std::copy_n(batch.order, batch.rows, order_.begin());
        std::span<const uint32_t> rows(order_);
        while (!rows.empty()) {
            const int64_t room =
                std::min(measured_rows - buffered_ % measured_rows, options_.row_group_rows - buffered_);
            const auto now = rows.first(std::min(rows.size(), static_cast<size_t>(room)));
            for (const auto& column : columns_) column->append(batch, now);
            buffered_ += static_cast<int64_t>(now.size());
            rows = rows.subspan(now.size());
            const bool large = buffered_ % measured_rows == 0 && buffered_bytes() >= options_.row_group_bytes;
            if (buffered_ < options_.row_group_rows && !large) continue;
            if (auto done = write_row_group(); !done) return done;
        }
        return {};
    }

    size_t size_bytes() const override {
        const auto written = static_cast<size_t>(stream_->position());
        const size_t permille = written_plain_ == 0 ? 500 : written * 1000 / written_plain_;
        return written + buffered_bytes() * permille / 1000;
    }

    size_t overhead_bytes() const override {
        constexpr size_t file = 4096;  // magic, footer, key-value metadata
        constexpr size_t node = 400;   // schema element, the same in the stored Arrow schema, base64
        size_t sum = file + node * (count_nodes(schema_.fields) + 1);
        for (const ParquetLeaf& leaf : leaves_) sum += group_overhead(leaf) + 5 * path_bytes(leaf);
        return sum;
    }

    void weigh(const Batch& batch, std::vector<uint64_t>& weights) const override {
        std::vector<uint32_t> order(batch.rows);
        if (batch.order == nullptr)
            std::iota(order.begin(), order.end(), 0U);
        else
            std::copy_n(batch.order, batch.rows, order.begin());
        weights.assign(batch.rows, 0);
        for (const auto& column : columns_) column->weigh(batch, order, weights);
        size_t group = 0;
        for (const ParquetLeaf& leaf : leaves_) group += group_overhead(leaf);
        const uint64_t share = group / static_cast<size_t>(options_.row_group_rows) + 1;  // of the row groups to come
        for (uint64_t& weight : weights) weight += share + weight / 32;  // pages, and what does not compress
    }

    Result<void> finish() override {
        if (buffered_ > 0) {
            if (auto done = write_row_group(); !done) return done;
        }
        return guard([&] { return writer_->Close(); });
    }

  private:
    static size_t path_bytes(const ParquetLeaf& leaf) {
        size_t sum = 0;
        for (const std::string& name : leaf.path) sum += name.size() + 2;
        return sum;
    }

    /// Bounds the page headers and the metadata of one column chunk. The smallest and the largest value stand in both,
    /// those of numbers twice.
    static size_t group_overhead(const ParquetLeaf& leaf) {
        const size_t statistics = leaf.text ? 4 * longest_statistic_bytes : 8 * 16;
        return 300 + statistics + 2 * path_bytes(leaf);
    }

    size_t buffered_bytes() const {
        size_t sum = 0;
        for (const auto& column : columns_) sum += column->bytes();
        return sum;
    }

    std::shared_ptr<parquet::WriterProperties> properties() const {
        parquet::WriterProperties::Builder builder;
        builder.version(parquet::ParquetVersion::PARQUET_2_6);
        builder.created_by(created_by);
        builder.memory_pool(arrow::system_memory_pool());  // the others keep 20 MB more for the next row group
        builder.compression(*codec_of(options_.compression));
        const int usual = options_.compression == "zstd" ? 1 : options_.compression == "gzip" ? 6 : 0;
        const int level = options_.compression_level != 0 ? options_.compression_level : usual;
        if (level != 0) builder.compression_level(level);
        builder.max_row_group_length(options_.row_group_rows);
        builder.max_statistics_size(longest_statistic_bytes);
        builder.set_size_statistics_level(parquet::SizeStatisticsLevel::None);
        builder.enable_store_decimal_as_integer();
        builder.dictionary_pagesize_limit(int64_t{4} << 20);
        builder.disable_dictionary();
        for (const ParquetLeaf& leaf : leaves_) {
            const auto path = std::make_shared<parquet::schema::ColumnPath>(leaf.path);
            if (leaf.dictionary) builder.enable_dictionary(path);
            if (leaf.delta) builder.encoding(path, parquet::Encoding::DELTA_BINARY_PACKED);
        }
        return builder.build();
    }

    Result<void> write_row_group() {
        written_plain_ += buffered_bytes();
        auto done = guard([&]() -> arrow::Status {
            ARROW_RETURN_NOT_OK(writer_->NewRowGroup());
            for (const auto& column : columns_) {
                ARROW_RETURN_NOT_OK(writer_->WriteColumnChunk(*column->array()));
                column->clear();
            }
            return arrow::Status::OK();
        });
        buffered_ = 0;
        return done;
    }

    /// Runs a step of Arrow's and turns what it throws or returns into ours; an error of the sink is passed on as it was.
    template <typename Step>
    Result<void> guard(Step step) {
        std::string message;
        try {
            const arrow::Status status = step();
            if (status.ok()) return {};
            message = status.message();
        } catch (const std::exception& error) {
            message = error.what();
        }
        if (stream_->error()) return std::unexpected(*stream_->error());
        return fail(ErrorKind::invalid, "Parquet could not be written: " + message);
    }

    Schema schema_;
    IdentityOptions identity_;
    ParquetOptions options_;
    Field identity_field_;
    std::shared_ptr<SinkStream> stream_;
    std::vector<std::unique_ptr<ParquetColumn>> columns_;
    std::vector<ParquetLeaf> leaves_;
    std::unique_ptr<parquet::arrow::FileWriter> writer_;
    std::vector<uint32_t> order_;
    int64_t buffered_ = 0;      ///< rows of the row group to come
    size_t written_plain_ = 0;  ///< bytes of the row groups written, plainly encoded
};

class ParquetFormat final : public Format {
  public:
    explicit ParquetFormat(ParquetOptions options) : Format(parquet_kind), options_(std::move(options)) {}

    Result<void> prepare(const std::vector<std::shared_ptr<const Schema>>& schemas, const IdentityOptions&) override {
        for (const auto& schema : schemas) {
            auto encoder = object_encoder(*schema, {.column = true}, [](std::string_view) { return Result<void>{}; });
            if (!encoder)
                return fail(ErrorKind::invalid,
                            "Parquet cannot hold stream " + schema->stream + ": " + encoder.error().message);
        }
        return {};
    }

    std::unique_ptr<RecordEncoder> record_encoder(const Schema&, const IdentityOptions&) const override {
        HW_CHECK(!"Parquet has no encoder of single records");
        return nullptr;
    }

    Result<std::unique_ptr<ObjectEncoder>> object_encoder(const Schema& schema, const IdentityOptions& identity,
                                                          ByteSink write) const override {
        auto encoder = std::make_unique<ParquetEncoder>(schema, identity, options_, std::move(write));
        if (auto opened = encoder->open(); !opened) return std::unexpected(opened.error());
        return encoder;
    }

  private:
    ParquetOptions options_;
};

}  // namespace

Result<std::unique_ptr<Format>> make_parquet_format(const ParquetOptions& options) {
    if (!codec_of(options.compression)) {
        return fail(ErrorKind::invalid,
                    "Compression of Parquet must be none, zstd, snappy, gzip or lz4: " + options.compression);
    }
    if (options.row_group_rows < 1) {
        return fail(ErrorKind::invalid,
                    "Parquet needs at least 1 row in a row group: " + std::to_string(options.row_group_rows));
    }
    return std::make_unique<ParquetFormat>(options);
}

}  // namespace headwater
