// For what goes around records on their way out: one stage, from batch to batch, behind the faults of a stream and in front of its
// format.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "data/batch.h"

namespace headwater {

/// A batch as it goes out. Valid until the next one, and as long as the batch it was made of.
struct Enveloped {
    const Batch* batch = nullptr;
    const uint8_t* gone = nullptr;  ///< by physical row, 1 = the record is its key and nothing else; null where none is
};

/// Wraps batches of one schema. Used by one thread.
class Envelope {
  public:
    virtual ~Envelope() = default;
    /// Gives the schema of what goes out.
    virtual const std::shared_ptr<const Schema>& schema() const = 0;
    virtual Enveloped wrap(const Batch& batch) = 0;
};

/// What an output says of its envelope.
struct EnvelopeRequest {
    std::string run;         ///< id
    GivenOptions options{};  ///< of the envelope
};

/// One envelope.
struct EnvelopeKind {
    std::string_view name;
    std::string_view help;
    std::vector<Option> options{};
    bool is_of_tables = false;  ///< for changes of tables alone
    bool keeps_latest = false;  ///< records may be a key and no value, so that only the last one of each key is of use
    bool is_offered = true;     ///< users may ask for it; else a part of the program does
    /// Makes the envelope of records of a schema; null where they stay as they are.
    std::unique_ptr<Envelope> (*make)(std::shared_ptr<const Schema> schema, const EnvelopeRequest& request) = nullptr;
};

}  // namespace headwater
