// For the door of the Kafka module: librdkafka and what it needs would cost every start milliseconds.
#include "base/load_module.h"
#include "sink/kafka/kafka.h"
#include "sink/kafka/kind.h"
#include "sink/kafka/topic_source.h"

namespace headwater {

namespace {

Result<Target> make(const TargetRequest& request, const TargetUse& use) {
    auto options = read_kafka_options(kafka_request_of(request));
    if (!options) return std::unexpected(options.error());
    KafkaUse own{
        .run = use.run, .age_us = use.age_us, .notice = use.notice, .gives_up = use.gives_up, .pass = use.pass};
    for (const auto& schema : use.schemas) own.streams.push_back(schema->stream);
    auto sink = make_kafka_sink(*options, std::move(own));
    if (!sink) return std::unexpected(sink.error());
    Target target;
    target.records = std::move(*sink);
    return target;
}

Result<Landed> open(const TargetRequest& request, const Clock&) {
    auto options = read_kafka_options(kafka_request_of(request));
    if (!options) return std::unexpected(options.error());
    auto source = make_kafka_source(*options);
    if (!source) return std::unexpected(source.error());
    return Landed{.topics = std::move(*source), .topic_of = [pattern = options->topic](const std::string& stream) {
                      return topic_of(pattern, stream);
                  }};
}

constexpr TargetFactories factories{.make = make, .open = open};

}  // namespace

HEADWATER_MODULE(factories)

}  // namespace headwater
