// For one connection to a broker: requests go out, answers come in, and nothing waits for anything.
#pragma once

#include <poll.h>
#include <sys/uio.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sink/kafka/greeting.h"
#include "sink/kafka/partition.h"
#include "sink/kafka/protocol.h"
#include "sink/kafka/tls.h"
#include "sink/kafka/write_settings.h"

struct addrinfo;

namespace headwater {

/// One request, and what belongs to it until it is answered.
struct WireRequest {
    /// One batch of records that is sent with it.
    struct Carried {
        KafkaPartition* partition = nullptr;
        KafkaBatch* batch = nullptr;
        int32_t sequence = 0;  ///< as it is told to the broker
    };
    KafkaApi api = KafkaApi::metadata;
    std::string head;           ///< the frame, but for what `pieces` take from elsewhere
    std::vector<iovec> pieces;  ///< all of it, in order; none: `head` is the whole
    std::vector<Carried> batches;
    std::vector<std::string> compressed;
    int32_t correlation = 0;
    int64_t sent_ms = 0;  ///< when it was handed over to be sent
    int64_t deadline_ms = 0;
};

class KafkaConnection;

/// Hears what happens on connections.
class KafkaListener {
  public:
    virtual ~KafkaListener() = default;
    virtual void on_ready(KafkaConnection& connection) = 0;
    /// Takes the answer to a request; false when it cannot be read.
    virtual bool on_answer(WireRequest& request, std::string_view body) = 0;
    /// Hears of the end of a connection, and which requests nobody will answer.
    virtual void on_lost(KafkaConnection& connection, std::deque<std::unique_ptr<WireRequest>> unanswered,
                         const Error& why) = 0;
};

/// Where a broker listens.
struct KafkaAddress {
    std::string host;
    std::string port;
    bool operator==(const KafkaAddress&) const = default;
};

/// Used by one thread.
class KafkaConnection {
  public:
    /// All references must outlive it; `tls` is null where connections are plain.
    KafkaConnection(const WriteSettings& settings, const kafka::TlsContext* tls, KafkaAddress address,
                    KafkaListener& listener);
    ~KafkaConnection();
    KafkaConnection(const KafkaConnection&) = delete;
    KafkaConnection& operator=(const KafkaConnection&) = delete;

    const KafkaAddress& address() const { return address_; }
    bool is_ready() const { return state_ == State::ready && !is_retiring(); }
    bool is_down() const { return state_ == State::down; }
    /// Tells when it may be tried again, once it is down.
    int64_t retry_at_ms() const { return retry_at_ms_; }
    size_t unanswered() const { return unanswered_.size(); }
    /// True when the broker, which must have been ready, knows transactions.
    bool has_transactions() const { return has_transactions_; }

    /// Begins to connect.
    void begin(int64_t now_ms);
    /// Sends a request, or as much of it as goes now; the rest follows by itself.
    void send(std::unique_ptr<WireRequest> request, int64_t now_ms);
    /// Says what is waited for; a socket of -1 for nothing.
    pollfd interest() const;
    /// Goes on after something waited for has come.
    void serve(short events, int64_t now_ms);
    /// Ends what takes too long, and gives when to look again.
    int64_t look_at_time(int64_t now_ms);
    /// Ends the connection.
    void drop(const Error& why);

  private:
    enum class State { down, connecting, securing, greeting, ready };
    bool is_retiring() const { return retires_at_ms_ > 0 && now_ms_ >= retires_at_ms_; }
    void fail_softly(const std::string& why) { drop({ErrorKind::unavailable, why}); }
    void try_next_address(const std::string& why_not_before);
    void finish_connecting();
    void shake_hands();
    void greet();
    void log_in_again();
    void write_out();
    std::optional<size_t> write_some();
    void read_in();
    std::optional<size_t> read_some(char* room, size_t size);
    void take_frames();
    void take_answer(std::string_view frame);

    const WriteSettings& settings_;
    const kafka::TlsContext* tls_;
    KafkaAddress address_;
    KafkaListener& listener_;
    State state_ = State::down;
    int socket_ = -1;
    addrinfo* found_ = nullptr;  ///< all addresses of the name
    addrinfo* next_ = nullptr;   ///< the one to try next
    std::unique_ptr<kafka::TlsSession> session_;
    std::unique_ptr<KafkaGreeting> greeting_;
    bool wants_write_ = false;
    bool has_transactions_ = false;
    std::deque<std::unique_ptr<WireRequest>> unanswered_;
    size_t unsent_ = 0;       ///< how many of them, from the end, are not sent whole
    size_t sent_pieces_ = 0;  ///< of the first of those
    std::string in_;          ///< bytes of answers that are not whole
    std::unique_ptr<char[]> room_;
    int32_t next_correlation_ = 0;
    int64_t now_ms_ = 0;
    int64_t begun_at_ms_ = 0, used_at_ms_ = 0, retry_at_ms_ = 0;
    int64_t retires_at_ms_ = 0;  ///< when the login ends; 0: never
    int backoff_ms_ = 0;
};

}  // namespace headwater
