// For topics as they must be before the first record: there, of the asked shape, and able to keep what comes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/kafka/client.h"
#include "sink/kafka/kafka.h"
#include "sink/kafka/partition.h"

namespace headwater {

/// Makes and checks topics; used once, when a run begins.
class TopicPreparation {
  public:
    /// All references must outlive it.
    TopicPreparation(KafkaClient& client, const KafkaOptions& options, const KafkaUse& use)
        : client_(client), options_(options), use_(use) {}

    /// Waits for the cluster for ten seconds, then makes and checks the topics and gives them.
    Result<std::vector<KafkaTopic>> prepare(const std::vector<std::string>& names);
    /// Gives the topics that were made, also where the preparation failed later.
    const std::vector<std::string>& made() const { return made_; }

  private:
    Result<void> look(KafkaTopic& topic);
    Result<void> wait_for_partitions(KafkaTopic& topic);
    Result<void> make(const std::vector<KafkaTopic*>& missing);
    int16_t replication();
    Result<void> check_shape(const KafkaTopic& topic);
    Result<void> check_settings(std::vector<KafkaTopic>& topics, const std::vector<KafkaTopic*>& made);
    void check_setting(KafkaTopic& topic, const std::string& name, const std::string& value, bool is_new);
    void check_retention(const KafkaTopic& topic, const std::string& retention_ms);

    KafkaClient& client_;
    const KafkaOptions& options_;
    const KafkaUse& use_;
    int brokers_ = 0;
    std::vector<std::string> made_;
};

}  // namespace headwater
