// For compressing the records of a batch as Kafka's readers expect it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater {

/// Compresses the records of one batch after the other. Used by one thread at a time.
class BatchCodec {
  public:
    virtual ~BatchCodec() = default;
    /// Gives what a batch's attributes say of it.
    virtual int16_t number() const = 0;
    /// Appends `records` to `out`, compressed.
    virtual Result<void> append(std::string_view records, std::string& out) = 0;
};

/// Makes the codec of a name; null for `none`. Level -1 is the usual one of its kind: gzip 6, lz4 0 (its fast mode), zstd 3.
Result<std::unique_ptr<BatchCodec>> make_batch_codec(std::string_view name, int level);

}  // namespace headwater
