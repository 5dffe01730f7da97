// For counting what the service does, in the text that Prometheus reads; labels take few values, whatever clients send.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace headwater {

/// Counts requests. Any thread may use it.
class RequestMetrics {
  public:
    /// Counts an answer; `route` is a path of the table of routes, or "" where there was none.
    void count(std::string_view route, std::string_view method, int status, int64_t micros);
    /// Appends the counts to a page.
    void print(std::string& page) const;

  private:
    static constexpr double bounds_[] = {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10};  ///< seconds
    struct Timing {
        uint64_t within[std::size(bounds_)] = {};
        uint64_t count = 0;
        double seconds = 0;
    };

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, int>, uint64_t> answers_;  ///< by `method="GET",route="/health"` and status
    std::map<std::string, Timing> timings_;                    ///< by route
};

/// Appends `# HELP` and `# TYPE` lines.
void print_metric_head(std::string& page, std::string_view name, std::string_view type, std::string_view help);
/// Appends one sample; `labels` is the text between the braces.
void print_metric(std::string& page, std::string_view name, std::string_view labels, double value);
/// Appends what is known of this process: memory, descriptors, processor time.
void print_process_metrics(std::string& page);

}  // namespace headwater
