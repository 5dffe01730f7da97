// For `headwater preview`: the first records of each stream, readable, without a target.
#include <algorithm>
#include <cstdio>
#include <span>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/request.h"
#include "app/summary.h"
#include "base/time.h"
#include "engine/first_records.h"
#include "engine/real_time.h"

namespace headwater {

namespace {

/// A record that is wider than this is printed with one field a line.
constexpr size_t widest_line = 160;
/// Aligns equal fields under each other: records on one line each, or fields on one line each.
std::string spell_rows(std::span<const FirstRecord> rows) {
    const Schema& schema = *rows.front().schema;
    std::vector<size_t> widths(schema.fields.size());
    size_t line = 2, names = 0;
    for (size_t field = 0; field < widths.size(); ++field) {
        for (const FirstRecord& row : rows) widths[field] = std::max(widths[field], row.cells[field].size());
        line += widths[field] + schema.fields[field].name.size() + 6;
        names = std::max(names, schema.fields[field].name.size());
    }
    bool is_wide = line > widest_line;
    std::string text;
    for (const FirstRecord& row : rows) {
        const auto& cells = row.cells;
        text += is_wide ? "{\n" : "{";
        for (size_t field = 0; field < widths.size(); ++field) {
            const std::string& name = schema.fields[field].name;
            bool is_last = field + 1 == widths.size();
            text += (is_wide ? "  \"" : "\"") + name + "\": ";
            if (is_wide) text.append(names - name.size(), ' ');
            text += cells[field] + (is_last ? "" : ",");
            if (is_wide)
                text += '\n';
            else if (!is_last)
                text.append(widths[field] - cells[field].size() + 1, ' ');
        }
        text += "}\n";
    }
    return text;
}

/// Spells records one version of their schema after the other.
std::string spell_versions(const std::vector<FirstRecord>& rows) {
    std::string text;
    for (size_t from = 0, to = 0; from < rows.size(); from = to) {
        while (to < rows.size() && rows[to].schema == rows[from].schema) ++to;
        text += (from == 0 ? "" : "# version " + std::to_string(rows[from].schema->version) + "\n") +
                spell_rows(std::span(rows).subspan(from, to - from));
    }
    return text;
}

std::string heading_of(const StreamPlan& stream) {
    std::string heading = "# " + stream.qualified();
    if (!stream.schema->key.empty()) heading += "  (key " + stream.schema->key + ")";
    if (!stream.summary.empty()) heading += "  " + stream.summary;
    return heading + "\n";
}

/// Says for what a stream was waited in vain.
std::string waiting_of(const FirstRecords& first) {
    if (!first.waits_at) return "";
    std::string text = "# " + std::string(first.records.empty() ? "no record" : "no more") + " until " +
                       spell_instant(*first.waits_at / micros_per_second * micros_per_second) +
                       ", no longer waited for";
    if (!first.alive.empty()) text += "; alive then: " + spell_alive(first.alive);
    return text + "\n";
}

}  // namespace

int preview_command(const Arguments& arguments) {
    Console console(arguments.console);
    auto request = request_of(arguments, arguments.plan.what.front(), SystemTime().now());
    if (!request) {
        console.log(LogLevel::error, request.error().message);
        return exit_bad_input;
    }
    request->is_preview = true;
    auto plan = load_and_tell(*request, console);
    if (!plan) return exit_bad_input;

    auto firsts = first_records(*plan, arguments.records, SystemTime());
    if (!firsts) {
        console.log(LogLevel::error, firsts.error().message);
        return exit_bad_input;
    }
    for (const FirstRecords& first : *firsts) {
        const StreamPlan& stream = plan->streams[static_cast<size_t>(first.stream)];
        const std::string text = heading_of(stream) + spell_versions(first.records) + waiting_of(first) + "\n";
        std::fwrite(text.data(), 1, text.size(), stdout);
    }
    return exit_done;
}

}  // namespace headwater
