// For telling which targets a run waits for, and what they said.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace headwater {

/// What is known of the targets that were away.
struct OutageReport {
    std::string waiting_for;  ///< kafka, s3, file: what is waited for now; empty when nothing is
    std::string last_error;   ///< of a failed attempt; empty while none failed
    uint64_t failures = 0;    ///< attempts that failed because a target was away
};

/// Takes note of failed attempts. Any thread may use it.
class Outages {
  public:
    /// Notes one failed attempt; `is_first` of those that one delivery waits through.
    void failed(const std::string& target, const std::string& message, bool is_first) {
        std::lock_guard lock(mutex_);
        ++report_.failures;
        report_.last_error = message;
        if (is_first) ++waiting_[target];
    }
    /// Notes that a delivery which had failed waits no more.
    void ended(const std::string& target) {
        std::lock_guard lock(mutex_);
        if (--waiting_[target] == 0) waiting_.erase(target);
    }
    OutageReport report() const {
        std::lock_guard lock(mutex_);
        OutageReport report = report_;
        if (!waiting_.empty()) report.waiting_for = waiting_.begin()->first;
        return report;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, int> waiting_;  ///< deliveries that wait, by target
    OutageReport report_;
};

}  // namespace headwater
