// For describing the target kafka: what may be said of it, and what an output says in the words of Kafka.
#pragma once

#include <vector>

#include "sink/kafka/options.h"
#include "sink/kind.h"

namespace headwater {

extern const TargetKind kafka_kind;

/// Describes the options that are no properties of the client; they are set in KafkaOptions.
const std::vector<Option>& kafka_options();

/// Describes every property of the client that is known, by each of its names.
const std::vector<Option>& kafka_properties();

/// Gives what an output says in the words of Kafka.
KafkaRequest kafka_request_of(const TargetRequest& request);

}  // namespace headwater
