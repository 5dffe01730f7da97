// For `headwater verify`: what a run sent against what has landed.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/grading.h"
#include "app/manifest_file.h"
#include "app/signals.h"
#include "engine/real_time.h"
#include "envelope/envelopes.h"
#include "sink/descriptor.h"
#include "verify/report.h"

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

/// The manifests of a run, and the plans that make it again.
struct Runs {
    std::vector<ManifestFile> manifests;
    std::vector<Plan> plans;
    std::vector<SentPart> parts;
};

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
        const EnvelopeKind* envelope = envelope_called(plan->outputs.front().envelope);
        if (of_messages && envelope != nullptr && envelope->keeps_latest)
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

Result<Grade> grade_of(const Arguments& arguments, const Runs& runs, const std::vector<Shape>& shapes, SystemTime& time,
                       const StopToken& stop) {
    GradeOrder order{arguments.verify, runs.parts, shapes, arguments.verify.from};
    if (order.from.empty()) {
        // A run's own objects lie beside its manifest.
        const auto folder = std::filesystem::path(runs.manifests.front().path).parent_path();
        order.from = "file:" + (folder.empty() ? "." : folder.string());
        for (const ManifestFile& manifest : runs.manifests)
            order.objects.insert(order.objects.end(), manifest.objects.begin(), manifest.objects.end());
    }
    auto grade = grade_copy(order, time, stop);
    if (!grade) return grade;
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
