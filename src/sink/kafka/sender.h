// For the thread that sends batches to the brokers that lead their partitions, and settles what became of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sink/kafka/cluster.h"
#include "sink/kafka/codec.h"
#include "sink/kafka/traffic.h"

namespace headwater {

/// Works in a thread of its own from its making to its end; what is then not settled stays in the traffic.
class KafkaSender : private KafkaClusterListener {
  public:
    struct Making {
        const WriteSettings& settings;
        const kafka::TlsContext* tls = nullptr;
        std::string servers;
        const KafkaDress& dress;
        BatchWriter writer{};  ///< none: brokers are asked for one
    };
    /// All references must outlive it.
    KafkaSender(const Making& making, KafkaTraffic& traffic, std::unique_ptr<BatchCodec> codec);
    ~KafkaSender() override;
    KafkaSender(const KafkaSender&) = delete;
    KafkaSender& operator=(const KafkaSender&) = delete;

    /// Has the thread look at the traffic now. Any thread may call it.
    void wake();

  private:
    /// What goes out in one request.
    struct Load {
        KafkaConnection* connection = nullptr;
        std::vector<WireRequest::Carried> batches;
        size_t bytes = 0;
    };

    void run();
    int64_t collect(int64_t now_ms);
    void collect_from(TopicTraffic& topic, KafkaPartition& partition, int64_t now_ms, int64_t& next_ms);
    void dispatch(Load& load, int64_t now_ms);
    void append_batches(WireRequest& request);
    std::string_view finish(const WireRequest::Carried& carried, std::string& room);

    void on_metadata(const MetadataAnswer& answer) override;
    bool on_produced(WireRequest& request, const ProduceAnswer& answer) override;
    void on_waited(int64_t ms) override;
    void on_unanswered(WireRequest& request) override;
    void on_trouble(const Error& why) override;

    void settle(const WireRequest::Carried& carried, const ProduceAnswer::Partition& answer);
    void take_apart(const WireRequest::Carried& carried, const ProduceAnswer::Partition& answer);
    void doubt(const WireRequest::Carried& carried);
    void break_off(const std::string& why);
    void be_shut_out();
    TopicTraffic& traffic_of(const KafkaPartition& partition);

    const WriteSettings& settings_;
    const KafkaDress& dress_;
    const bool has_name_;  ///< others may take our place
    KafkaTraffic& traffic_;
    std::unique_ptr<BatchCodec> codec_;
    KafkaCluster cluster_;
    std::vector<Load> loads_;         ///< by connection, from their collection to their dispatch
    std::vector<std::string> rooms_;  ///< of compressed batches, to be used again
    int64_t now_ms_ = 0;
    int wake_ = -1;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace headwater
