// For `headwater describe`: what a pack holds, as text, JSON or diagrams.
#include <cstdio>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/request.h"
#include "engine/real_time.h"
#include "pack/describe.h"

namespace headwater {

int describe_command(const Arguments& arguments) {
    Console console(arguments.console);
    auto request = request_of(arguments, arguments.plan.what.front(), SystemTime().now());
    if (!request) {
        console.log(LogLevel::error, request.error().message);
        return exit_bad_input;
    }
    const Described described = describe(*request);
    if (const auto mistakes = described.diagnostics.sorted(); !mistakes.empty()) {
        console.print(render(mistakes, console.uses_color(), described.sources));
    }
    if (described.packs.empty()) return exit_bad_input;
    std::string text;
    if (arguments.format == "json" && !arguments.diagram) text = describe_as_json(described.packs);
    for (const PackDescription& pack : described.packs) {
        if (arguments.diagram) text += (text.empty() ? "" : "\n") + describe_as_diagrams(pack);
        if (arguments.format != "json" && !arguments.diagram)
            text += (text.empty() ? "" : "\n") + describe_as_text(pack);
    }
    if (arguments.diagram && text.empty()) console.tell("Nothing to draw: no stream has rules and nothing lives\n");
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_done;
}

}  // namespace headwater
