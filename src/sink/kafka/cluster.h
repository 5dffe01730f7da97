// For the brokers of a cluster as a writer needs them: who leads which partition, and a connection to each that leads one.
#pragma once

#include <poll.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sink/kafka/connection.h"
#include "sink/kafka/protocol.h"
#include "sink/kafka/tls.h"
#include "sink/kafka/write_settings.h"

namespace headwater {

/// Hears what a cluster says.
class KafkaClusterListener {
  public:
    virtual ~KafkaClusterListener() = default;
    virtual void on_metadata(const MetadataAnswer& answer) = 0;
    /// Takes an answer to what write() sent; false when it cannot be.
    virtual bool on_produced(WireRequest& request, const ProduceAnswer& answer) = 0;
    /// Hears how long a request of write() was on its way, whether it was answered or not.
    virtual void on_waited(int64_t ms) = 0;
    /// Hears that a request of write() will not be answered.
    virtual void on_unanswered(WireRequest& request) = 0;
    /// Hears why something does not work; invalid = waiting does not help. "" = it works again.
    virtual void on_trouble(const Error& why) = 0;
};

/// Used by one thread.
class KafkaCluster : private KafkaListener {
  public:
    /// All references must outlive it; `tls` is null where connections are plain.
    KafkaCluster(const WriteSettings& settings, const kafka::TlsContext* tls, const std::string& servers,
                 std::vector<std::string> topics, KafkaClusterListener& listener);
    /// Settles who we are to the brokers; else they are asked for an id that nobody had.
    void be(const BatchWriter& writer) { producer_ = writer; }

    /// Does what is due, and gives when to come again.
    int64_t tend(int64_t now_ms);
    /// Waits for sockets and for `wake`, until that long has passed, and serves them.
    void wait(int wake, int wait_ms);
    /// Gives the connection to a broker, if a request may be sent on it now; else it is made ready.
    KafkaConnection* writer_to(int32_t broker);
    /// Asks anew who leads what.
    void ask_for_leaders() {
        has_wish_ = has_wish_ || !wants_metadata_;
        wants_metadata_ = true;
    }
    /// True when something was asked for since tend(), which is due therefore.
    bool has_wish() const { return has_wish_; }
    bool has_producer() const { return producer_.producer_id >= 0; }
    /// Gives who we are to the brokers; the sequence is to be filled in.
    const BatchWriter& producer() const { return producer_; }

  private:
    struct Broker {
        std::unique_ptr<KafkaConnection> connection;
        KafkaAddress address;
        bool is_wanted = false;
    };

    void on_ready(KafkaConnection& connection) override;
    bool on_answer(WireRequest& request, std::string_view body) override;
    void on_lost(KafkaConnection& connection, std::deque<std::unique_ptr<WireRequest>> unanswered,
                 const Error& why) override;

    bool take_metadata(std::string_view body);
    bool take_producer(std::string_view body);
    KafkaConnection* idlest();
    void tend_seed();
    int64_t ask_when_due(KafkaConnection& connection, KafkaApi api, int64_t& asked_ms, bool& awaits);
    void ask(KafkaConnection& connection, KafkaApi api);
    std::unique_ptr<KafkaConnection> connection_to(const KafkaAddress& address) {
        return std::make_unique<KafkaConnection>(settings_, tls_, address, static_cast<KafkaListener&>(*this));
    }

    const WriteSettings& settings_;
    const kafka::TlsContext* tls_;
    std::vector<KafkaAddress> servers_;
    std::vector<std::string> topics_;
    KafkaClusterListener& listener_;
    std::map<int32_t, Broker> brokers_;
    std::unique_ptr<KafkaConnection> seed_;  ///< to one of the servers named, while no broker is connected
    size_t next_server_ = 0;
    std::vector<std::unique_ptr<KafkaConnection>> left_;  ///< given up, while sockets may still be served
    int64_t now_ms_ = 0;
    bool has_wish_ = false;
    bool wants_metadata_ = true, awaits_metadata_ = false;
    int64_t metadata_asked_ms_ = INT64_MIN / 2;
    BatchWriter producer_;
    bool awaits_producer_ = false;
    int64_t producer_asked_ms_ = INT64_MIN / 2;
    std::vector<pollfd> polled_;
    std::vector<KafkaConnection*> polled_connections_;
};

/// Splits host:port,[v6]:port.
std::vector<KafkaAddress> addresses_in(const std::string& servers);

/// Gives milliseconds of a clock that only goes forward.
int64_t steady_now_ms();

}  // namespace headwater
