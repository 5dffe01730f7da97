// For being the one writer of an output that brokers listen to, from the start of a run to its end, whoever writes for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/kafka/fence.h"
#include "sink/kafka/kafka.h"
#include "sink/kafka/options.h"

namespace headwater {

/// Used by one thread.
class KafkaSeat {
  public:
    /// Both references must outlive it. `is_history`: see KafkaFence::Succession.
    KafkaSeat(const KafkaOptions& options, const KafkaUse& use, bool is_history);

    /// Finds out, for some seconds at most, whether it can be had. Where it cannot, the user is told when it is needed.
    void look();
    /// Goes on under the name of those who wrote before; "" = they had none.
    void inherit(KafkaWriterName name);
    /// Gives the name to write down for those who go on; "" where the seat cannot be had.
    const KafkaWriterName& name() const { return name_; }

    /// Gives who we are to the brokers; a writer without id where the seat cannot be had.
    Result<BatchWriter> take();
    /// Has brokers refuse what is still on its way from whoever had the seat, ourselves too. False where that cannot be
    /// had, or those before had none: then it may still arrive.
    Result<bool> clear(const std::vector<KafkaTopic>& topics, int patience_ms);
    /// True when renew() is due, lest the brokers forget whose the seat is (transactional.id.expiration.ms).
    bool is_stale() const;
    /// While nothing is on its way: gives who we are from now on. Where that fails we are nobody any more, until clear().
    Result<BatchWriter> renew(const std::vector<KafkaTopic>& topics);

  private:
    void give_up(Error why);

    const KafkaOptions& options_;
    const KafkaUse& use_;
    bool is_history_;
    std::unique_ptr<KafkaFence> fence_;  ///< none where it cannot be had
    std::optional<Error> doubt_;         ///< why it could not be had just now
    KafkaWriterName name_;
    bool has_predecessors_ = false;
    std::optional<BatchWriter> current_;  ///< who wrote last, of this process
    std::optional<BatchWriter> next_;     ///< who is to write, once the seat is cleared
    int64_t taken_ms_ = 0;
};

}  // namespace headwater
