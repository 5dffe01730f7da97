#include "pack/output_options.h"

#include <algorithm>
#include <utility>

#include "envelope/envelopes.h"
#include "format/formats.h"
#include "sink/targets.h"

namespace headwater {

namespace {

std::vector<std::string_view> compressions() {
    std::vector<std::string_view> all = object_compressions();
    for (const TargetKind* kind : target_kinds())
        for (const std::string_view one : kind->compressions)
            if (std::ranges::find(all, one) == all.end()) all.push_back(one);
    return all;
}

}  // namespace

const std::vector<Option>& output_options() {
    static const std::vector<Option> options{
        {.name = "format",
         .help = "Format of the records.",
         .shape = OptionShape::choice,
         .otherwise = format_kinds().front()->name,
         .choices = format_names(),
         .over_rest = true,
         .set = into<&OutputPlan::format>},
        {.name = "compression",
         .help = "Compression of objects, or of the batches of a topic.",
         .shape = OptionShape::choice,
         .otherwise = "as format and target have it",
         .choices = compressions(),
         .over_rest = true,
         .set = into<&OutputPlan::compression>},
        {.name = "layout",
         .help = "How records are spread over objects.",
         .shape = OptionShape::choice,
         .otherwise = "grouped",
         .choices = {"grouped", "chunked", "single", "hive"},
         .over_rest = true,
         .set = into<&OutputPlan::layout>},
        {.name = "target_size",
         .help = "Size at which hive begins a new object.",
         .shape = OptionShape::size,
         .otherwise = "256MiB",
         .over_rest = true,
         .set = into<&OutputPlan::target_size_bytes>},
        {.name = "max_chunk_size",
         .help = "Size that no chunked object exceeds.",
         .shape = OptionShape::size,
         .otherwise = "8MiB",
         .over_rest = true,
         .set = into<&OutputPlan::max_chunk_size_bytes>},
        {.name = "envelope",
         .help = "What goes around records, or is taken off: of changes of tables the row itself.",
         .shape = OptionShape::choice,
         .otherwise = envelope_kinds().front()->name,
         .choices = envelope_names(),
         .over_rest = true,
         .set = into<&OutputPlan::envelope>},
        {.name = "identity",
         .help = "Where records carry their run, stream and row.",
         .shape = OptionShape::choice,
         .otherwise = "as the target has it",
         .choices = {"headers", "column", "none"},
         .over_rest = true,
         .set = into<&OutputPlan::identity>},
        {.name = "overwrite",
         .help = "Remove first what another run left in the folder or prefix, as its manifest lists it.",
         .shape = OptionShape::boolean,
         .otherwise = "false",
         .over_rest = true,
         .set = into<&OutputPlan::overwrite>}};
    return options;
}

OutputPlan output_to(std::string to) {
    OutputPlan output;
    output.to = std::move(to);
    output.format = output.compression = output.identity = "";
    return output;
}

}  // namespace headwater
