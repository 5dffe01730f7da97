// For showing runs as they go on: sampled once a second, however many look on.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "service/http_message.h"
#include "service/run_document.h"
#include "service/runs.h"

namespace headwater {

/// Samples the runs and writes each sample down once, as events of a stream (text/event-stream). Used by one thread.
class Telemetry {
  public:
    static constexpr size_t most_streams = 256;

    Telemetry(Runs& runs, RealTime& time) : runs_(runs), time_(time) {}

    /// Takes a sample when a second has gone by since the last one.
    void tick();
    /// Gives the events of a run, or of all with "": what is known now, then one event a second, and one behind the run's
    /// end. Null when too many look on already.
    std::shared_ptr<HttpStream> follow(const std::string& run);
    /// Gives the rates of a run at the last sample; none when it had none. Any thread may ask.
    std::optional<RunRates> rates_of(const std::string& run) const;
    size_t streams() const;

  private:
    class Follower;

    /// What is said of one run, or of all.
    struct Channel {
        std::shared_ptr<const std::string> text;
        uint64_t number = 0;  ///< of the sample
        bool is_over = false;
    };
    /// What was known of a run at the last sample.
    struct Sample {
        StoredRun run;
        int64_t at_us = 0;
        RunRates rates;
    };

    void sample(StoredRun run, int64_t now_us);
    void say(const std::string& channel, const std::string& text, bool is_over);
    void say_all();
    void say_end(const std::string& run);

    Runs& runs_;
    RealTime& time_;
    int64_t sampled_us_ = INT64_MIN;
    mutable std::mutex mutex_;               ///< held while samples change, and while others look at them
    std::map<std::string, Sample> samples_;  ///< changed by the one thread
    std::map<std::string, std::shared_ptr<Channel>> channels_;  ///< of those that somebody follows
};

}  // namespace headwater
