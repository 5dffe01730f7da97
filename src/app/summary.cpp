// For telling what a run made, how fast, how to make it again and how to look at it.
#include "app/summary.h"

#include <algorithm>

#include "base/print.h"
#include "base/text.h"
#include "base/time.h"
#include "format/formats.h"

namespace headwater {

namespace {

std::string padded(std::string text, size_t width, bool to_the_right = false) {
    std::string blanks(width > text.size() ? width - text.size() : 0, ' ');
    return to_the_right ? blanks + text : text + blanks;
}

std::string stream_lines(const Plan& plan, const RunSummary& summary) {
    size_t names = 0, counts = 0, sizes = 0;
    for (const StreamOutcome& outcome : summary.streams) {
        names = std::max(names, plan.streams[static_cast<size_t>(outcome.stream)].qualified().size());
        counts = std::max(counts, with_thousands(outcome.tally.rows).size());
        sizes = std::max(sizes, human_bytes(outcome.tally.bytes).size());
    }
    std::string text;
    for (const StreamOutcome& outcome : summary.streams) {
        text += "  " + padded(plan.streams[static_cast<size_t>(outcome.stream)].qualified(), names) + "  ";
        text += padded(with_thousands(outcome.tally.rows), counts, true) + " records  ";
        text += padded(human_bytes(outcome.tally.bytes), sizes, true) + "  " + outcome.ended + "\n";
    }
    return text;
}

std::string seconds_text(int64_t micros) {
    char text[32];
    char* end = print_decimal(text, micros / 1000, 3);
    return std::string(text, end) + " s";
}

std::string rate_line(const RunSummary& summary) {
    const Progress& progress = summary.progress;
    double seconds = static_cast<double>(std::max<int64_t>(progress.elapsed_us, 1)) / micros_per_second;
    auto records = static_cast<int64_t>(static_cast<double>(progress.records) / seconds);
    auto bytes = static_cast<uint64_t>(static_cast<double>(progress.bytes) / seconds);
    return "  " + seconds_text(progress.elapsed_us) + ", " + with_thousands(records) + " records/s, " +
           human_bytes(bytes) + "/s, limited by " + summary.limited_by +
           (!progress.is_live || progress.lag_us < micros_per_second
                ? ""
                : ", " + human_duration(progress.lag_us / 1000 * 1000) + " behind its clock") +
           "\n";
}

std::string answer_key_line(const Plan& plan, const RunSummary& summary) {
    if (!plan.answer_key) return "";
    uint64_t rows = 0;
    for (const ObjectEntry& object : summary.answer_key) rows += object.rows;
    return "  answer key  " + with_thousands(static_cast<int64_t>(rows)) + " records in " + plan.answer_key->to + "\n";
}

std::string empty_line(const Plan& plan, const RunSummary& summary) {
    std::string names;
    for (const StreamOutcome& outcome : summary.streams)
        if (outcome.tally.rows == 0)
            names += (names.empty() ? "" : ", ") + plan.streams[static_cast<size_t>(outcome.stream)].qualified();
    return names.empty() ? "" : "  empty       " + names + "\n";
}

}  // namespace

std::string spell_alive(const std::vector<Alive>& alive) {
    std::string text;
    for (size_t i = 0; i < alive.size(); ++i) {
        const bool is_same = i > 0 && alive[i].kind == alive[i - 1].kind;
        text += is_same ? ", " : (i == 0 ? "" : "; ") + alive[i].kind + " ";
        text += with_thousands(alive[i].count) + (alive[i].phase.empty() ? "" : " " + alive[i].phase);
    }
    return text;
}

std::string query_of(const std::string& root, const ObjectEntry& object, const std::string& run) {
    const FormatKind* format = format_called(object.format);
    if (format == nullptr || format->duckdb.empty()) return "";
    if (object.compression == "lz4" && !format->makes_objects) return "";
    size_t slash = object.name.rfind('/');
    std::string folder = slash == std::string::npos ? "" : object.name.substr(0, slash + 1);
    size_t date = folder.find("dt=");
    if (date != std::string::npos) folder = folder.substr(0, date) + "**/";
    std::string name = object.name.substr(slash == std::string::npos ? 0 : slash + 1);
    size_t dot = name.find("." + std::string(format->extension));
    std::string ending = dot == std::string::npos ? "" : name.substr(dot);
    const std::string own = run.empty() ? "" : "-" + run;
    return "select * from " + std::string(format->duckdb) + "('" + root + "/" + folder + "*" + own + ending +
           "') limit 5";
}

std::string summary_text(const Plan& plan, const RunSummary& summary) {
    std::string text = plan.scenario + ": seed " + std::to_string(plan.seed) + ", from " +
                       spell_instant(plan.clock.start) + ", run " + summary.run + ", " +
                       std::string(name_of(summary.state)) + "\n";
    text += stream_lines(plan, summary) + rate_line(summary) + answer_key_line(plan, summary);
    text += empty_line(plan, summary);
    if (!summary.alive.empty()) text += "  alive       " + spell_alive(summary.alive) + "\n";
    if (summary.dead_letters > 0)
        text += "  refused     " + with_thousands(static_cast<int64_t>(summary.dead_letters)) + " records, kept in " +
                summary.dead_letters_path + "\n";
    for (const std::string& manifest : summary.manifests) text += "  manifest    " + manifest + "\n";
    text += "  again       " + summary.command + "\n";
    for (const StreamOutcome& outcome : summary.streams) {
        if (outcome.objects.empty() || summary.manifests.empty()) continue;
        const std::string& manifest = summary.manifests.front();
        std::string query = query_of(manifest.substr(0, manifest.rfind('/')), outcome.objects.front(),
                                     summary.is_beside_others ? summary.run : "");
        if (!query.empty()) return text + "  query       duckdb -c \"" + query + "\"\n";
    }
    return text;
}

}  // namespace headwater
