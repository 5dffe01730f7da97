// For `headwater schema` and `headwater reference`: the language as the program knows it, for editors and for pages.
#include <cstdio>

#include "app/catalogue.h"
#include "app/commands.h"
#include "app/exit_code.h"
#include "pack/schema.h"

namespace headwater {

int schema_command(const Arguments& arguments) {
    const bool scenario = arguments.name == "scenario";
    const std::string text = scenario ? json_schema(scenario_sections(), "A headwater scenario")
                                      : json_schema(pack_sections(), "A headwater pack");
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_done;
}

int reference_command(const Arguments& arguments) {
    const std::string made = "\nMade by `./dev generate`.\n\n";
    std::string text;
    if (arguments.name == "functions") {
        text = "# Functions\n" + made +
               "The examples name a list of whole numbers `numbers` and a kind of entity `customer`.\n\n" +
               functions_page();
    } else if (arguments.name == "faults") {
        text = "# Faults\n" + made +
               "What a scenario may name under `chaos:`. Every fault also takes `name`, `streams`, `chance`, `where`, "
               "`at`, "
               "`for`, `every` and `times`: [chaos](../chaos.md) tells how.\n\n" +
               faults_page();
    } else if (arguments.name == "targets") {
        text = "# Formats, envelopes and targets\n" + made + catalogue_page();
    } else if (arguments.name == "catalogue") {
        text = catalogue_json();
    } else {
        text = "# Packs and scenarios\n" + made +
               "Every key of every section. `because:`, a text that says where a number comes from, may stand in each "
               "of them.\n" +
               "How they are used, with examples: [the language](../language.md).\n\n# Packs\n\n" +
               sections_page(pack_sections()) + "\n# Scenarios\n\n" + sections_page(scenario_sections());
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_done;
}

}  // namespace headwater
