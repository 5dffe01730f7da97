// For the door of the Kafka module, the one symbol that the program looks up in it.
#include "sink/kafka/kafka.h"

extern "C" [[gnu::visibility("default")]] void headwater_make_kafka_sink(
    const headwater::KafkaOptions& options, const headwater::KafkaUse& use,
    headwater::Result<std::unique_ptr<headwater::RecordSink>>& made) {
    made = headwater::make_kafka_sink(options, use);
}
