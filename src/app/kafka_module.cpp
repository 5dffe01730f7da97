// For loading Kafka's client only when a run asks for it: its libraries alone would cost every start milliseconds.
#include "app/kafka_module.h"

#include "app/module.h"

namespace headwater {

Result<std::unique_ptr<RecordSink>> load_kafka_sink(const KafkaOptions& options, const KafkaUse& use) {
    using Maker = void (*)(const KafkaOptions&, const KafkaUse&, Result<std::unique_ptr<RecordSink>>&);
    static const auto maker = load_symbol("Kafka", "headwater_kafka.so", "headwater_make_kafka_sink");
    if (!maker) return std::unexpected(maker.error());
    Result<std::unique_ptr<RecordSink>> sink;
    reinterpret_cast<Maker>(*maker)(options, use, sink);
    return sink;
}

Result<std::unique_ptr<TopicSource>> load_kafka_source(const KafkaOptions& options) {
    using Maker = void (*)(const KafkaOptions&, Result<std::unique_ptr<TopicSource>>&);
    static const auto maker = load_symbol("Kafka", "headwater_kafka.so", "headwater_make_kafka_source");
    if (!maker) return std::unexpected(maker.error());
    Result<std::unique_ptr<TopicSource>> source;
    reinterpret_cast<Maker>(*maker)(options, source);
    return source;
}

}  // namespace headwater
