// For `headwater clean`: removes what a run made, as its state folder tells.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/command_line.h"
#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/replay.h"
#include "app/request.h"
#include "app/run_start.h"
#include "base/json.h"
#include "engine/clean.h"
#include "engine/manifest.h"
#include "engine/real_time.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// Takes from the last manifest of a run that has ended what it delivered; one that was cut off has none.
void take_manifest(const std::string& text, CleanOrder& order) {
    const Json manifest = parse_json_or_discard(text);
    if (!manifest.is_object()) return;
    std::set<std::string> objects;
    auto add = [&](const Json& listed) {
        for (const Json& object : listed) objects.insert(object.value("name", ""));
    };
    for (const Json& stream : manifest.value("streams", Json::array())) {
        add(stream.value("objects", Json::array()));
        order.delivered[stream.value("name", "")] = stream.value("rows", int64_t{0});
        const Json phases = stream.value("phases", Json::object());
        for (const auto& [phase, rows] : phases.items())
            order.of_phases[phase][stream.value("name", "")] = rows.get<int64_t>();
    }
    if (const Json key = manifest.value("answer_key", Json()); key.is_object())
        add(key.value("objects", Json::array()));
    order.objects = std::move(objects);
    order.commands = {manifest.value("command", "")};
}

int failed(Console& console, const Error& error) {
    console.log(LogLevel::error, error.message);
    return exit_code_of(error.kind, exit_bad_input);
}

int refuse(Console& console, const std::string& message) { return failed(console, {ErrorKind::invalid, message}); }

void tell(Console& console, const std::string& run, const CleanReport& report) {
    for (const std::string& reason : report.kept) console.log(LogLevel::warn, reason);
    LogFields fields{{"run", run}, {"objects", std::to_string(report.objects)}};
    for (const std::string& removed : report.removed) fields.emplace_back("removed", removed);
    console.log(LogLevel::info, "Removed what the run made", fields);
}

}  // namespace

int clean_command(const Arguments& arguments) {
    Console console(arguments.console);
    const std::string& named = arguments.name;
    const std::string path = named.find('/') != std::string::npos ? named : default_state_folder(named);
    std::error_code error;
    if (!std::filesystem::is_directory(path, error))
        return refuse(console, "Run has no state folder here (" + path + "): " + named);
    auto state = StateFolder::open(path);
    if (!state) return failed(console, state.error());
    if (*state == nullptr) return refuse(console, "Run is still going on: " + named);
    const auto start = read_start(**state);
    if (!start) return refuse(console, "State folder has no readable run.json: " + path);
    if (start->folder != std::filesystem::current_path(error))
        return refuse(console, "Run was started in another folder; go there first: " + start->folder);
    auto run = arguments_of(start->words);
    if (!run) return refuse(console, "State folder has a damaged run.json: " + path);
    run->plan.seed = std::to_string(start->seed);
    auto request = request_of(*run, run->plan.what.front(), start->now);
    if (!request) return failed(console, request.error());
    auto plan = load_and_tell(*request, console);
    if (!plan) return exit_bad_input;
    if (auto settled = settle_outputs(*plan); !settled) return failed(console, settled.error());

    auto made = (*state)->made();
    if (!made) return failed(console, made.error());
    CleanOrder order{.run = start->run, .part = run->run.part, .parts = run->run.parts, .made = std::move(*made)};
    if (const auto last = read_last_manifest(**state)) take_manifest(*last, order);
    if (!order.commands.empty() && plan->clock.seam)
        order.commands.insert(replay_command(*run, *plan, plan->clock.seam));
    SystemTime time;
    BuiltInComponents components(time, [&](const std::string& notice) { console.log(LogLevel::warn, notice); });
    auto report = clean(*plan, order, components, time);
    if (!report) return failed(console, report.error());
    tell(console, named, *report);
    remove_state(**state);
    return exit_done;
}

}  // namespace headwater
