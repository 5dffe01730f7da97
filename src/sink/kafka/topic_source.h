// For reading the records of topics from their beginning to where they end now.
#pragma once

#include <memory>

#include "base/result.h"
#include "sink/kafka/options.h"
#include "sink/reading.h"

namespace headwater {

/// Makes a reader of the servers that the options name; what they say of topics and of writing is not used. Records of
/// transactions that were given up are passed over, unless isolation.level says otherwise.
Result<std::unique_ptr<TopicSource>> make_kafka_source(const KafkaOptions& options);

}  // namespace headwater
