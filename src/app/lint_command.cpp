// For `headwater lint`, `packs` and `version`: what there is and what is wrong with it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/request.h"
#include "app/target.h"
#include "engine/real_time.h"
#include "pack/load.h"

namespace headwater {

namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

bool is_colored(const ConsoleArguments& arguments) {
    const char* no_color = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) == 1 && !arguments.no_color && (no_color == nullptr || *no_color == '\0');
}

Result<std::string> check_output(OutputPlan output, int64_t start) {
    if (auto settled = settle(output); !settled) return std::unexpected(settled.error());
    auto format = BuiltInComponents(SystemTime(), [](const std::string&) {}).format(output);
    if (!format) return std::unexpected(format.error());
    return warning_of(output, SystemTime().now() - start);
}

}  // namespace

int lint_command(const Arguments& arguments) {
    Console console(arguments.console);
    std::vector<Diagnostic> all;
    std::vector<std::pair<std::string, std::string>> sources;
    for (const std::string& file : arguments.plan.what) {
        auto request = request_of(arguments, file, SystemTime().now());
        if (!request) {
            console.log(LogLevel::error, request.error().message);
            return exit_bad_input;
        }
        request->check_output = check_output;
        Loaded loaded = load(*request);
        for (Diagnostic& one : loaded.diagnostics.sorted()) {
            const bool is_of_a_run = one.severity == Diagnostic::Severity::warning && one.at.line == 0;
            if (!is_of_a_run) all.push_back(std::move(one));
        }
        for (auto& source : loaded.sources) sources.push_back(std::move(source));
    }
    bool has_errors = std::ranges::any_of(all, [](auto& one) { return one.severity == Diagnostic::Severity::error; });
    if (arguments.format == "json") {
        print(render_json(all));
    } else if (all.empty()) {
        const size_t files = arguments.plan.what.size();
        if (!arguments.console.quiet)
            print(std::to_string(files) + (files == 1 ? " file" : " files") + ", no mistakes\n");
    } else {
        print(render(all, is_colored(arguments.console), sources));
    }
    return has_errors ? exit_bad_input : exit_done;
}

int packs_command(const Arguments& arguments) {
    Console console(arguments.console);
    Diagnostics diagnostics;
    auto packs = list_packs(pack_folders(arguments.plan), diagnostics);
    size_t names = 0, versions = 0;
    for (const FoundPack& pack : packs) {
        names = std::max(names, pack.name.size());
        versions = std::max(versions, pack.version.size());
    }
    for (const FoundPack& pack : packs) {
        std::string line = pack.name + std::string(names - pack.name.size() + 2, ' ') + pack.version;
        line += std::string(versions - pack.version.size() + 2, ' ') + pack.summary + "  (" + pack.file + ")\n";
        print(line);
    }
    auto mistakes = diagnostics.sorted();
    if (!mistakes.empty()) console.print(render(mistakes, console.uses_color(), {}));
    return diagnostics.has_errors() ? exit_bad_input : exit_done;
}

int version_command() {
    print("headwater " HEADWATER_VERSION "\n");
    return exit_done;
}

}  // namespace headwater
