// For loading Kafka's client only when a run asks for it: its libraries alone would cost every start milliseconds.
#pragma once

#include <memory>

#include "base/result.h"
#include "sink/kafka/kafka.h"
#include "sink/reading.h"
#include "sink/sink.h"

namespace headwater {

/// Makes a sink of Kafka's topics from the module beside the program (or in ../lib/headwater), which is loaded once.
Result<std::unique_ptr<RecordSink>> load_kafka_sink(const KafkaOptions& options, const KafkaUse& use);

/// Makes a reader of topics from the same module.
Result<std::unique_ptr<TopicSource>> load_kafka_source(const KafkaOptions& options);

}  // namespace headwater
