// For cutting a batch where the schema of its stream changes, so that what follows sees one version at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "chaos/outgoing_stream.h"
#include "data/batch.h"

namespace headwater {

/// Receives rows of one version; `before` counts the batch's rows in front of them.
using VersionRun = std::function<void(uint32_t version, const Batch& rows, uint32_t before)>;

/// Cuts one batch after the other; for one worker.
class VersionRuns {
  public:
    /// Gives the rows of a batch, in its order, as runs of one version each. They are valid during the call.
    void cut(const OutgoingStream& stream, const Batch& batch, const VersionRun& out);

  private:
    void take(const Batch& batch, size_t from, size_t to);

    std::vector<uint32_t> versions_, order_;
    std::vector<uint8_t> is_taken_;  ///< by physical row
    Batch run_;
};

}  // namespace headwater
