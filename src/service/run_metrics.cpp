#include "service/run_metrics.h"

#include <algorithm>

#include "service/metrics.h"

namespace headwater {

namespace {

constexpr size_t most_runs = 100;
constexpr size_t most_outputs = 16;

/// Spells a label, whose value may be any text of a client.
std::string label(const char* name, const std::string& value) {
    std::string text = std::string(name) + "=\"";
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        text += c == '\n' ? ' ' : c;
    }
    return text + '"';
}

std::string labels_of(const StoredRun& run) {
    return label("run", run.id) + "," + label("name", run.name) + "," +
           label("kind", run.is_emulation ? "emulation" : "run");
}

/// The outputs of a run that have series of their own, and one for all others.
std::vector<SinkProgress> outputs_of(const StoredRun& run) {
    std::vector<SinkProgress> outputs;
    for (const SinkProgress& sink : run.counts.sinks) {
        if (outputs.size() < most_outputs) {
            outputs.push_back(sink);
            continue;
        }
        if (outputs.size() == most_outputs) outputs.push_back({.name = "others"});
        outputs.back().records += sink.records;
        outputs.back().acknowledged += sink.acknowledged;
    }
    return outputs;
}

}  // namespace

void print_run_metrics(std::string& page, std::vector<StoredRun> runs) {
    std::erase_if(runs, [](const StoredRun& run) { return run.started == 0 || is_over(run.state); });
    std::ranges::sort(runs, {}, &StoredRun::started);
    const size_t left_out = runs.size() - std::min(runs.size(), most_runs);
    runs.resize(runs.size() - left_out);
    print_metric_head(page, "headwater_run_series_left_out", "gauge",
                      "Runs that go on and have no series of their own.");
    print_metric(page, "headwater_run_series_left_out", "", static_cast<double>(left_out));
    print_metric_head(page, "headwater_run_state", "gauge", "The state of each run that goes on.");
    for (const StoredRun& run : runs)
        print_metric(page, "headwater_run_state",
                     labels_of(run) + "," + label("state", std::string(name_of(run.state))), 1);
    auto each_run = [&](const char* name, const char* type, const char* help, auto value) {
        print_metric_head(page, name, type, help);
        for (const StoredRun& run : runs)
            print_metric(page, name, labels_of(run), static_cast<double>(value(run.counts)));
    };
    using Counts = const RunCounts&;
    each_run("headwater_run_records_total", "counter", "Records made.", [](Counts counts) { return counts.records; });
    each_run("headwater_run_bytes_total", "counter", "Bytes made.", [](Counts counts) { return counts.bytes; });
    each_run("headwater_run_dead_letters_total", "counter", "Records that targets refused.",
             [](Counts counts) { return counts.dead_letters; });
    each_run("headwater_run_failed_attempts_total", "counter", "Attempts that failed because a target was away.",
             [](Counts counts) { return counts.failures; });
    each_run("headwater_run_waiting", "gauge", "1 while a target is away that the run waits for.",
             [](Counts counts) { return counts.waiting_for.empty() ? 0 : 1; });
    auto each_output = [&](const char* name, const char* help, auto value) {
        print_metric_head(page, name, "counter", help);
        for (const StoredRun& run : runs) {
            const std::vector<SinkProgress> outputs = outputs_of(run);
            for (size_t i = 0; i < outputs.size(); ++i)
                print_metric(page, name,
                             labels_of(run) + "," + label("output", std::to_string(i + 1)) + "," +
                                 label("target", outputs[i].name),
                             static_cast<double>(value(outputs[i])));
        }
    };
    each_output("headwater_run_target_records_total", "Records handed to a target.",
                [](const SinkProgress& sink) { return sink.records; });
    each_output("headwater_run_target_acknowledged_total", "Records durable at a target, as of the last checkpoint.",
                [](const SinkProgress& sink) { return sink.acknowledged; });
}

}  // namespace headwater
