#include "pack/schema.h"

#include <map>
#include <set>
#include <string>

#include "chaos/fault.h"
#include "pack/output_options.h"
#include "sink/targets.h"

namespace headwater {

namespace {

using Shape = KeyShape;

LanguageSection pack_section() {
    return {"pack",
            "",
            "A pack scripts a business: what there is, what happens, and which records tell of it.",
            {{"pack", Shape::text, "Name of the pack.", "", true},
             {"version", Shape::text, "Version of the pack; 1 where none is given."},
             {"summary", Shape::text, "What the pack tells, in one sentence."},
             {"parameters", Shape::sections, "Numbers and words that a run may set.", "parameter"},
             {"lists", Shape::lists,
              "Lists to pick from: written out, with weights, drawn by an expression, or a CSV file."},
             {"curves", Shape::sections, "Factors by hour of the day and day of the week.", "curve"},
             {"entities", Shape::sections, "Kinds of things that records tell of: users, devices, shops.", "kind"},
             {"streams", Shape::sections, "Streams of records.", "stream"},
             {"tables", Shape::sections, "Rows of entities that live, told as inserts, updates and deletes.", "table"},
             {"incidents", Shape::sections, "Parameters that are set for a while.", "incident"},
             {"extends", Shape::name,
              "Another pack that this one builds on: maps merge by name, a name set to null goes."}},
            {"streams", "tables"}};
}

LanguageSection parameter_section() {
    return {"parameter",
            "parameters.NAME",
            "A value that a run may set with `--set NAME=VALUE`, or a scenario under `packs`.",
            {{"type", Shape::text,
              "share, duration, count, rate, int, float, text, bool, instant, date, size, or words to choose from: "
              "`low | high`.",
              "", true},
             {"default", Shape::scalar, "Value where none is given.", "", true},
             {"min", Shape::scalar, "Least value allowed."},
             {"max", Shape::scalar, "Greatest value allowed."},
             {"help", Shape::text, "What it changes."}}};
}

LanguageSection curve_section() {
    return {"curve",
            "curves.NAME",
            "A factor of time, UTC; its name in an expression is the factor at that instant.",
            {{"hour", Shape::numbers, "24 factors, from midnight on.", "24"},
             {"weekday", Shape::numbers, "7 factors, from Monday on.", "7"}}};
}

LanguageSection kind_section() {
    return {
        "kind",
        "entities.NAME",
        "A kind of entity. Without state it is recomputed from its number wherever it is named, and costs no memory.",
        {{"summary", Shape::text, "What it is."},
         {"help", Shape::text, "More about it."},
         {"count", Shape::count, "How many there are from the start; with a parent, how many each parent has."},
         {"rate", Shape::rate, "How fast they arrive, instead of a count."},
         {"group", Shape::times, "How many arrive together at each instant, with a rate; `group` is their number."},
         {"parent", Shape::name, "Kind whose entities this one is born of.", "kind"},
         {"attributes", Shape::values, "What is fixed at birth; may read `number`, `born` and one another."},
         {"types", Shape::types, "Types of attributes and of values given by `with`."},
         {"state", Shape::values, "What steps may change, with its value at birth."},
         {"lifecycle", Shape::sections, "Phases; the first is where everyone begins.", "phase"},
         {"journey", Shape::items, "A life written as a line of steps.", "step"}}};
}

LanguageSection phase_section() {
    return {"phase",
            "entities.NAME.lifecycle.NAME",
            "A phase of a life.",
            {{"enter", Shape::items, "Steps on arrival.", "step"},
             {"every", Shape::delay, "Period of `do`, drawn again each time."},
             {"rate", Shape::rate, "Rate of `do`, at random instants."},
             {"do", Shape::items, "Steps of each period.", "step"},
             {"leave", Shape::items, "Transitions; whichever comes first is taken.", "transition"},
             {"label", Shape::text, "Name in the answer key of what is emitted here."}}};
}

LanguageSection transition_section() {
    return {
        "transition",
        "entities.NAME.lifecycle.NAME.leave",
        "A way out of a phase, and what opens it; without `after`, `rate`, `when` and `chance` it is taken at once.",
        {{"name", Shape::text, "Name, so that its draws stay when others come before it."},
         {"to", Shape::weights, "Phase, `end`, or phases with weights.", "", true},
         {"after", Shape::delay, "Timer, drawn on entry."},
         {"rate", Shape::rate, "At random, as the rate is then."},
         {"when", Shape::condition, "Taken at the first instant at which this holds."},
         {"chance", Shape::share, "Tried after each `do`."},
         {"do", Shape::items, "Steps on the way.", "step"},
         {"label", Shape::text, "Name in the answer key."}}};
}

LanguageSection step_section() {
    return {"step",
            "entities.NAME.journey, .do and .enter",
            "A step: what it has is done in the order let, set, spawn, emit, do.",
            {{"name", Shape::text, "Name, so that its draws stay when others come before it."},
             {"when", Shape::condition, "Only where this holds."},
             {"chance", Shape::share, "Only for this share."},
             {"repeat", Shape::times, "So many times; `index` counts."},
             {"let", Shape::values, "Names for the rest of the step."},
             {"set", Shape::values, "New values of state, its own or a parent's by path."},
             {"spawn", Shape::name, "Kind of which a child is born.", "kind"},
             {"emit", Shape::name, "Stream that gets a record.", "stream"},
             {"with", Shape::values, "Values for the record or the child."},
             {"do", Shape::items, "A group of steps.", "step"},
             {"after", Shape::delay, "Wait, in a journey."},
             {"continue", Shape::share, "Share that goes on from here, in a journey; the others end."},
             {"label", Shape::text, "Name in the answer key."}}};
}

LanguageSection stream_section() {
    return {"stream",
            "streams.NAME",
            "A stream of records of one schema: flat with a `rate`, a follower of another with `follows`, or told by "
            "entities with `from`.",
            {{"summary", Shape::text, "What one record is."},
             {"rate", Shape::rate,
              "Records per time on average; 1/s where none is given. May read parameters, curves and `time`."},
             {"spacing", Shape::choice, "How instants are spread: at random, or evenly.", "random|even"},
             {"count", Shape::count, "At most so many records; then the stream is exhausted."},
             {"key", Shape::texts, "A field, a list of fields, or an expression: the key of the records."},
             {"let", Shape::values, "Names that fields and rules can use, not emitted."},
             {"fields", Shape::values, "What a record holds, in this order.", "", true},
             {"types", Shape::types, "Types of fields where the inferred one is not meant."},
             {"rules", Shape::items, "The first rule whose condition and chance hold changes the record.", "rule"},
             {"follows", Shape::name, "Flat stream of which each record leads to records of this one.", "stream"},
             {"from", Shape::name, "Kind of entity whose steps emit the records.", "kind"},
             {"when", Shape::condition, "Follower: only after records for which this holds."},
             {"chance", Shape::share, "Follower: only after this share of the records."},
             {"after", Shape::delay, "Follower: so long after the record."},
             {"repeat", Shape::times, "Follower: so many records; `index` counts."},
             {"late", Shape::lateness, "How much behind its `time` a record arrives, within a bound that is known.",
              "lateness"},
             {"skew", Shape::delay, "Error of the clock that writes the record, as `time` of the fields shows it."},
             {"versions", Shape::numbered, "Later versions of the schema, by number from 2.", "version"}}};
}

LanguageSection lateness_section() {
    return {"lateness",
            "streams.NAME.late",
            "Which share of the records arrives late, and how much.",
            {{"chance", Shape::share, "Share of the records; all where none is given."},
             {"by", Shape::delay, "How much behind its `time` such a record arrives.", "", true}}};
}

LanguageSection version_section() {
    return {"version",
            "streams.NAME.versions.NUMBER",
            "The records from an instant on, unlike those before it. Version 1 is what they are at first.",
            {{"at", Shape::moment, "Since when records have this version, by their `time`.", "", true},
             {"add", Shape::texts, "Fields that records did not have before."},
             {"drop", Shape::texts, "Fields that records have no more."},
             {"types", Shape::types, "Fields that have another type from here on."}}};
}

LanguageSection table_section() {
    return {
        "table",
        "tables.NAME",
        "A table: each entity of a kind is a row; a stream tells of its insert, updates and delete.",
        {{"summary", Shape::text, "What one row is."},
         {"from", Shape::name, "Kind of entity whose rows these are.", "kind", true},
         {"key", Shape::texts, "The column, or the columns, by which rows are told apart; never changes.", "", true},
         {"columns", Shape::values,
          "What a row holds, one value each: of attributes, state, `phase`, `number`, `born`, `time` and what is "
          "fixed of ancestors; draws nothing.",
          "", true},
         {"types", Shape::types, "Types of columns where the inferred one is not meant."},
         {"references", Shape::values, "Columns that hold keys of other tables, and which."},
         {"late", Shape::lateness, "How much behind its `time` a change arrives, within a bound that is known.",
          "lateness"}}};
}

LanguageSection rule_section() {
    return {"rule",
            "streams.NAME.rules",
            "A rule reads the record as drawn. The answer key names it.",
            {{"name", Shape::text, "Name of the rule.", "", true},
             {"when", Shape::condition, "Records that it may take; all of them where it is left out."},
             {"chance", Shape::share, "Share of those that it takes."},
             {"set", Shape::values, "New values of fields or lets; nested ones by path: total.value."},
             {"help", Shape::text, "What it stands for."}}};
}

LanguageSection incident_section() {
    return {
        "incident",
        "incidents.NAME",
        "Parameters that are set for a while, when a scenario says so. Records made meanwhile carry its name in the "
        "answer key.",
        {{"set", Shape::values, "Parameters and their values; may read the parameter as it is before.", "", true},
         {"where", Shape::condition, "Only for those who hold this; reads the names of who reads the parameter."},
         {"for", Shape::delay, "How long it lasts, where the scenario does not say."},
         {"help", Shape::text, "What happens."}}};
}

LanguageSection incident_run_section() {
    return {
        "occurrence",
        "incidents",
        "When an incident of a pack happens.",
        {{"run", Shape::text, "Its name, or PACK.NAME.", "", true},
         {"at", Shape::text,
          "When it begins: a duration since the start, a range of them that is drawn from, or an instant.", "", true},
         {"for", Shape::delay, "How long it lasts; as the pack says where none is given."},
         {"times", Shape::count, "How often, each drawn by itself; or with `every`."},
         {"every", Shape::duration, "How much later it begins again, with `times`."}}};
}

LanguageSection scenario_section() {
    return {"scenario",
            "",
            "A scenario runs packs: which ones, with which parameters, seed and clock, into which outputs.",
            {{"scenario", Shape::text, "Name of the scenario."},
             {"packs", Shape::parameters, "Packs by name, each with its parameters.", "", true},
             {"seed", Shape::count, "What all chance comes from; 42 where none is given."},
             {"clock", Shape::section, "Simulated time and pace.", "clock"},
             {"outputs", Shape::items, "Where the records go.", "output"},
             {"answer_key", Shape::section, "Where to write which records are labelled.", "output"},
             {"chaos", Shape::items, "What is broken on purpose; see the guide to chaos.", "fault"},
             {"incidents", Shape::items, "Incidents of the packs, and when they happen.", "occurrence"}}};
}

LanguageSection clock_section() {
    return {
        "clock",
        "clock",
        "Simulated time of the run. It starts at 2026-01-01 where neither start nor history is given.",
        {{"start", Shape::instant, "First instant."},
         {"until", Shape::end, "End of simulated time."},
         {"history", Shape::duration, "Start this long before the present."},
         {"for", Shape::duration, "Length, instead of `until`."},
         {"then", Shape::choice, "Go on as live at the present instant.", "live"},
         {"seam", Shape::instant,
          "First instant of the live phase, for outputs that take one phase; the start of the run where it goes live."},
         {"speed", Shape::text, "Simulated time per real time when live: 60x."},
         {"rate", Shape::rate,
          "Records per second over all streams; as fast as the targets take them where none is given."},
         {"changes", Shape::items, "Other rates from instants on, in their order.", "change"},
         {"warm_up", Shape::duration, "Time that passes before the first record.", "", false, true}}};
}

LanguageSection change_section() {
    return {"change",
            "clock.changes",
            "Another rate from an instant on; what records hold does not hang on it.",
            {{"at", Shape::instant, "First simulated instant at which it holds.", "", true},
             {"rate", Shape::rate, "Records per second over all streams; 0/s is as fast as the targets take them.", "",
              true}}};
}

/// Texts that the section of outputs points to, made of the targets and options there are.
struct OutputTexts {
    std::string to = "Target: " + target_forms(", ") + "; may hold $(pack) $(stream) $(date) $(hour) $(env.NAME).";
    std::vector<std::string> choices;  ///< by option

    OutputTexts() {
        for (const Option& option : output_options()) choices.push_back(listed(option.choices, "|"));
    }
};

LanguageSection output_section() {
    static const OutputTexts texts;
    LanguageSection section = {
        "output",
        "outputs, answer_key",
        "One target and the streams that go there.",
        {{"to", Shape::text, texts.to, "", true},
         {"streams", Shape::texts, "Streams: all, a stream's name, PACK.STREAM or PACK.*; all where none is given."},
         {"tables", Shape::texts, "Tables: all, a table's name, PACK.TABLE or PACK.*; beside `streams`, if any."}}};
    for (size_t i = 0; i < texts.choices.size(); ++i) {
        const Option& option = output_options()[i];
        const Shape shape = option.shape == OptionShape::size      ? Shape::size
                            : option.shape == OptionShape::boolean ? Shape::truth
                            : texts.choices[i].empty()             ? Shape::text
                                                                   : Shape::choice;
        section.keys.push_back({option.name, shape, option.help, texts.choices[i]});
    }
    section.keys.push_back({"topic", Shape::text, "Topic of a broker.", "", false, true});
    section.keys.push_back({"registry", Shape::text, "Registry of schemas.", "", false, true});
    return section;
}

Shape shape_of(FaultOptionKind kind) {
    switch (kind) {
        case FaultOptionKind::durations: return Shape::delay;
        case FaultOptionKind::count: return Shape::count;
        case FaultOptionKind::size: return Shape::size;
        case FaultOptionKind::number: return Shape::scalar;
        case FaultOptionKind::fields: return Shape::texts;
        case FaultOptionKind::choice: return Shape::choice;
        case FaultOptionKind::changes: return Shape::values;
        default: return Shape::text;
    }
}

/// Texts that sections point to, made of the verbs there are.
struct FaultTexts {
    std::string verbs;
    std::map<std::string, std::string, std::less<>> helps, choices;  ///< by option

    FaultTexts() {
        for (const FaultVerb& verb : fault_verbs()) {
            verbs += (verbs.empty() ? "" : "|") + std::string(verb.name);
            for (const FaultOption& option : verb.options) {
                std::string& help = helps[std::string(option.name)];
                help += (help.empty() ? "" : "; ") + std::string(verb.name) + ": " + std::string(option.help);
                std::string& words = choices[std::string(option.name)];
                for (std::string_view word : option.choices) words += (words.empty() ? "" : "|") + std::string(word);
            }
        }
    }
};

LanguageSection fault_section() {
    static const FaultTexts texts;
    LanguageSection section = {
        "fault",
        "chaos",
        "One fault: which records of which streams it strikes, when, and how.",
        {{"fault", Shape::choice, "What it does.", texts.verbs, true},
         {"name", Shape::text, "Its name in answer key and manifest; what it does, where none is given."},
         {"streams", Shape::texts, "Streams: all, a stream's name, PACK.STREAM or PACK.*; all where none is given."},
         {"chance", Shape::share, "Share of the records, or of the keys; all where none is given."},
         {"where", Shape::condition, "Only records for which this holds; reads their fields and draws nothing."},
         {"at", Shape::text, "When it begins: a duration since the start, or an instant."},
         {"for", Shape::duration, "How long it lasts; to the end where none is given."},
         {"every", Shape::duration, "How much later it begins again."},
         {"times", Shape::count, "How often it happens, with `every`."}}};
    std::set<std::string_view> known;
    for (const FaultVerb& verb : fault_verbs())
        for (const FaultOption& option : verb.options)
            if (known.insert(option.name).second)
                section.keys.push_back({option.name, shape_of(option.kind), texts.helps.find(option.name)->second,
                                        texts.choices.find(option.name)->second});
    return section;
}

}  // namespace

const std::vector<LanguageSection>& pack_sections() {
    static const std::vector<LanguageSection> sections = {
        pack_section(),       parameter_section(), curve_section(),   kind_section(),     phase_section(),
        transition_section(), step_section(),      stream_section(),  lateness_section(), version_section(),
        rule_section(),       table_section(),     incident_section()};
    return sections;
}

const std::vector<LanguageSection>& scenario_sections() {
    static const std::vector<LanguageSection> sections = {scenario_section(), clock_section(), change_section(),
                                                          output_section(),   fault_section(), incident_run_section()};
    return sections;
}

}  // namespace headwater
