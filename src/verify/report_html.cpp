// For telling people what verify found on a page that needs nothing else: figures, plots, and some differences.
#include <algorithm>
#include <cstdio>

#include "base/print.h"
#include "verify/markup.h"
#include "verify/report.h"

namespace headwater {

namespace {

constexpr const char* style = R"(
:root { color-scheme: light dark; --ink: #1d2733; --paper: #fff; --soft: #5b6b7b; --line: #d8e0e8; --good: #2f8f5b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3eaf1; --paper: #12181f; --soft: #93a3b3; --line: #2b3743; --good: #58c08a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } p.soft, td.soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } .verdict { font-size: 1.15rem; font-weight: 600; }
)";

constexpr std::array<const char*, difference_kinds> colors{"#c8483f", "#d98c2b", "#8067c9",
                                                           "#c25591", "#3b82c4", "#7b6a58"};

std::string count(uint64_t number) { return with_thousands(static_cast<int64_t>(number)); }

std::string cell(const std::string& text, const char* kind = "") {
    return "<td" + (*kind == '\0' ? std::string() : " class=\"" + std::string(kind) + "\"") + ">" + text + "</td>";
}

std::string fixed(double number) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.1f", number);
    return buffer;
}

/// One bar of a plot, made of pieces.
struct Bar {
    std::string name;
    std::string label;                                    ///< behind the bar; its sum where it is empty
    std::array<uint64_t, difference_kinds + 1> pieces{};  ///< differences by kind, then what is equal
    uint64_t sum() const {
        uint64_t sum = 0;
        for (uint64_t piece : pieces) sum += piece;
        return sum;
    }
};

/// Draws bars beside their names. With `as_share` every bar fills the width; else the longest does.
std::string plot(const std::vector<Bar>& bars, bool as_share) {
    constexpr double left = 230, width = 620, height = 24;
    uint64_t longest = 1;
    for (const Bar& bar : bars) longest = std::max(longest, bar.sum());
    std::string svg = "<div class=\"wide\"><svg role=\"img\" viewBox=\"0 0 960 " +
                      fixed(height * static_cast<double>(bars.size()) + 8) + "\" width=\"960\">";
    double y = 4;
    for (const Bar& bar : bars) {
        const double all = static_cast<double>(as_share ? std::max<uint64_t>(bar.sum(), 1) : longest);
        std::string name = bar.name.size() > 34 ? "..." + bar.name.substr(bar.name.size() - 31) : bar.name;
        svg += "<text x=\"" + fixed(left - 8) + "\" y=\"" + fixed(y + 15) + "\" text-anchor=\"end\">" +
               escaped_markup(name) + "</text>";
        double x = left;
        for (size_t i = 0; i < bar.pieces.size(); ++i) {
            const size_t kind = (i + difference_kinds) % (difference_kinds + 1);  // what is equal comes first
            if (bar.pieces[kind] == 0) continue;
            const double wide = std::max(1.5, width * static_cast<double>(bar.pieces[kind]) / all);
            const bool is_equal = kind == difference_kinds;
            const std::string what = is_equal ? "equal" : std::string(name_of(all_differences[kind]));
            svg += "<rect x=\"" + fixed(x) + "\" y=\"" + fixed(y) + "\" width=\"" + fixed(wide) +
                   "\" height=\"18\" fill=\"" + (is_equal ? "var(--good)" : colors[kind]) + "\"><title>" +
                   count(bar.pieces[kind]) + " " + what + "</title></rect>";
            x += wide;
        }
        svg += "<text x=\"" + fixed(std::min(x + 6, 880.0)) + "\" y=\"" + fixed(y + 15) + "\">" +
               (bar.label.empty() ? count(bar.sum()) : bar.label) + "</text>";
        y += height;
    }
    return svg + "</svg></div>";
}

Bar bar_of(const std::string& name, const GradeCounts& counts, bool with_equal) {
    Bar bar{.name = name};
    std::ranges::copy(counts.differences, bar.pieces.begin());
    if (with_equal) bar.pieces[difference_kinds] = counts.equal;
    return bar;
}

std::string legend() {
    std::string text = "<p><span style=\"color:var(--good)\">&#9632;</span> equal";
    for (DifferenceKind kind : all_differences)
        text += " &nbsp;<span style=\"color:" + std::string(colors[static_cast<size_t>(kind)]) + "\">&#9632;</span> " +
                std::string(name_of(kind));
    return text + "</p>";
}

bool is_empty(const GradeCounts& counts) { return counts.sent + counts.landed + counts.all_differences() == 0; }

std::string streams_section(const Grade& grade) {
    std::string rows;
    std::vector<Bar> bars;
    for (const StreamGrade& stream : grade.streams) {
        if (is_empty(stream.counts)) continue;
        std::string name = stream.stream.empty() ? "(no stream)" : stream.stream;
        if (stream.part > 0) name += " part " + std::to_string(stream.part);
        rows += "<tr>" + cell(escaped_markup(name));
        for (uint64_t number : {stream.counts.sent, stream.counts.landed, stream.counts.equal})
            rows += cell(count(number), "number");
        for (uint64_t number : stream.counts.differences) rows += cell(count(number), "number");
        rows += "</tr>";
        bars.push_back(bar_of(name, stream.counts, true));
        bars.back().label = count(stream.counts.sent) + " sent";
    }
    std::string head = "<tr><th>stream</th>";
    for (const char* name : {"sent", "landed", "equal"}) head += "<th class=\"number\">" + std::string(name) + "</th>";
    for (DifferenceKind kind : all_differences) head += "<th class=\"number\">" + std::string(name_of(kind)) + "</th>";
    return "<h2>Streams</h2>" + plot(bars, true) + legend() + "<div class=\"wide\"><table>" + head + "</tr>" + rows +
           "</table></div>";
}

std::string lanes_section(const Grade& grade) {
    constexpr size_t most = 40;
    std::vector<Bar> bars;
    for (const LaneGrade& lane : grade.lanes)
        if (lane.counts.all_differences() > 0) bars.push_back(bar_of(lane.name, lane.counts, false));
    if (bars.empty()) return "";
    std::ranges::stable_sort(bars, std::greater<>(), &Bar::sum);
    const size_t all = bars.size();
    if (bars.size() > most) bars.resize(most);
    return "<h2>Where it went wrong</h2><p class=\"soft\">Differences by " + grade.lane_kind + ", " +
           count(bars.size()) + " of " + count(all) + "</p>" + plot(bars, false);
}

std::string fields_section(const Grade& grade) {
    std::vector<Bar> bars;
    for (const StreamGrade& stream : grade.streams)
        for (const auto& [field, records] : stream.altered_fields) {
            Bar& bar = bars.emplace_back(Bar{.name = stream.stream + "." + field});
            bar.pieces[static_cast<size_t>(DifferenceKind::altered)] = records;
        }
    if (bars.empty()) return "";
    std::ranges::stable_sort(bars, std::greater<>(), &Bar::sum);
    return "<h2>Altered fields</h2>" + plot(bars, false);
}

std::string ordered_section(const Grade& grade) {
    std::string rows;
    for (const StreamGrade& stream : grade.streams)
        for (const FaultGrade& fault : stream.faults) {
            uint64_t others = 0;
            for (const uint64_t number : fault.differences) others += number;
            rows +=
                "<tr>" + cell(escaped_markup(fault.name)) +
                cell(escaped_markup(stream.stream + (stream.part > 0 ? " part " + std::to_string(stream.part) : ""))) +
                cell(count(fault.strokes), "number") + cell(std::string(name_of(ordered_by(fault.verb)))) +
                cell(count(fault.as_ordered), "number") + cell(count(others), "number") + "</tr>";
        }
    if (rows.empty()) return "";
    return "<h2>Ordered by faults of the run</h2><p class=\"soft\">A copy that holds what was sent shows them; they "
           "are no "
           "differences.</p><div class=\"wide\"><table><tr><th>fault</th><th>stream</th><th "
           "class=\"number\">strokes</th>"
           "<th>makes them</th><th class=\"number\">landed so</th><th class=\"number\">other differences</th></tr>" +
           rows + "</table></div>";
}

std::string share(uint64_t some, uint64_t all) {
    return all == 0 ? "-" : fixed(100.0 * static_cast<double>(some) / static_cast<double>(all)) + " %";
}

std::string heads(std::initializer_list<const char*> names) {
    std::string row = "<tr>";
    for (const char* name : names)
        row += "<th" + std::string(row.size() > 4 ? " class=\"number\">" : ">") + name + "</th>";
    return row + "</tr>";
}

std::string letters_section(const LetterGrade& grade) {
    std::string rows, reasons;
    for (const CaughtCounts& one : grade.caught)
        rows += "<tr>" + cell(escaped_markup(one.name)) + cell(count(one.records), "number") +
                cell(count(one.caught), "number") + cell(share(one.caught, one.records), "number") +
                cell(count(one.letters), "number") + cell(count(one.carrying), "number") +
                cell(share(one.carrying, one.letters), "number") + "</tr>";
    for (const ReasonCounts& one : grade.reasons)
        reasons += "<tr>" + cell(one.reason.empty() ? "(none)" : escaped_markup(one.reason)) +
                   cell(one.name.empty() ? "nothing" : escaped_markup(one.name), "number") +
                   cell(count(one.letters), "number") + cell(count(one.carrying), "number") +
                   cell(share(one.carrying, one.letters), "number") + "</tr>";
    return "<h2>Dead letters</h2><p>" + count(grade.letters) + " letters, " + count(grade.marked) +
           " of marked records, " + count(grade.unknown) + " of records that were not sent, " +
           count(grade.unreadable) + " unreadable</p><table>" +
           heads({"answer key", "records", "caught", "recall", "letters", "right", "precision"}) + rows +
           "</table><table>" + heads({"reason given", "stands for", "letters", "right", "precision"}) + reasons +
           "</table>";
}

std::string examples_section(const Grade& grade, const std::vector<Shape>& shapes) {
    if (grade.examples.empty()) return "";
    std::string rows;
    for (const Difference& one : grade.examples) {
        std::string struck;
        for (const std::string& fault : one.struck_by) struck += (struck.empty() ? "" : ", ") + fault;
        rows += "<tr><td style=\"color:" + std::string(colors[static_cast<size_t>(one.kind)]) + "\">" +
                std::string(name_of(one.kind)) + "</td>" + cell(escaped_markup(place_of(one, grade, shapes))) +
                cell("<code>" + escaped_markup(words_of(one, shapes)) + "</code>") +
                cell(escaped_markup(struck), "soft") + "</tr>";
    }
    return "<h2>Some of the differences</h2><div class=\"wide\"><table><tr><th>kind</th><th>where</th><th>what</th>"
           "<th>struck by</th></tr>" +
           rows + "</table></div>";
}

}  // namespace

std::string report_html(const Grade& grade, const std::vector<Shape>& shapes) {
    const GradeCounts total = grade.total();
    std::string page =
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>headwater verify " +
        escaped_markup(grade.run) + "</title><style>" + style + "</style>";
    page += "<h1>Run " + escaped_markup(grade.run) + " against " + escaped_markup(grade.from) + "</h1>";
    page +=
        grade.is_clean()
            ? "<p class=\"verdict\" style=\"color:var(--good)\">Clean: every record that was sent is there, once and "
              "as it was.</p>"
            : "<p class=\"verdict\" style=\"color:" + std::string(colors[0]) + "\">" + count(total.all_differences()) +
                  " differences in " + count(total.sent) + " records</p>";
    page += "<p class=\"soft\">Matched by " + grade.matched_by + "; order of each " + grade.order + ".</p>";
    page += streams_section(grade) + ordered_section(grade) + lanes_section(grade) + fields_section(grade) +
            examples_section(grade, shapes);
    if (grade.letters) page += letters_section(*grade.letters);
    for (const std::string& notice : grade.notices) page += "<p class=\"soft\">" + escaped_markup(notice) + "</p>";
    return page + "</html>\n";
}

}  // namespace headwater
