// For reading Parquet files back as columns, whoever wrote them.
#include "format/parquet/reader.h"

#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <cstring>
#include <exception>
#include <memory>
#include <optional>

namespace headwater {
namespace {

/// Rows of a batch: columns of so many stay in the caches.
constexpr int64_t batch_rows = 8192;

/// Shows a ObjectInput to Arrow.
class InputFile final : public arrow::io::RandomAccessFile {
  public:
    explicit InputFile(ObjectInput input) : input_(std::move(input)) {}

    arrow::Result<int64_t> GetSize() override { return static_cast<int64_t>(input_.bytes); }
    arrow::Result<int64_t> Tell() const override { return position_; }
    arrow::Status Seek(int64_t position) override {
        position_ = position;
        return arrow::Status::OK();
    }
    arrow::Status Close() override {
        is_closed_ = true;
        return arrow::Status::OK();
    }
    bool closed() const override { return is_closed_; }

    arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
        std::string read;
        auto done = input_.read(static_cast<uint64_t>(position_), static_cast<size_t>(bytes), read);
        if (!done) return arrow::Status::IOError(done.error().message);
        std::memcpy(out, read.data(), read.size());
        position_ += static_cast<int64_t>(read.size());
        return static_cast<int64_t>(read.size());
    }
    arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
        std::string read;
        auto done = input_.read(static_cast<uint64_t>(position_), static_cast<size_t>(bytes), read);
        if (!done) return arrow::Status::IOError(done.error().message);
        position_ += static_cast<int64_t>(read.size());
        return arrow::Buffer::FromString(std::move(read));
    }

  private:
    ObjectInput input_;
    int64_t position_ = 0;
    bool is_closed_ = false;
};

arrow::Status open(const ObjectInput& input, ArrowArrayStream& stream) {
    auto file = std::make_shared<InputFile>(input);
    parquet::ReaderProperties properties = parquet::default_reader_properties();
    properties.enable_buffered_stream();
    parquet::ArrowReaderProperties arrow_properties(false);
    arrow_properties.set_batch_size(batch_rows);
    arrow_properties.set_pre_buffer(false);
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(file, properties));
    builder.properties(arrow_properties);
    std::unique_ptr<parquet::arrow::FileReader> reader;
    ARROW_RETURN_NOT_OK(builder.Build(&reader));
    ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader());
    // The batches read from the file reader, which nothing else holds.
    struct Both {
        std::unique_ptr<parquet::arrow::FileReader> reader;
        std::shared_ptr<arrow::RecordBatchReader> batches;
    };
    auto both = std::make_shared<Both>(Both{std::move(reader), std::move(batches)});
    return arrow::ExportRecordBatchReader(std::shared_ptr<arrow::RecordBatchReader>(both, both->batches.get()),
                                          &stream);
}

}  // namespace

Result<void> open_parquet(const ObjectInput& input, ArrowArrayStream& stream) {
    std::string message;
    try {
        const arrow::Status status = open(input, stream);
        if (status.ok()) return {};
        message = status.message();
    } catch (const std::exception& error) {
        message = error.what();
    }
    return fail(ErrorKind::rejected, "Parquet cannot be read: " + message);
}

}  // namespace headwater
