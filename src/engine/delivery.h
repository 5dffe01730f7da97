// For the retry policy, which exists once: wait for targets that are away, set aside what they refuse, stop at what cannot be.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "data/batch.h"
#include "engine/outages.h"
#include "engine/real_time.h"
#include "engine/stop.h"
#include "engine/stop_limit.h"
#include "sink/sink.h"

namespace headwater {

/// Keeps what a target refused, as JSON lines {stream, first_row, rows, reason, payload}. Any thread may use it.
class DeadLetters {
  public:
    /// Writes to `path`, which is made when the first payload is refused.
    explicit DeadLetters(std::string path) : path_(std::move(path)) {}
    Result<void> keep(const std::string& stream, const Payload& payload, const std::string& reason);
    /// Goes on after `bytes` of the file, which hold `records`: what lies behind will be refused and kept again.
    Result<void> resume(uint64_t bytes, uint64_t records);
    /// Counts the records kept.
    uint64_t records() const;
    /// Gives the size of the file.
    uint64_t bytes() const;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    mutable std::mutex mutex_;
    uint64_t records_ = 0;
};

/// What a guarded sink needs; the run owns it and it outlives the sink.
struct Delivery {
    RealTime& time;
    const StopToken& stop;
    DeadLetters& dead_letters;
    Outages* outages = nullptr;       ///< hears of targets that are waited for
    StopLimit* stop_limit = nullptr;  ///< how long a stop lets a delivery go on; none: not at all
};

/// Makes `attempt` until it is not answered `unavailable`: waits 50 ms, then twice as long each time up to 5 s, for ever.
/// A stop, when its time is over, ends the waiting and gives the last error. `target` is what outages are noted of.
Result<void> try_until_available(const Delivery& delivery, const std::string& target,
                                 const std::function<Result<void>()>& attempt);

/// Guards a sink of records: unavailable waits, rejected goes to the dead letters, the rest fails the run.
std::unique_ptr<RecordSink> guard(std::unique_ptr<RecordSink> sink, const Delivery& delivery,
                                  const std::string& target = "");
/// Guards a sink of rows as one of records.
std::unique_ptr<RowSink> guard(std::unique_ptr<RowSink> sink, const Delivery& delivery, const std::string& target = "");
/// Guards a sink of objects: unavailable waits, the rest fails the run, for half an object cannot be set aside.
std::unique_ptr<ObjectSink> guard(std::unique_ptr<ObjectSink> sink, const Delivery& delivery,
                                  const std::string& target = "");

}  // namespace headwater
