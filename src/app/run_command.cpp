// For `headwater run`: loads a plan, runs it, tells what came of it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/command_line.h"
#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/failpoint.h"
#include "app/notices.h"
#include "app/pace_notices.h"
#include "app/places.h"
#include "app/replay.h"
#include "app/request.h"
#include "app/run_ends.h"
#include "app/run_start.h"
#include "app/signals.h"
#include "app/summary.h"
#include "base/time.h"
#include "engine/run.h"
#include "sink/descriptor.h"

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
    auto counts = std::move(plan->counts);  // as bounded by time as it was
    plan = load(request).plan;
    if (plan) plan->counts = std::move(counts);
    return plan;
}

/// A reader who has seen enough ends a run that had nothing else to write, as `| head` does.
bool is_read_enough(const Plan& plan, const Error& error) {
    return error.kind == ErrorKind::closed && !keeps_anything(plan);
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
    if (!summary.alive.empty()) fields.emplace_back("alive", spell_alive(summary.alive));
    for (const std::string& manifest : summary.manifests) fields.emplace_back("manifest", manifest);
    fields.emplace_back("command", summary.command);
    console.log(LogLevel::info, "run ended", fields);
}

/// Writes the manifest of a run to a file of its own.
Result<void> write_manifest(const std::string& file, const Plan& plan, const RunSummary& summary,
                            const RunArguments& arguments) {
    if (file.empty()) return {};
    ManifestContent content{
        .version = HEADWATER_VERSION, .run = summary.run, .command = summary.command, .state = summary.state};
    content.reached = summary.reached;
    content.part = arguments.part;
    content.parts = arguments.parts;
    content.streams = summary.streams;
    if (plan.answer_key) content.answer_key = {plan.answer_key->to, summary.answer_key};
    return replace_file(file, manifest_text(plan, content));
}

/// What is executed: a fresh run, or one that goes on.
struct Order {
    Arguments arguments;
    int64_t now = 0;
    std::unique_ptr<StateFolder> state;  ///< none: no journal is kept, or its place is not settled yet
    std::optional<RunStart> start;       ///< of a run that goes on
    std::optional<Checkpoint> resume;
    std::string ended;  ///< state of a run that was cut off behind its end, with only its state folder left to remove
};

std::unexpected<Error> refuse(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

/// Opens the state folder of a fresh run and writes down how it was started.
Result<void> begin_state(Order& order, const Plan& plan, const std::string& run_name, Console& console) {
    const RunArguments& run = order.arguments.run;
    if (run.state == "none" || (run.state.empty() && !keeps_anything(plan))) return {};
    std::string id = resume_id(run_name, order.arguments.words);
    std::string path = run.state.empty() ? default_state_folder(id) : run.state;
    auto state = StateFolder::open(path);
    if (!state) return std::unexpected(state.error());
    if (*state == nullptr && !run.state.empty()) return refuse("State folder is in use by another run: " + path);
    if (*state == nullptr) {
        console.log(LogLevel::warn, "This very command is running already, so this run keeps no journal: " + path);
        return {};
    }
    const std::string& name = run.state.empty() ? id : path;
    auto before = (*state)->journal().read();
    bool was_cut_off = before && *before && (*before)->state == "running" && read_start(**state);
    if (was_cut_off)
        console.log(LogLevel::warn,
                    "This command was cut off before and begins anew; to go on instead, stop it before it has written "
                    "anything and type headwater run --resume " +
                        name);
    else
        console.log(LogLevel::info, "If the run is cut off, it goes on by headwater run --resume " + name);
    RunStart start{HEADWATER_VERSION, order.arguments.words, "", order.now, plan.seed, run_id_of(plan), run_name};
    std::error_code error;
    start.folder = std::filesystem::current_path(error).string();
    order.state = std::move(*state);
    return write_start(*order.state, start);
}

/// Finds the state folder of a run that was cut off, and what it was told to do.
Result<Order> order_to_resume(const std::string& named) {
    bool is_path = named.find('/') != std::string::npos;
    std::string path = is_path ? named : default_state_folder(named);
    std::error_code error;
    if (!std::filesystem::is_directory(path, error))
        return refuse("Run has no state folder here (" + path + "): " + named);
    auto state = StateFolder::open(path);
    if (!state) return std::unexpected(state.error());
    if (*state == nullptr) return refuse("Run is still going on: " + named);
    Order order;
    auto journal = (*state)->journal().read();
    if (!journal) return std::unexpected(journal.error());
    const auto last = read_last_manifest(**state);
    // Its last manifest is written shortly before its journal says that it has ended.
    if (*journal ? (*journal)->state != "running" : last.has_value()) {
        order.ended = *journal ? (*journal)->state : "its manifest is kept";
        order.state = std::move(*state);
        return order;
    }
    order.start = read_start(**state);
    if (!order.start) return refuse("State folder has no readable run.json; start the run anew: " + path);
    if (order.start->version != HEADWATER_VERSION)
        return refuse("Run was started by headwater " + order.start->version + ", this is " HEADWATER_VERSION ": " +
                      named);
    if (order.start->folder != std::filesystem::current_path(error))
        return refuse("Run was started in another folder; go there first: " + order.start->folder);
    auto arguments = arguments_of(order.start->words);
    if (!arguments) return refuse("State folder has a damaged run.json; start the run anew: " + path);
    order.arguments = std::move(*arguments);
    order.arguments.plan.seed = std::to_string(order.start->seed);
    order.now = order.start->now;
    order.state = std::move(*state);
    order.resume = std::move(*journal);
    return order;
}

/// A run that never began leaves no state behind, unless there is something to remove.
void forget_unbegun(const Order& order) {
    if (order.state == nullptr) return;
    const auto made = order.state->made();
    if (made && made->empty()) remove_state(*order.state);
}

int execute(Order order, Console& console, SystemTime& time) {
    const Arguments& arguments = order.arguments;
    auto request = request_of(arguments, arguments.plan.what.front(), order.now);
    if (!request) return failed(console, request.error(), exit_bad_input);
    RunOptions options{.version = HEADWATER_VERSION, .run = arguments.run.run_id, .threads = arguments.run.threads};
    options.part = arguments.run.part;
    options.parts = arguments.run.parts;
    auto plan = load_bounded(*request, options, console);
    if (!plan) return exit_bad_input;
    if (options.run.empty()) options.run = run_id_of(*plan);
    options.command = [&](std::optional<int64_t> reached) { return replay_command(arguments, *plan, reached); };
    Notices notices;
    auto tell_notices = [&] {
        for (const std::string& notice : notices.take()) console.log(LogLevel::warn, notice);
    };
    PaceNotices pace;
    options.observe = [&](const Progress& progress) {
        tell_notices();
        if (const auto notice = pace.next(progress)) console.log(LogLevel::warn, *notice);
        console.show(progress);
    };
    options.tell = [&](const std::string& notice) { console.log(LogLevel::warn, notice); };
    options.pass = failpoint_from_environment();
    const auto real_limit_us = options.real_limit_us;
    if (auto settled = settle_outputs(*plan); !settled) return failed(console, settled.error(), exit_bad_input);
    if (auto checked = check_places(*plan); !checked) return failed(console, checked.error(), exit_bad_input);
    if (order.start && order.start->plan != run_id_of(*plan)) {
        console.log(LogLevel::error, "Pack or scenario has changed since the run was started: " + order.start->run);
        return exit_bad_input;
    }
    options.resume = std::move(order.resume);
    const std::string run_name = options.run;
    Run* executed = nullptr;
    options.note = [&](const NotedThing& made) {
        return order.state == nullptr ? Result<void>{} : order.state->note(made);
    };
    options.settle = [&](const RunSummary& summary) {
        if (order.state == nullptr) return Result<void>{};
        return write_last_manifest(*order.state, manifest_text(*plan, executed->content_for(summary)));
    };

    static StopToken stop;  // the signal handler may need it to the very end
    stop_on_signals(stop);
    BuiltInComponents components(time, [&](const std::string& notice) { notices.add(notice); });
    auto run = Run::make(*plan, std::move(options), components, time, stop);
    if (!run) return failed(console, run.error(), exit_bad_input);
    for (const std::string& end : ends_of(*plan, real_limit_us, (*run)->usual_rate(), order.now))
        console.log(LogLevel::info, end);
    if (!order.start) {
        if (auto begun = begin_state(order, *plan, run_name, console); !begun)
            return failed(console, begun.error(), exit_bad_input);
    }
    executed = run->get();
    auto summary = (*run)->execute(order.state != nullptr ? &order.state->journal() : nullptr);
    tell_notices();
    if (!summary) {
        if (is_read_enough(*plan, summary.error())) return exit_done;
        if (!order.start && !(*run)->has_opened()) forget_unbegun(order);
        int code = failed(console, summary.error(), (*run)->has_opened() ? exit_failed : exit_bad_input);
        return code == exit_not_reachable && stop.requested() ? exit_failed : code;
    }
    if (auto written = write_manifest(arguments.run.manifest, *plan, *summary, arguments.run); !written)
        return failed(console, written.error(), exit_failed);
    if (order.state != nullptr) order.state->forget_journal();
    tell(console, *plan, *summary);
    return exit_done;
}

}  // namespace

int run_command(const Arguments& arguments) {
    Console console(arguments.console);
    SystemTime time;
    if (arguments.run.resume.empty()) return execute({.arguments = arguments, .now = time.now()}, console, time);
    auto order = order_to_resume(arguments.run.resume);
    if (!order) return failed(console, order.error(), exit_bad_input);
    if (order->ended.empty()) return execute(std::move(*order), console, time);
    console.log(LogLevel::info, "Run has ended (" + order->ended + "): " + arguments.run.resume);
    order->state->forget_journal();
    return exit_done;
}

}  // namespace headwater
