// For comparing a copy with what a run sent, as the command line and clients of the service ask for it.
#include "app/grading.h"

#include <filesystem>
#include <utility>

#include "app/copy_source.h"
#include "app/target.h"
#include "format/csv/csv.h"

namespace headwater {

namespace {

Result<LetterForm> letter_form_of(const VerifyArguments& arguments) {
    LetterForm form;
    for (auto [text, place] : {std::pair{&arguments.original, &form.original}, {&arguments.reason, &form.reason}}) {
        if (text->empty()) continue;
        auto read = LetterPlace::read(*text);
        if (!read) return std::unexpected(read.error());
        *place = *read;
    }
    return form;
}

/// Reads the dead letters where there are any.
Result<std::unique_ptr<LetterBox>> letters_of(const GradeOrder& order, const Clock& clock, const StopToken& stop) {
    if (order.arguments.dead_letters.empty()) return nullptr;
    auto form = letter_form_of(order.arguments);
    if (!form) return std::unexpected(form.error());
    auto letters = std::make_unique<LetterBox>(*form);
    CopyRequest request{.from = order.arguments.dead_letters, .confine = order.confine, .bounds = order.bounds};
    for (const Shape& shape : order.shapes) request.streams.push_back(shape.stream());
    if (auto read = read_letters(request, *letters, order.shapes, clock, stop); !read)
        return std::unexpected(read.error());
    return letters;
}

/// Gives the part of an address that is no option.
std::string without_options(const std::string& address) { return address.substr(0, address.find('?')); }

}  // namespace

bool is_of_messages(const std::string& from) {
    const TargetKind* target = target_of(from);
    return target != nullptr && target->takes_messages;
}

Result<DeliveredForm> form_of(const OutputPlan& output, const std::string& run, bool of_messages,
                              const Components& components) {
    auto format = components.format(output);
    if (!format) return std::unexpected(format.error());
    DeliveredForm form{.identity = {.column = output.identity == "column", .run = run}, .in_lines = !of_messages};
    if ((*format)->kind().reading == FormatReading::csv) {
        auto named = named_in(output);
        auto csv = named ? read_options<CsvOptions>(named->format->options, named->format_request.options, "Format csv")
                         : std::unexpected(named.error());
        if (!csv) return std::unexpected(csv.error());
        form.delimiter = csv->delimiter.front();
    }
    if (!(*format)->makes_objects()) form.format = std::move(*format);
    return form;
}

Result<VerifyOptions> verify_options_of(const VerifyArguments& arguments) {
    VerifyOptions options{.examples = static_cast<size_t>(arguments.examples), .threads = arguments.threads};
    if (!arguments.match.empty()) options.by_identity = arguments.match == "identity";
    if (arguments.order == "key") options.order = OrderScope::key;
    if (arguments.order == "none") options.order = OrderScope::none;
    if (auto form = letter_form_of(arguments); !form) return std::unexpected(form.error());
    std::error_code error;
    options.scratch = arguments.scratch;
    if (options.scratch.empty()) options.scratch = std::filesystem::temp_directory_path(error).string();
    if (!std::filesystem::is_directory(options.scratch, error))
        return fail(ErrorKind::invalid, "Folder for spill files is not there; --scratch names one: " + options.scratch);
    return options;
}

Result<Grade> grade_copy(const GradeOrder& order, RealTime& time, const StopToken& stop) {
    auto options = verify_options_of(order.arguments);
    if (!options) return std::unexpected(options.error());
    CopyRequest request{.from = order.from, .format = order.arguments.format, .objects = order.objects};
    for (const Shape& shape : order.shapes) request.streams.push_back(shape.stream());
    if (const auto& format = order.parts.front().form.format; format != nullptr) request.sent_format = format->name();
    if (order.confines_from) request.confine = order.confine;
    request.bounds = order.bounds;
    auto copy = open_copy(request, time);
    if (!copy) return std::unexpected(copy.error());
    auto letters = letters_of(order, time, stop);
    if (!letters) return std::unexpected(letters.error());
    options->letters = letters->get();
    auto grade = verify(order.parts, order.shapes, **copy, *options, time, stop);
    if (grade) grade->from = without_options(order.from);
    return grade;
}

}  // namespace headwater
