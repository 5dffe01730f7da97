// For the doors of the Kafka module: the symbols that the program looks up in it.
#include "sink/kafka/kafka.h"
#include "sink/kafka/topic_source.h"

extern "C" [[gnu::visibility("default")]] void headwater_make_kafka_sink(
    const headwater::KafkaOptions& options, const headwater::KafkaUse& use,
    headwater::Result<std::unique_ptr<headwater::RecordSink>>& made) {
    made = headwater::make_kafka_sink(options, use);
}

extern "C" [[gnu::visibility("default")]] void headwater_make_kafka_source(
    const headwater::KafkaOptions& options, headwater::Result<std::unique_ptr<headwater::TopicSource>>& made) {
    made = headwater::make_kafka_source(options);
}
