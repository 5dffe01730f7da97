// For the envelopes there are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "envelope/envelope.h"

namespace headwater {

/// Lists the envelopes; the first one leaves records as they are and is taken where none is named.
const std::vector<const EnvelopeKind*>& envelope_kinds();

/// Finds an envelope by its name, "" being the first one; null where there is none.
const EnvelopeKind* envelope_called(std::string_view name);

/// Gives the names of the envelopes that users may ask for.
std::vector<std::string_view> envelope_names();

/// The stage of one output: makes the envelopes of its streams. Immutable; any thread.
class EnvelopeStage {
  public:
    /// Options of the envelope are read; others are passed over.
    static Result<EnvelopeStage> make(std::string_view name, EnvelopeRequest request);

    const EnvelopeKind& kind() const { return *kind_; }
    /// Refuses a stream that the envelope is not for, and a target that does not take each record alone.
    Result<void> check(const Schema& schema, bool takes_messages) const;
    /// Makes the envelope of records of a schema; null where they stay as they are.
    std::unique_ptr<Envelope> open(const std::shared_ptr<const Schema>& schema) const;
    /// Gives the schema of what goes out of a stream, with its versions.
    std::shared_ptr<const Schema> schema_of(const std::shared_ptr<const Schema>& schema) const;

  private:
    const EnvelopeKind* kind_ = nullptr;
    EnvelopeRequest request_;
};

}  // namespace headwater
