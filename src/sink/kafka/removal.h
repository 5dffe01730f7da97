// For removing a topic that a run made, unless others write to it too.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sink/kafka/client.h"
#include "sink/kafka/options.h"

namespace headwater {

/// Removes a topic to which no more than `most_records` were ever written; one that is not there is removed already. Gives
/// why it stays, or nothing. Returns when no broker shows it any more.
Result<std::string> remove_topic(KafkaClient& client, const KafkaOptions& options, const std::string& name,
                                 int64_t most_records);

}  // namespace headwater
