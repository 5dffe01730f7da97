// For finding out what a topic holds: where its partitions end, and which of our records lie before that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/kafka/client.h"
#include "sink/kafka/digests.h"
#include "sink/kafka/partition.h"

namespace headwater {

/// Where one partition begins and ends.
struct KafkaRange {
    size_t topic = 0;  ///< index
    int32_t partition = 0;
    int64_t from = 0;
    int64_t to = 0;
};

/// Gives, for each partition of the topics in order, where it begins (`first`) or ends; tries as long as that.
Result<std::vector<int64_t>> offsets_of(KafkaClient& client, const std::vector<KafkaTopic>& topics, bool first,
                                        int patience_ms = 10'000);

/// Gives where partitions end as soon as they have not moved for so long: what was under way has then arrived, or is slower.
Result<std::vector<int64_t>> settled_ends(KafkaClient& client, const std::vector<KafkaTopic>& topics, int quiet_ms,
                                          int patience_ms = 10'000);

/// Which records count, and what of them is compared.
struct KafkaRecognition {
    bool by_identity = true;  ///< those with the run's header, by stream, row and value; else all, by key and value
    std::string run;
};

/// Reads the ranges and adds the digests of the records that count.
Result<void> read_back(KafkaClient& reader, const std::vector<KafkaTopic>& topics,
                       const std::vector<KafkaRange>& ranges, const KafkaRecognition& recognition, DigestBag& found);

}  // namespace headwater
