// For turning what was typed into a plan that can be run, or into diagnostics.
#include "app/request.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>
#include <utility>

#include "app/target.h"
#include "base/text.h"

namespace headwater {

namespace {

Result<std::optional<uint64_t>> seed_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    if (text == "random") {
        std::random_device device;
        return (static_cast<uint64_t>(device()) << 20) ^ device();
    }
    uint64_t seed = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(ErrorKind::invalid, "Seed is neither a whole number nor `random`: " + text);
    return seed;
}

std::optional<std::string> given(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

}  // namespace

std::vector<std::string> pack_folders(std::vector<std::string> given, std::string_view listed) {
    for (const std::string_view one : split(listed, ':'))
        if (!one.empty()) given.emplace_back(one);
    std::error_code error;
    if (std::filesystem::is_directory("packs", error)) given.emplace_back("packs");
    return given;
}

std::vector<std::string> pack_folders(const PlanArguments& arguments) {
    const char* listed = std::getenv("HEADWATER_PACKS");
    return pack_folders(arguments.packs, listed != nullptr ? listed : "");
}

Result<LoadRequest> request_of(const Arguments& arguments, const std::string& what, int64_t now) {
    const RunArguments& run = arguments.run;
    LoadRequest request{.what = what, .pack_folders = pack_folders(arguments.plan), .now = now};
    auto seed = seed_of(arguments.plan.seed);
    if (!seed) return std::unexpected(seed.error());
    request.seed = *seed;
    for (const std::string& set : arguments.plan.set) {
        size_t equals = set.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorKind::invalid, "Parameter is not set as name=value: " + set);
        request.set.emplace_back(set.substr(0, equals), set.substr(equals + 1));
    }
    request.start = given(run.start);
    request.until = given(run.until);
    request.duration = given(run.duration);
    request.history = given(run.history);
    request.live = run.live;
    request.seam = given(run.seam);
    request.speed = given(run.speed);
    request.rate = given(run.rate);
    request.counts = run.counts;
    request.streams = arguments.plan.streams;
    request.to = run.to;
    request.chaos = run.chaos;
    request.incidents = run.incidents;
    request.output = run.output;
    request.answer_key = given(run.answer_key);
    return request;
}

std::optional<Plan> load_and_tell(const LoadRequest& request, Console& console) {
    Loaded loaded = load(request);
    auto diagnostics = loaded.diagnostics.sorted();
    if (!diagnostics.empty() && console.is_json()) {
        for (const Diagnostic& one : diagnostics) {
            bool is_error = one.severity == Diagnostic::Severity::error;
            console.log(is_error ? LogLevel::error : LogLevel::warn, one.message,
                        {{"file", one.file}, {"line", std::to_string(one.at.line)}, {"hint", one.hint}});
        }
    } else if (!diagnostics.empty()) {
        console.print(render(diagnostics, console.uses_color(), loaded.sources));
    }
    if (loaded.diagnostics.has_errors()) return std::nullopt;
    return std::move(loaded.plan);
}

Result<void> settle_outputs(Plan& plan) {
    if (plan.outputs.empty()) {
        OutputPlan output;
        output.to = "stdout:";
        output.streams.resize(plan.streams.size());
        std::iota(output.streams.begin(), output.streams.end(), 0);
        plan.outputs.push_back(std::move(output));
    }
    bool has_phases = false;
    for (OutputPlan& output : plan.outputs) {
        if (auto settled = settle(output); !settled) return settled;
        has_phases = has_phases || !output.phase.empty();
    }
    if (plan.answer_key) {
        if (auto settled = settle(*plan.answer_key); !settled) return settled;
        has_phases = has_phases || !plan.answer_key->phase.empty();
    }
    if (has_phases && !plan.clock.seam)
        return fail(ErrorKind::invalid,
                    "A run that does not go live has one phase only; say --live, or by --seam where the live phase "
                    "begins");
    if (!has_phases) plan.clock.seam.reset();
    return {};
}

}  // namespace headwater
