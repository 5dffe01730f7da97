// For compressing the records of a batch as Kafka's readers expect it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sink/compress.h"

namespace headwater {

/// Compresses the records of one batch after the other. Used by one thread at a time.
class BatchCodec {
  public:
    BatchCodec(int16_t number, std::unique_ptr<Compressor> compressor)
        : number_(number), compressor_(std::move(compressor)) {}
    /// Gives what a batch's attributes say of it.
    int16_t number() const { return number_; }
    /// Appends `records` to `out`, compressed.
    Result<void> append(std::string_view records, std::string& out) { return compressor_->append_frame(records, out); }

  private:
    int16_t number_;
    std::unique_ptr<Compressor> compressor_;
};

/// Makes the codec of a name; null for `none`. Level -1 is the usual one of its kind: gzip 6, lz4 0 (its fast mode), zstd 3.
Result<std::unique_ptr<BatchCodec>> make_batch_codec(std::string_view name, int level);

}  // namespace headwater
