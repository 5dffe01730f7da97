// For `headwater run`: loads a plan, runs it, tells what came of it.
#include <algorithm>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/replay.h"
#include "app/request.h"
#include "app/signals.h"
#include "app/summary.h"
#include "base/time.h"
#include "engine/run.h"

namespace headwater {

namespace {

int failed(Console& console, const Error& error, int code_of_invalid) {
    console.log(LogLevel::error, error.message);
    return exit_code_of(error.kind, code_of_invalid);
}

/// Loads the plan. --for is real time where real time sets the pace, which only the loaded plan knows.
std::optional<Plan> load_bounded(LoadRequest& request, RunOptions& options, Console& console) {
    auto plan = load_and_tell(request, console);
    bool is_paced = plan && plan->clock.rate > 0 && !plan->clock.live;
    if (!is_paced || !request.duration) return plan;
    options.real_limit_us = parse_duration(*request.duration);
    request.duration.reset();
    return load(request).plan;
}

/// A reader who has seen enough ends a run that had nothing else to write, as `| head` does.
bool is_read_enough(const Plan& plan, const Error& error) {
    auto to_stdout = [](const OutputPlan& output) { return output.to.starts_with("stdout"); };
    return error.kind == ErrorKind::closed && std::ranges::all_of(plan.outputs, to_stdout) && !plan.answer_key;
}

void tell(Console& console, const Plan& plan, const RunSummary& summary) {
    if (!console.is_json()) return console.tell(summary_text(plan, summary));
    for (const StreamOutcome& outcome : summary.streams)
        console.log(LogLevel::info, "stream ended",
                    {{"stream", plan.streams[static_cast<size_t>(outcome.stream)].qualified()},
                     {"records", std::to_string(outcome.tally.rows)},
                     {"bytes", std::to_string(outcome.tally.bytes)},
                     {"ended", outcome.ended}});
    LogFields fields{{"run", summary.run}, {"state", std::string(name_of(summary.state))}};
    fields.emplace_back("records", std::to_string(summary.progress.records));
    fields.emplace_back("elapsed_ms", std::to_string(summary.progress.elapsed_us / 1000));
    fields.emplace_back("limited_by", summary.limited_by);
    for (const std::string& manifest : summary.manifests) fields.emplace_back("manifest", manifest);
    fields.emplace_back("command", summary.command);
    console.log(LogLevel::info, "run ended", fields);
}

}  // namespace

int run_command(const Arguments& arguments) {
    Console console(arguments.console);
    SystemTime time;
    auto request = request_of(arguments, arguments.plan.what.front(), time.now());
    if (!request) return failed(console, request.error(), exit_bad_input);
    const RunArguments& run_arguments = arguments.run;
    RunOptions options{.version = HEADWATER_VERSION, .run = run_arguments.run_id, .threads = run_arguments.threads};
    options.part = run_arguments.part;
    options.parts = run_arguments.parts;
    auto plan = load_bounded(*request, options, console);
    if (!plan) return exit_bad_input;
    options.command = [&](std::optional<int64_t> reached) { return replay_command(arguments, *plan, reached); };
    options.observe = [&](const Progress& progress) { console.show(progress); };
    if (auto settled = settle_outputs(*plan); !settled) return failed(console, settled.error(), exit_bad_input);

    static StopToken stop;  // the signal handler may need it to the very end
    stop_on_signals(stop);
    BuiltInComponents components;
    auto run = Run::make(*plan, std::move(options), components, time, stop);
    if (!run) return failed(console, run.error(), exit_bad_input);
    auto summary = (*run)->execute();
    if (!summary) {
        if (is_read_enough(*plan, summary.error())) return exit_done;
        int code = failed(console, summary.error(), exit_failed);
        return code == exit_not_reachable && stop.requested() ? exit_failed : code;
    }
    tell(console, *plan, *summary);
    return exit_done;
}

}  // namespace headwater
