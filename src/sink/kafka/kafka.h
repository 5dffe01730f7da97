// For delivering records to the topics of Kafka, each exactly once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sink/kafka/options.h"
#include "sink/sink.h"

namespace headwater {

/// What a run tells its Kafka target.
struct KafkaUse {
    std::string run;                                 ///< id, goes into headers
    std::vector<std::string> streams;                ///< pack.stream of all records that will come
    int64_t age_us = 0;                              ///< how long ago, by event time, the first record was
    std::function<void(const std::string&)> notice;  ///< receives what the user should know; any thread may call it
    std::function<bool()> gives_up{};                ///< asked while open() waits: true ends the waiting
    std::function<void(std::string_view)> pass{};    ///< for tests: called at named points
};

/// Makes a sink whose topics are those of `options`, not opened yet; a property of a value that cannot be is invalid.
Result<std::unique_ptr<RecordSink>> make_kafka_sink(const KafkaOptions& options, KafkaUse use);

}  // namespace headwater
