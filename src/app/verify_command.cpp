// For `headwater verify`: what a run sent against what has landed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/copy_source.h"
#include "app/exit_code.h"
#include "app/manifest_file.h"
#include "app/signals.h"
#include "engine/real_time.h"
#include "sink/descriptor.h"
#include "verify/report.h"
#include "verify/verify.h"

namespace headwater {

namespace {

constexpr int exit_clean = exit_done;
constexpr int exit_differences = 1;
constexpr int exit_cannot_read = 2;

using Report = std::string (*)(const Grade&, const std::vector<Shape>&);

/// Where reports go.
using Reports = std::vector<std::pair<Report, std::string>>;

Result<Reports> reports_of(const std::vector<std::string>& asked) {
    const std::map<std::string, Report> known{{"json", report_json}, {"junit", report_junit}, {"html", report_html}};
    Reports reports;
    for (const std::string& one : asked) {
        const size_t equals = std::min(one.find('='), one.size());
        auto found = known.find(one.substr(0, equals));
        if (found == known.end() || equals + 1 >= one.size())
            return fail(ErrorKind::invalid, "Report is none of json=FILE, junit=FILE, html=FILE: " + one);
        reports.emplace_back(found->second, one.substr(equals + 1));
    }
    return reports;
}

Result<VerifyOptions> options_of(const VerifyArguments& arguments) {
    VerifyOptions options{.examples = static_cast<size_t>(arguments.examples), .threads = arguments.threads};
    if (!arguments.match.empty()) options.by_identity = arguments.match == "identity";
    if (arguments.order == "key") options.order = OrderScope::key;
    if (arguments.order == "none") options.order = OrderScope::none;
    std::error_code error;
    options.scratch = arguments.scratch;
    if (options.scratch.empty()) options.scratch = std::filesystem::temp_directory_path(error).string();
    if (!std::filesystem::is_directory(options.scratch, error))
        return fail(ErrorKind::invalid, "Folder for spill files is not there; --scratch names one: " + options.scratch);
    return options;
}

/// The manifests of a run, and the plans that make it again.
struct Runs {
    std::vector<ManifestFile> manifests;
    std::vector<Plan> plans;
    std::vector<SentPart> parts;
};

bool is_of_messages(const std::string& from) { return from.starts_with("kafka:"); }

/// Says how the run wrote what the copy was made from.
Result<DeliveredForm> form_of(const OutputPlan& output, const std::string& run, bool of_messages,
                              const Components& components) {
    auto format = components.format(output);
    if (!format) return std::unexpected(format.error());
    DeliveredForm form{.identity = {.column = output.identity == "column", .run = run}, .in_lines = !of_messages};
    if (!(*format)->makes_objects()) form.format = std::move(*format);
    if (auto delimiter = output.options.find("delimiter"); delimiter != output.options.end())
        form.delimiter = delimiter->second == "tab" ? '\t' : delimiter->second.front();
    return form;
}

Result<Runs> load_runs(const Arguments& arguments, SystemTime& time, Console& console) {
    Runs runs;
    auto manifests = read_manifests(arguments.verify.manifests);
    if (!manifests) return std::unexpected(manifests.error());
    runs.manifests = std::move(*manifests);
    for (const ManifestFile& manifest : runs.manifests) {
        const auto& streams = arguments.plan.streams.empty() ? manifest.streams : arguments.plan.streams;
        const bool of_messages = is_of_messages(arguments.verify.from);
        auto plan = plan_of(manifest, {arguments.plan.packs, streams, of_messages}, time.now(), console);
        if (!plan) return std::unexpected(plan.error());
        if (of_messages && plan->outputs.front().envelope == "upsert")
            return fail(ErrorKind::invalid,
                        "Verify compares changes of tables (envelope simple), not rows put one over the other: " +
                            arguments.verify.from);
        runs.plans.push_back(std::move(*plan));
    }
    const BuiltInComponents components(time, [&](const std::string& notice) { console.log(LogLevel::warn, notice); });
    for (size_t i = 0; i < runs.plans.size(); ++i) {
        const ManifestFile& manifest = runs.manifests[i];
        auto form =
            form_of(runs.plans[i].outputs.front(), manifest.run, is_of_messages(arguments.verify.from), components);
        if (!form) return std::unexpected(form.error());
        runs.parts.push_back({&runs.plans[i], manifest.run, manifest.part, manifest.parts, std::move(*form)});
    }
    return runs;
}

CopyRequest copy_of(const VerifyArguments& arguments, const Runs& runs, const std::vector<Shape>& shapes) {
    CopyRequest request{.from = arguments.from, .format = arguments.format};
    for (const Shape& shape : shapes) request.streams.push_back(shape.stream());
    const auto& format = runs.parts.front().form.format;
    if (format != nullptr) request.sent_format = format->name();
    if (!request.from.empty()) return request;
    // A run's own objects lie beside its manifest.
    const auto folder = std::filesystem::path(runs.manifests.front().path).parent_path();
    request.from = "file:" + (folder.empty() ? "." : folder.string());
    for (const ManifestFile& manifest : runs.manifests)
        request.objects.insert(request.objects.end(), manifest.objects.begin(), manifest.objects.end());
    return request;
}

/// Reads the dead letters where there are any.
Result<std::unique_ptr<LetterBox>> letters_of(const VerifyArguments& arguments, const std::vector<Shape>& shapes,
                                              const Clock& clock) {
    if (arguments.dead_letters.empty()) return nullptr;
    LetterForm form;
    for (auto [text, place] : {std::pair{&arguments.original, &form.original}, {&arguments.reason, &form.reason}}) {
        if (text->empty()) continue;
        auto read = LetterPlace::read(*text);
        if (!read) return std::unexpected(read.error());
        *place = *read;
    }
    auto letters = std::make_unique<LetterBox>(form);
    CopyRequest request{.from = arguments.dead_letters};
    for (const Shape& shape : shapes) request.streams.push_back(shape.stream());
    if (auto read = read_letters(request, *letters, shapes, clock); !read) return std::unexpected(read.error());
    return letters;
}

/// Gives the part of an address that is no option.
std::string without_options(const std::string& address) { return address.substr(0, address.find('?')); }

Result<Grade> grade_of(const Arguments& arguments, const Runs& runs, const std::vector<Shape>& shapes, SystemTime& time,
                       const StopToken& stop) {
    auto options = options_of(arguments.verify);
    if (!options) return std::unexpected(options.error());
    const CopyRequest request = copy_of(arguments.verify, runs, shapes);
    auto copy = open_copy(request, time);
    if (!copy) return std::unexpected(copy.error());
    auto letters = letters_of(arguments.verify, shapes, time);
    if (!letters) return std::unexpected(letters.error());
    options->letters = letters->get();
    auto grade = verify(runs.parts, shapes, **copy, *options, time, stop);
    if (!grade) return grade;
    grade->from = without_options(request.from);
    for (int part = 0; part < runs.manifests.front().parts; ++part)
        if (std::ranges::find(runs.manifests, part, &ManifestFile::part) == runs.manifests.end())
            grade->notices.push_back("Records of a part whose manifest was not given count as unexpected: part " +
                                     std::to_string(part));
    return grade;
}

int failed(Console& console, const Error& error) {
    console.log(LogLevel::error, error.message);
    return error.kind == ErrorKind::disk ? exit_disk : exit_cannot_read;
}

}  // namespace

int verify_command(const Arguments& arguments) {
    Console console(arguments.console);
    SystemTime time;
    auto reports = reports_of(arguments.verify.reports);
    if (!reports) return failed(console, reports.error());
    auto runs = load_runs(arguments, time, console);
    if (!runs) return failed(console, runs.error());
    const std::set<std::string> ignored(arguments.verify.ignored.begin(), arguments.verify.ignored.end());
    const std::vector<Shape> shapes = shapes_of(runs->plans.front(), ignored);
    if (shapes.empty())
        return failed(console, {ErrorKind::invalid, "Manifest names no stream: " + runs->manifests.front().path});
    static StopToken stop;  // the signal handler may need it to the very end
    stop_on_signals(stop);
    auto grade = grade_of(arguments, *runs, shapes, time, stop);
    if (!grade) return failed(console, grade.error());
    if (!arguments.console.quiet) {
        const std::string text = report_text(*grade, shapes);
        std::fwrite(text.data(), 1, text.size(), stdout);
    }
    for (const auto& [report, file] : *reports)
        if (auto written = replace_file(file, report(*grade, shapes)); !written)
            return failed(console, written.error());
    return grade->is_clean() ? exit_clean : exit_differences;
}

}  // namespace headwater
