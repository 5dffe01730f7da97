// For telling what formats, envelopes and targets there are: as a page for readers, as JSON for programs and tests.
#include "app/catalogue.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/json.h"
#include "envelope/envelopes.h"
#include "format/formats.h"
#include "pack/output_options.h"
#include "sink/targets.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// Makes a text fit for a cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string safe;
    for (const char c : text) safe += c == '|' ? std::string("\\|") : std::string(1, c);
    return safe;
}

std::string options_table(const std::vector<Option>& options) {
    if (options.empty()) return "";
    std::string text = "\n| option | is | default | REST | says |\n|---|---|---|---|---|\n";
    for (const Option& option : options) {
        const bool is_secret = !option.secret.empty();
        text += "| `" + std::string(option.name) + "` | `" + cell(spelling_of(option)) + "` | " +
                cell(option.otherwise) + " | " + (option.over_rest ? "yes" : "no") + " | " + cell(option.help) +
                (is_secret ? " A secret, which an address does not take: " + std::string(option.secret) + "." : "") +
                " |\n";
    }
    return text;
}

/// Spells what holds: "x, y" of those whose claim is true.
std::string traits(std::initializer_list<std::pair<bool, const char*>> claims) {
    std::string text;
    for (const auto& [holds, claim] : claims)
        if (holds) text += (text.empty() ? "" : "; ") + std::string(claim);
    return text.empty() ? "" : "\n" + text + ".\n";
}

std::string format_section(const FormatKind& kind) {
    std::string text = "\n### " + std::string(kind.name) + "\n\n" + std::string(kind.help) + " Objects end with `." +
                       std::string(kind.extension) + "`; compression: " + listed(kind.compressions) + " (" +
                       std::string(kind.compression) + ").\n";
    text += traits({{kind.makes_objects, "Makes whole objects, so it goes to targets of objects"},
                    {kind.stands_alone, "Its records stand alone, so topics take them"},
                    {kind.mixes_schemas, "An object may hold several versions of a schema"}});
    return text + options_table(kind.options);
}

std::string target_section(const TargetKind& kind) {
    std::string text =
        "\n### " + std::string(kind.scheme) + "\n\n`" + std::string(kind.form) + "`: " + std::string(kind.help) + "\n";
    text += traits({{kind.takes_records && !kind.takes_messages, "Takes records as one stream of bytes"},
                    {kind.takes_messages, "Takes records one by one"},
                    {kind.takes_objects, "Takes objects"},
                    {kind.has_reader, "`headwater verify` reads it"},
                    {kind.is_cleaned, "`headwater clean` removes what a run made"}});
    if (!kind.compressions.empty()) text += "\nCompresses itself: " + listed(kind.compressions) + ".\n";
    return text + options_table(kind.options);
}

Json json_of(const std::vector<Option>& options) {
    Json all = Json::array();
    for (const Option& option : options)
        all.push_back({{"name", option.name},
                       {"help", option.help},
                       {"is", spelling_of(option)},
                       {"choices", option.choices},
                       {"default", option.otherwise},
                       {"is_secret", !option.secret.empty()},
                       {"names_file", option.shape == OptionShape::file},
                       {"over_rest", option.over_rest}});
    return all;
}

}  // namespace

std::string catalogue_page() {
    std::string text =
        "An option stands behind the `?` of a target, as in `file:out?format=csv&delimiter=tab`; those of outputs are "
        "flags of\n"
        "`headwater run` and keys of a scenario's output, too. REST says whether clients of the service may say it.\n\n"
        "## Outputs\n" +
        options_table(output_options()) + "\n## Formats\n";
    for (const FormatKind* kind : format_kinds()) text += format_section(*kind);
    text +=
        "\n## Envelopes\n\nAn envelope is what goes around records on their way out, behind the faults and in front of "
        "the format.\n\n"
        "| envelope | is |\n|---|---|\n";
    for (const EnvelopeKind* kind : envelope_kinds())
        if (kind->is_offered) text += "| `" + std::string(kind->name) + "` | " + cell(kind->help) + " |\n";
    text += "\n## Targets\n";
    for (const TargetKind* kind : target_kinds()) text += target_section(*kind);
    return text;
}

std::string catalogue_json() {
    Json all{{"outputs", json_of(output_options())}};
    for (const FormatKind* kind : format_kinds())
        all["formats"].push_back({{"name", kind->name},
                                  {"help", kind->help},
                                  {"extension", kind->extension},
                                  {"makes_objects", kind->makes_objects},
                                  {"stands_alone", kind->stands_alone},
                                  {"compressions", kind->compressions},
                                  {"options", json_of(kind->options)}});
    for (const EnvelopeKind* kind : envelope_kinds())
        all["envelopes"].push_back({{"name", kind->name},
                                    {"help", kind->help},
                                    {"is_of_tables", kind->is_of_tables},
                                    {"keeps_latest", kind->keeps_latest},
                                    {"is_offered", kind->is_offered}});
    for (const TargetKind* kind : target_kinds())
        all["targets"].push_back({{"scheme", kind->scheme},
                                  {"form", kind->form},
                                  {"help", kind->help},
                                  {"takes_records", kind->takes_records},
                                  {"takes_messages", kind->takes_messages},
                                  {"takes_objects", kind->takes_objects},
                                  {"keeps", kind->keeps},
                                  {"has_reader", kind->has_reader},
                                  {"is_cleaned", kind->is_cleaned},
                                  {"module", kind->module},
                                  {"options", json_of(kind->options)}});
    return spell_json(all, 2) + "\n";
}

}  // namespace headwater
