// For counting what the service does, in the text that Prometheus reads; labels take few values, whatever clients send.
#include "service/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace headwater {

namespace {

/// Methods come from clients, and so are bounded here.
std::string_view known_method(std::string_view method) {
    for (std::string_view known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        if (method == known) return known;
    return "other";
}

std::string spelled(double value) {
    char digits[40];
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

void print_metric_head(std::string& page, std::string_view name, std::string_view type, std::string_view help) {
    page.append("# HELP ").append(name).append(" ").append(help).append("\n");
    page.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void print_metric(std::string& page, std::string_view name, std::string_view labels, double value) {
    page.append(name);
    if (!labels.empty()) page.append("{").append(labels).append("}");
    page.append(" ").append(spelled(value)).append("\n");
}

void RequestMetrics::count(std::string_view route, std::string_view method, int status, int64_t micros) {
    const std::string place = route.empty() ? "none" : std::string(route);
    const std::string labels = "method=\"" + std::string(known_method(method)) + "\",route=\"" + place + "\"";
    const double seconds = static_cast<double>(micros) / 1e6;
    std::lock_guard lock(mutex_);
    ++answers_[{labels, status}];
    Timing& timing = timings_[place];
    ++timing.count;
    timing.seconds += seconds;
    for (size_t i = 0; i < std::size(bounds_); ++i)
        if (seconds <= bounds_[i]) ++timing.within[i];
}

void RequestMetrics::print(std::string& page) const {
    std::lock_guard lock(mutex_);
    print_metric_head(page, "headwater_http_requests_total", "counter", "Requests answered.");
    for (const auto& [key, count] : answers_)
        print_metric(page, "headwater_http_requests_total",
                     key.first + ",status=\"" + std::to_string(key.second) + "\"", static_cast<double>(count));
    print_metric_head(page, "headwater_http_request_seconds", "histogram", "Time from a head's arrival to the answer.");
    for (const auto& [route, timing] : timings_) {
        const std::string label = "route=\"" + route + "\"";
        for (size_t i = 0; i < std::size(bounds_); ++i)
            print_metric(page, "headwater_http_request_seconds_bucket", label + ",le=\"" + spelled(bounds_[i]) + "\"",
                         static_cast<double>(timing.within[i]));
        print_metric(page, "headwater_http_request_seconds_bucket", label + ",le=\"+Inf\"",
                     static_cast<double>(timing.count));
        print_metric(page, "headwater_http_request_seconds_sum", label, timing.seconds);
        print_metric(page, "headwater_http_request_seconds_count", label, static_cast<double>(timing.count));
    }
}

void print_process_metrics(std::string& page) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    print_metric_head(page, "process_cpu_seconds_total", "counter", "Processor time used, in seconds.");
    print_metric(page, "process_cpu_seconds_total", "", seconds(usage.ru_utime) + seconds(usage.ru_stime));
    std::ifstream sizes("/proc/self/statm");
    double pages = 0, resident = 0;
    sizes >> pages >> resident;
    print_metric_head(page, "process_resident_memory_bytes", "gauge", "Resident memory, in bytes.");
    print_metric(page, "process_resident_memory_bytes", "", resident * static_cast<double>(sysconf(_SC_PAGESIZE)));
    std::error_code error;
    double descriptors = 0;
    for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
        ++descriptors;
    print_metric_head(page, "process_open_fds", "gauge", "Open file descriptors.");
    print_metric(page, "process_open_fds", "", descriptors);
}

}  // namespace headwater
