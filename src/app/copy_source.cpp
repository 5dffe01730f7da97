// For opening landed copies by their addresses, as --from has them.
#include "app/copy_source.h"

#include <algorithm>
#include <utility>

#include "app/target.h"
#include "format/csv/csv.h"
#include "pack/plan.h"

namespace headwater {

namespace {

/// Finds the format that a copy is named with: by its name, or by an option that it alone has; null where nothing says.
Result<const FormatKind*> format_in(const std::string& name, const GivenOptions& options) {
    if (!name.empty()) return need_format(name);
    for (const FormatKind* kind : format_kinds())
        for (const Option& option : kind->options)
            if (options.contains(std::string(option.name))) return kind;
    return nullptr;
}

/// Reads the address of a copy like that of an output, of which it may hold the options too.
Result<CopyOptions> read_address(const CopyRequest& request, OutputPlan& output) {
    CopyOptions copy{.sent_format = format_called(request.sent_format), .objects = request.objects};
    std::string name = request.format;
    output.to = request.from;
    auto given = take_options(output.to);
    if (!given) return std::unexpected(given.error());
    output.options = std::move(*given);
    if (auto format = output.options.extract("format")) name = format.mapped();
    auto format = format_in(name, output.options);
    if (!format) return std::unexpected(format.error());
    copy.format = *format;
    if (copy.format != nullptr) output.format = copy.format->name;
    return copy;
}

/// A place to read from, opened: topics or objects.
struct Opened {
    CopyOptions options;
    Landed landed;
    std::vector<std::string> topics;
};

Result<Opened> open(const CopyRequest& request, const Clock& clock) {
    OutputPlan output;
    auto options = read_address(request, output);
    if (!options) return std::unexpected(options.error());
    if (request.confine)
        if (auto confined = request.confine(output); !confined) return std::unexpected(confined.error());
    auto named = named_in(output);
    if (!named) return std::unexpected(named.error());
    if (named->format->reading == FormatReading::csv) {
        CsvOptions csv{.delimiter = ""};
        auto read = read_options(named->format->options, named->format_request.options, "Format csv", &csv);
        if (read && !csv.delimiter.empty()) read = check_csv_options(csv);
        if (!read) return std::unexpected(read.error());
        options->delimiter = csv.delimiter.empty() ? '\0' : csv.delimiter.front();
    }
    if (named->target->takes_messages && !named->format->stands_alone)
        return fail(ErrorKind::invalid, "Topics hold no records of format: " + output.format);
    named->target_request.bounds = request.bounds;
    auto landed = open_landed(*named->target, named->target_request, clock);
    if (!landed) return std::unexpected(landed.error());
    Opened opened{.options = std::move(*options), .landed = std::move(*landed)};
    if (opened.landed.topics == nullptr) return opened;
    for (const std::string& stream : request.streams) {
        std::string topic = opened.landed.topic_of(stream);
        if (std::ranges::find(opened.topics, topic) == opened.topics.end()) opened.topics.push_back(std::move(topic));
    }
    return opened;
}

}  // namespace

Result<std::unique_ptr<Copy>> open_copy(const CopyRequest& request, const Clock& clock) {
    auto opened = open(request, clock);
    if (!opened) return std::unexpected(opened.error());
    Landed& landed = opened->landed;
    if (landed.topics != nullptr)
        return make_topic_copy(std::move(landed.topics), std::move(opened->topics), std::move(opened->options));
    return make_object_copy(std::move(landed.objects), std::move(opened->options));
}

Result<void> check_copy(const CopyRequest& request, const Clock& clock) {
    auto opened = open(request, clock);
    return opened ? Result<void>{} : std::unexpected(opened.error());
}

Result<void> read_letters(const CopyRequest& request, LetterBox& letters, const std::vector<Shape>& shapes,
                          const Clock& clock, const StopToken& stop) {
    auto opened = open(request, clock);
    if (!opened) return std::unexpected(opened.error());
    if (opened->landed.topics != nullptr) return letters.read(*opened->landed.topics, opened->topics, shapes, stop);
    return letters.read(*opened->landed.objects, shapes, stop);
}

}  // namespace headwater
