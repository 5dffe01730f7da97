// For shutting out whoever wrote before: what they left on its way is refused by every broker, however late it comes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sink/kafka/connection.h"
#include "sink/kafka/options.h"
#include "sink/kafka/tls.h"
#include "sink/kafka/write_settings.h"

namespace headwater {

/// By what a run is known to Kafka as the writer of one output.
struct KafkaWriterName {
    std::string text;  ///< nobody else's
    int number = 0;    ///< of the transactional id that is written under, from 0
};

/// Gives a name that was never used, which begins with that of the run.
KafkaWriterName fresh_writer_name(const std::string& run);
std::string transactional_id_of(const KafkaWriterName& name);

/// Speaks to the brokers that coordinate transactional ids, and waits for their answers. In all errors invalid means that
/// it cannot be had here; unavailable that it may be later; rejected that another process has taken over from us.
class KafkaFence : private KafkaListener {
  public:
    /// `options` must outlive it. `pass` is called at named points.
    KafkaFence(const KafkaOptions& options, std::function<void(std::string_view)> pass);
    ~KafkaFence() override;

    /// Finds out whether the cluster has transactions for us; nothing is changed by that.
    Result<void> look(const KafkaWriterName& name, int patience_ms);
    /// Gives who we are to the brokers under an id: with every call the next epoch.
    Result<BatchWriter> enter(const KafkaWriterName& name, int patience_ms);

    /// Gives our next epoch, so that brokers do not forget the id; a partition of a topic gets a mark of it.
    Result<BatchWriter> renew(const KafkaWriterName& name, const BatchWriter& current, const KafkaTopic& topic,
                              int patience_ms);

    /// What is taken over from those who wrote under a name before.
    struct Succession {
        const std::vector<KafkaTopic>& topics;
        std::optional<BatchWriter> current{};  ///< who we were, to be sure that nobody else has taken over from us
        /// The records are so old that brokers soon forget by whom they are: then the fence must not be written under, or
        /// it would be forgotten with them. The next number is taken.
        bool is_history = false;
        int patience_ms = 0;
    };
    /// Has all partitions refuse what comes of earlier writers, also of numbers above that of `name`, which becomes the one
    /// to write under. What is in the topics when that returns is all that will ever be there of them.
    Result<BatchWriter> take_over(KafkaWriterName& name, const Succession& succession);

  private:
    /// What a request says, and where its answer has the error; none: the answer is not whole.
    struct Question {
        KafkaApi api;
        std::function<void(std::string& out)> append;
        std::function<std::optional<int16_t>(std::string_view body)> error_in;
    };

    bool on_answer(WireRequest& request, std::string_view body) override;
    void on_ready(KafkaConnection&) override {}
    void on_lost(KafkaConnection&, std::deque<std::unique_ptr<WireRequest>>, const Error& why) override;

    void begin(int patience_ms);
    Result<void> begin_as(const KafkaWriterName& name, const BatchWriter& current,
                          const std::vector<KafkaTopic>& topics);
    Result<BatchWriter> enter(const std::string& id);
    Result<void> begin_transaction(const std::string& id, const BatchWriter& writer,
                                   const std::vector<KafkaTopic>& topics);
    Result<void> put_empty_transaction(const std::string& id, const BatchWriter& writer,
                                       const std::vector<KafkaTopic>& topics);
    Result<void> ask_coordinator(const std::string& id, const Question& question);
    Result<void> find_coordinator(const std::string& id);
    Result<void> connect(std::unique_ptr<KafkaConnection>& connection, const KafkaAddress& address);
    Result<std::string> ask(KafkaConnection& connection, const Question& question);
    template <typename Done>
    Result<void> serve_until(KafkaConnection& connection, Done done);
    bool pause();
    Error in_words(const Error& why) const;

    const KafkaOptions& options_;
    std::function<void(std::string_view)> pass_;
    WriteSettings settings_;
    std::unique_ptr<kafka::TlsContext> tls_;
    std::vector<KafkaAddress> servers_;
    size_t next_server_ = 0;
    std::string coordinated_;  ///< the id whose coordinator is known; "" = none
    KafkaAddress coordinator_address_;
    std::unique_ptr<KafkaConnection> seed_, coordinator_;
    int64_t deadline_ms_ = 0;
    std::optional<std::string> answer_;
    Error lost_;
};

}  // namespace headwater
