// For telling people what verify found: a table, and some differences of each kind.
#include <algorithm>

#include "base/print.h"
#include "verify/markup.h"
#include "verify/report.h"

namespace headwater {

namespace {

using Row = std::vector<std::string>;

constexpr size_t longest_value = 120;
constexpr size_t most_lanes = 10;

std::string shortened(const std::string& text) {
    return legible(text.size() <= longest_value ? text : text.substr(0, longest_value)) +
           (text.size() <= longest_value ? "" : "...");
}

std::string table(const std::vector<Row>& rows) {
    std::vector<size_t> widths(rows.front().size());
    for (const Row& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const Row& row : rows) {
        for (size_t i = 0; i < row.size(); ++i) {
            const std::string fill(widths[i] - row[i].size(), ' ');
            text += i == 0 ? row[i] + fill : "  " + fill + row[i];
        }
        text += '\n';
    }
    return text;
}

std::string count(uint64_t number) { return with_thousands(static_cast<int64_t>(number)); }

void add_counts(Row& row, const GradeCounts& counts) {
    for (uint64_t number : {counts.sent, counts.landed, counts.equal}) row.push_back(count(number));
    for (uint64_t number : counts.differences) row.push_back(count(number));
}

bool is_empty(const GradeCounts& counts) {
    return counts.sent == 0 && counts.landed == 0 && counts.all_differences() == 0;
}

std::string streams_table(const Grade& grade) {
    const bool has_parts = std::ranges::any_of(grade.streams, [](const StreamGrade& one) { return one.part > 0; });
    std::vector<Row> rows{{"stream"}};
    if (has_parts) rows[0].push_back("part");
    for (const char* name : {"sent", "landed", "equal"}) rows[0].push_back(name);
    for (DifferenceKind kind : all_differences) rows[0].emplace_back(name_of(kind));
    for (const StreamGrade& stream : grade.streams) {
        if (is_empty(stream.counts)) continue;
        Row& row = rows.emplace_back(Row{stream.stream.empty() ? "(none)" : stream.stream});
        if (has_parts) row.push_back(stream.part < 0 ? "-" : std::to_string(stream.part));
        add_counts(row, stream.counts);
    }
    return table(rows);
}

std::string fields_text(const Grade& grade) {
    std::map<std::string, uint64_t> fields;
    for (const StreamGrade& stream : grade.streams)
        for (const auto& [field, records] : stream.altered_fields) fields[stream.stream + "." + field] += records;
    std::string text;
    for (const auto& [field, records] : fields)
        text += "  altered field " + field + ": " + count(records) + " records\n";
    return text;
}

/// Names the objects in which something is wrong, the worst first.
std::string lanes_text(const Grade& grade) {
    std::vector<const LaneGrade*> wrong;
    for (const LaneGrade& lane : grade.lanes)
        if (lane.counts.all_differences() > 0) wrong.push_back(&lane);
    std::ranges::stable_sort(wrong, std::greater<>(),
                             [](const LaneGrade* lane) { return lane->counts.all_differences(); });
    std::string text;
    for (size_t i = 0; i < std::min(wrong.size(), most_lanes); ++i) {
        text += "  " + grade.lane_kind + " " + legible(wrong[i]->name) + ":";
        std::string before = " ";
        for (DifferenceKind kind : all_differences) {
            const uint64_t number = wrong[i]->counts.of(kind);
            if (number == 0) continue;
            text += before + count(number) + " " + std::string(name_of(kind));
            before = ", ";
        }
        text += " of " + count(wrong[i]->counts.landed) + "\n";
    }
    if (wrong.size() > most_lanes)
        text += "  and " + count(wrong.size() - most_lanes) + " more such " + grade.lane_kind + "s\n";
    return text;
}

std::string share(uint64_t some, uint64_t all) {
    if (all == 0) return "-";
    const auto permille = static_cast<int64_t>(1000 * some / all);
    return std::to_string(permille / 10) + "." + std::to_string(permille % 10) + " %";
}

/// Grades dead letters: of every label and fault how much was caught, and why letters were written.
std::string letters_text(const LetterGrade& grade) {
    std::string text = "\ndead letters: " + count(grade.letters) + ", of marked records " + count(grade.marked) +
                       " (precision " + share(grade.marked, grade.letters) + "), of records that were not sent " +
                       count(grade.unknown) + ", unreadable " + count(grade.unreadable) + "\n\n";
    std::vector<Row> rows{{"answer key", "records", "caught", "recall", "letters", "right", "precision"}};
    for (const CaughtCounts& one : grade.caught)
        rows.push_back({one.name, count(one.records), count(one.caught), share(one.caught, one.records),
                        count(one.letters), count(one.carrying), share(one.carrying, one.letters)});
    if (rows.size() > 1) text += table(rows) + "\n";
    rows = {{"reason given", "stands for", "letters", "right", "precision"}};
    for (const ReasonCounts& one : grade.reasons)
        rows.push_back({one.reason.empty() ? "(none)" : shortened(one.reason), one.name.empty() ? "nothing" : one.name,
                        count(one.letters), count(one.carrying), share(one.carrying, one.letters)});
    if (rows.size() > 1) text += table(rows) + "\n";
    rows = {{"reason given", "to records with", "letters"}};
    for (const ReasonCounts& one : grade.reasons)
        for (const auto& [name, letters] : one.of)
            rows.push_back({one.reason.empty() ? "(none)" : shortened(one.reason), name.empty() ? "nothing" : name,
                            count(letters)});
    return rows.size() > 1 ? text + table(rows) : text;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// Says what the run's own faults ordered, which is no difference, and what became of it.
std::string ordered_text(const Grade& grade) {
    std::vector<Row> rows{{"ordered by fault", "stream", "strokes", "makes them", "landed so", "other differences"}};
    for (const StreamGrade& stream : grade.streams)
        for (const FaultGrade& fault : stream.faults) {
            if (fault.strokes == 0) continue;
            std::string others;
            for (DifferenceKind kind : all_differences)
                if (const uint64_t number = fault.differences[static_cast<size_t>(kind)]; number > 0)
                    others += (others.empty() ? "" : ", ") + count(number) + " " + std::string(name_of(kind));
            const DifferenceKind makes = ordered_by(fault.verb);
            rows.push_back({fault.name, stream.stream + (stream.part > 0 ? " part " + std::to_string(stream.part) : ""),
                            count(fault.strokes), std::string(name_of(makes)),
                            makes == DifferenceKind::lost ? "-" : count(fault.as_ordered),
                            others.empty() ? "-" : others});
        }
    return rows.size() > 1 ? "\n" + table(rows) : "";
}

}  // namespace

std::string place_of(const Difference& one, const Grade& grade, const std::vector<Shape>& shapes) {
    std::string place = one.shape < 0 ? "" : shapes[static_cast<size_t>(one.shape)].stream();
    if (one.row && one.row->entity >= 0)
        place += " entity " + std::to_string(one.row->entity) + " ordinal " + std::to_string(one.row->number);
    else if (one.row)
        place += " row " + std::to_string(one.row->number);
    if (one.lane < 0) return place;
    const bool is_object = grade.lane_kind == "object";
    if (!place.empty()) place += ", ";
    return place + (is_object ? "" : "offset ") +
           (is_object ? grade.lanes[static_cast<size_t>(one.lane)].name + " record " + std::to_string(one.position + 1)
                      : std::to_string(one.position) + " of " + grade.lanes[static_cast<size_t>(one.lane)].name);
}

std::string words_of(const Difference& one, const std::vector<Shape>& shapes) {
    std::string words = one.reason;
    auto add = [&](const std::string& more) { words += (words.empty() ? "" : "; ") + more; };
    for (const AlteredField& field : one.fields)
        add(field.path + " was " + (field.was.empty() ? "not there" : shortened(field.was)) + ", is " +
            (field.is.empty() ? "not there" : shortened(field.is)));
    if (one.kind == DifferenceKind::altered) return words;
    if (one.shape >= 0) {
        const Shape& shape = shapes[static_cast<size_t>(one.shape)];
        const std::string key = shape.key() < 0 ? "" : shape.leaves()[static_cast<size_t>(shape.key())].path;
        for (const auto* fields : {&one.sent, &one.found}) {
            auto field = std::ranges::find(*fields, key, &FoundField::path);
            if (key.empty() || field == fields->end()) continue;
            add(key + " " + shortened(field->text));
            break;
        }
    } else if (!one.found.empty()) {
        add(shortened(one.found.front().text));
    }
    return words;
}

std::string report_text(const Grade& grade, const std::vector<Shape>& shapes) {
    const GradeCounts total = grade.total();
    std::string text = "run " + grade.run + ", copy " + grade.from + ", matched by " + grade.matched_by;
    text += grade.order == "none" ? ", in any order\n\n" : ", in order of each " + grade.order + "\n\n";
    text += streams_table(grade);
    text += ordered_text(grade);
    if (total.set_aside > 0)
        text += "\nset aside: " + count(total.set_aside) + " records are among the dead letters alone\n";
    if (grade.letters) text += letters_text(*grade.letters);
    if (grade.is_clean() && total.set_aside > 0)
        return text + "\nclean: every record that was sent is there or set aside, once and as it was\n";
    if (grade.is_clean()) return text + "\nclean: every record that was sent is there, once and as it was\n";
    text += "\n" + lanes_text(grade) + fields_text(grade);
    for (const auto& [name, records] : grade.unknown_fields)
        text += "  field that the stream does not have: " + shapes[static_cast<size_t>(name.first)].stream() + "." +
                name.second + ": " + count(records) + " records\n";
    for (const Difference& one : grade.examples) {
        text += "\n" + std::string(name_of(one.kind)) + ": " + place_of(one, grade, shapes);
        if (!one.struck_by.empty()) text += " (struck by " + joined(one.struck_by) + ", which did not order this)";
        if (const std::string words = words_of(one, shapes); !words.empty()) text += "\n    " + words;
    }
    if (!grade.examples.empty()) text += "\n";
    for (const std::string& notice : grade.notices) text += "\n" + notice + "\n";
    return text + "\n" + count(total.all_differences()) + " differences\n";
}

}  // namespace headwater
