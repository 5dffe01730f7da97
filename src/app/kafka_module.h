// For loading Kafka's client only when a run asks for it: its libraries alone would cost every start milliseconds.
#pragma once

#include <memory>

#include "base/result.h"
#include "sink/kafka/kafka.h"
#include "sink/sink.h"

namespace headwater {

/// Makes a sink of Kafka's topics from the module beside the program (or in ../lib/headwater), which is loaded once.
Result<std::unique_ptr<RecordSink>> load_kafka_sink(const KafkaOptions& options, const KafkaUse& use);

}  // namespace headwater
