#include "pack/streams.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "base/text.h"
#include "pack/arrival.h"
#include "pack/incidents.h"
#include "pack/kinds.h"
#include "pack/schema_versions.h"

namespace headwater {

namespace {

std::vector<Cell> read_cells(const Reading& reading, const Node* node, const std::string& path,
                             const std::string& place) {
    std::vector<Cell> cells;
    if (!node || node->is_null()) return cells;
    if (!node->is_map()) {
        reading.error(node->at, path, "A map of names and values is expected here");
        return cells;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        cells.push_back({entry.key, path + "." + entry.key, place + "." + entry.key, &entry.value, entry.key_at});
    }
    return cells;
}

std::vector<Rule> read_rules(const Reading& reading, const Node* node, const std::string& path) {
    std::vector<Rule> rules;
    if (!node || node->is_null()) return rules;
    if (!node->is_sequence()) {
        reading.error(node->at, path, "Rules are a list", "Begin each rule with - name: NAME.");
        return rules;
    }
    std::set<std::string> names;
    for (const Node& item : node->items) {
        const std::string here = path + "." + std::to_string(rules.size() + 1);
        Section section(reading, &item, here);
        Rule rule;
        rule.at = item.at;
        rule.name = section.text("name").value_or("");
        rule.when = section.take("when");
        rule.chance = section.take("chance");
        const Node* set = section.take("set");
        section.take("help");
        section.finish();
        if (!item.is_map()) continue;
        if (rule.name.empty()) {
            reading.error(item.at, here, "A rule needs a name", "The answer key calls its records by it: name: NAME.");
            rule.name = std::to_string(rules.size() + 1);
        }
        if (!names.insert(rule.name).second) reading.error(item.at, here, "Two rules have one name: " + rule.name);
        rule.set = read_cells(reading, set, path + "." + rule.name + ".set", "rules." + rule.name + ".set");
        rules.push_back(std::move(rule));
    }
    if (rules.size() > 255)
        reading.error(node->at, path, "A stream has at most 255 rules, got " + std::to_string(rules.size()));
    return rules;
}

/// True when a dotted path leads to a value that is written out in these cells.
bool leads_to_value(const std::vector<Cell>& cells, const std::string& path) {
    const size_t dot = path.find('.');
    const std::string first = path.substr(0, dot);
    for (const Cell& cell : cells) {
        if (cell.name != first) continue;
        const Node* node = cell.node;
        size_t from = dot;
        while (from != std::string::npos && node) {
            const size_t next = path.find('.', from + 1);
            node = node->is_map()
                       ? node->find(path.substr(from + 1, next == std::string::npos ? next : next - from - 1))
                       : nullptr;
            from = next;
        }
        return node != nullptr;
    }
    return false;
}

/// Adds the dotted paths of a value and of what is written out inside it.
void add_paths(const Node& node, const std::string& path, std::vector<std::string>& paths) {
    paths.push_back(path);
    if (!node.is_map()) return;
    for (const Node::Entry& entry : node.entries) {
        if (entry.key != "because") add_paths(entry.value, path + "." + entry.key, paths);
    }
}

void check_names(const Pack& pack, const PlannedStream& stream) {
    const std::string path = "streams." + stream.name;
    std::set<std::string> let_names;
    for (const Cell& cell : stream.lets) let_names.insert(cell.name);
    for (const std::vector<Cell>* cells : {&stream.lets, &stream.fields}) {
        for (const Cell& cell : *cells) {
            const Position at = cell.key_at;
            if (!is_name(cell.name)) {
                pack.reading.error(at, cell.path,
                                   "A name has letters, digits and _ and begins with no digit: " + cell.name);
            }
            if (cells == &stream.fields && let_names.contains(cell.name)) {
                pack.reading.error(at, cell.path, "A field and a let have one name: " + cell.name, "Rename the let.");
            }
            if (!stream.from.empty()) continue;
            const char* what = nullptr;
            if (pack.parameter(cell.name)) what = "parameter";
            if (pack.lists.contains(cell.name)) what = "list";
            if (pack.curves.contains(cell.name)) what = "curve";
            if (pack.kind(cell.name)) what = "kind of entity";
            if (cell.name == "time" || cell.name == "start" || cell.name == "number" || cell.name == "rule")
                what = "name that the language gives";
            if (what)
                pack.reading.error(at, cell.path, "This name hides a " + std::string(what) + ": " + cell.name,
                                   "Choose another name.");
        }
    }
    for (const Rule& rule : stream.rules) {
        for (const Cell& cell : rule.set) {
            if (leads_to_value(stream.fields, cell.name) || leads_to_value(stream.lets, cell.name)) continue;
            std::vector<std::string> known;
            for (const Cell& field : stream.fields) add_paths(*field.node, field.name, known);
            for (const Cell& let : stream.lets) add_paths(*let.node, let.name, known);
            pack.reading.error(cell.key_at, cell.path, "No such field to set: " + cell.name, suggest(cell.name, known));
        }
    }
    for (const auto& [name, type] : stream.types) {
        const std::string first = name.substr(0, name.find('.'));
        const bool known =
            std::any_of(stream.fields.begin(), stream.fields.end(), [&](const Cell& c) { return c.name == first; }) ||
            std::any_of(stream.lets.begin(), stream.lets.end(), [&](const Cell& c) { return c.name == first; });
        if (known || !stream.from.empty()) continue;
        std::vector<std::string> names;
        for (const Cell& field : stream.fields) names.push_back(field.name);
        pack.reading.error(type.at, path + ".types." + name, "A type is given to no field: " + name,
                           suggest(name, names));
    }
}

}  // namespace

Meaning PlannedStream::count_before(Compiler& compiler, const Context& context) const {
    if (!is_flat() || !clock)
        return compiler.fail(context, context.source.at,
                             "Only rows of a flat stream with a rate can be chosen: " + name);
    if (context.time == no_reg)
        return compiler.fail(context, context.source.at,
                             "Earlier rows are earlier than now, and there is no time here: " + name);
    ProgramBuilder& build = compiler.build;
    Reg before = build.emit(Op::rows_by, Phys::i64, Phys::i64, {context.time}, {.table = build.clock(clock)});
    if (count) before = build.emit(Op::min, Phys::i64, {before, build.integer(*count)});
    return compiler.integer(before);
}

Meaning PlannedStream::row(Compiler& compiler, const Context&, Reg row_number) const {
    ProgramBuilder& build = compiler.build;
    const Reg time = build.emit(Op::row_time, Phys::i64, Phys::i64, {row_number}, {.table = build.clock(clock)});
    return record_of(compiler, row_number, time);
}

namespace {

/// Keeps the cells of a row as a scope, so that a compiler can own them.
struct RowScope : Scope {
    RowCells cells;
    std::optional<Meaning> find(Compiler&, const Context&, const std::string&) override { return std::nullopt; }
    void names(std::vector<std::string>&) const override {}
};

}  // namespace

RowCells& PlannedStream::cells_of(Compiler& compiler, Reg number, Reg time) const {
    auto& known = compiler.instances[{this, number}];
    if (known) return static_cast<RowScope&>(*known).cells;
    auto scope = std::make_shared<RowScope>();
    known = scope;
    Context base = pack->world->context(*pack, "streams." + name, at);
    base.base = compiler.build.emit(Op::base, Phys::i64, Phys::i64, {number}, {.imm = static_cast<int64_t>(key)});
    base.time = time;
    base.frame = compiler.build.frame_of(number);
    base.owner_key = key;
    std::vector<Cell> cells = lets;
    cells.insert(cells.end(), fields.begin(), fields.end());
    const Reg from_one = compiler.build.emit(Op::add, Phys::i64, {number, compiler.build.integer(1)});
    RowCells& row_cells = scope->cells;
    for (std::unique_ptr<Cells>* place : {&row_cells.drawn, &row_cells.settled}) {
        *place = std::make_unique<Cells>(*pack, cells, base, &types);
        set_clock(**place, *this);
        (*place)->fix("number", Compiler::with_bounds(compiler.integer(from_one), 1, count.value_or(INT64_MAX)));
    }
    row_cells.rule = add_rules(compiler, rules, *row_cells.drawn, *row_cells.settled, "streams." + name + ".rules");
    return row_cells;
}

Meaning PlannedStream::record_of(Compiler& compiler, Reg number, Reg time) const {
    RowCells& cells = cells_of(compiler, number, time);
    std::vector<std::string> names;
    for (const Cell& cell : fields) names.push_back(cell.name);
    return cells.settled->record(compiler, std::move(names));
}

namespace {

/// Compiles whether a rule takes the row as drawn.
Reg mask_of(Compiler& compiler, const Rule& rule, Cells& drawn, const std::string& path) {
    ProgramBuilder& build = compiler.build;
    Reg mask = no_reg;
    if (rule.when)
        mask = compiler.compile_condition(
            drawn.context_at({rule.name, path + ".when", "rules." + rule.name + ".when", rule.when}), *rule.when);
    if (rule.when && mask == no_reg) mask = build.boolean(false);  // reported
    if (rule.chance) {
        const Cell cell{rule.name, path + ".chance", "rules." + rule.name + ".chance", rule.chance};
        mask = build.logic_and(mask, chance_of(compiler, drawn.context_at(cell), *rule.chance));
    }
    return mask == no_reg ? build.boolean(true) : mask;
}

/// Gives `rule` its value: the name of the rule that hit, or null.
void fix_rule(Compiler& compiler, const std::vector<Rule>& rules, Reg hit, Cells& settled) {
    ProgramBuilder& build = compiler.build;
    auto names = std::make_shared<Table>();
    names->phys = Phys::text;
    names->text.push_back("");
    for (const Rule& rule : rules) names->text.push_back(rule.name);
    Meaning rule_meaning = compiler.text_index(hit, names);
    rule_meaning.null = build.emit(Op::equal, Phys::u8, Phys::u8, {hit, build.integer(0, Phys::u8)});
    settled.fix("rule", rule_meaning);
}

/// Lets cells have the values of the rule that hit.
void replace_cells(const std::vector<Rule>& rules, Reg hit, Cells& drawn, Cells& settled) {
    std::map<std::string, std::vector<std::pair<size_t, const Cell*>>> by_path;
    for (size_t i = 0; i < rules.size(); ++i) {
        for (const Cell& cell : rules[i].set) by_path[cell.name].push_back({i, &cell});
    }
    for (const auto& [target, changes] : by_path) {
        settled.replace(target, [changes = changes, &drawn, hit](Compiler& c, const Meaning& as_drawn) {
            Meaning result = as_drawn;
            for (auto it = changes.rbegin(); it != changes.rend(); ++it) {
                const auto& [index, cell] = *it;
                Meaning value = drawn.compile_at(c, *cell);
                const Context context = drawn.context_at(*cell);
                if (as_drawn.scalar() && value.scalar())
                    value = c.as_type(context, cell->node->at, value, as_drawn.type, cell->name);
                const Reg here = c.build.emit(Op::equal, Phys::u8, Phys::u8,
                                              {hit, c.build.integer(static_cast<int64_t>(index) + 1, Phys::u8)});
                result = c.choose(context, cell->node->at, here, value, result);
                if (result.broken()) return result;
            }
            return result;
        });
    }
}

}  // namespace

Reg add_rules(Compiler& compiler, const std::vector<Rule>& rules, Cells& drawn, Cells& settled,
              const std::string& path) {
    drawn.forbid("rule", "The condition of a rule reads the row as drawn and cannot read the rule",
                 "Order the rules instead: the first that holds is taken.");
    ProgramBuilder& build = compiler.build;
    if (rules.empty()) {
        Meaning none = compiler.text_constant("");
        none.null = build.boolean(true);
        settled.fix("rule", none);
        return no_reg;
    }
    std::vector<Reg> masks;
    for (const Rule& rule : rules) masks.push_back(mask_of(compiler, rule, drawn, path + "." + rule.name));
    Reg hit = build.integer(0, Phys::u8);
    for (size_t i = rules.size(); i-- > 0;)
        hit = build.pick(masks[i], build.integer(static_cast<int64_t>(i) + 1, Phys::u8), hit);
    fix_rule(compiler, rules, hit, settled);
    replace_cells(rules, hit, drawn, settled);
    return hit;
}

bool lay_out_conditions(Compiler& compiler, RecordLayout& layout, Cells& cells, const PlannedStream& stream, int frame,
                        Schema& schema) {
    bool good = true;
    for (const RowCondition& condition : stream.conditions) {
        Context context = cells.context_at({condition.column, condition.path, condition.column, condition.node});
        context.source.file = condition.file;
        context.base = no_reg;
        context.no_draw_reason = "The condition of a fault reads the record and draws nothing";
        const Reg holds = compiler.compile_condition(context, *condition.node);
        if (holds == no_reg) return false;
        Field field;
        good = layout.lay_out(context, condition.node->at, condition.column, condition.column, compiler.boolean(holds),
                              frame, field) &&
               good;
        schema.hidden.push_back(std::move(field));
    }
    return good;
}

namespace {

/// Gives the value of a field of the stream, or of a member of it, that is part of the key.
Meaning key_field(Compiler& compiler, Cells& cells, const PlannedStream& stream, const Cell& cell) {
    const Node& part = *cell.node;
    const std::vector<std::string_view> names = split(part.text, '.');
    std::vector<std::string> known;
    for (const Cell& field : stream.fields) known.push_back(field.name);
    const std::string first(names[0]);
    if (std::ranges::find(known, first) == known.end()) {
        stream.pack->reading.error(part.at, cell.path, "The key is no field of the stream: " + part.text,
                                   suggest(first, known));
        return {};
    }
    Meaning value = cells.value(compiler, first);
    Expression at;
    at.at = part.at;
    for (size_t i = 1; i < names.size() && !value.broken(); ++i)
        value = compiler.member(cells.context_at(cell), at, value, std::string(names[i]));
    return value;
}

/// Gives the value of a part of the key; nothing after a report.
std::optional<Meaning> key_part(Compiler& compiler, Cells& cells, const PlannedStream& stream, const Cell& cell) {
    const Node& part = *cell.node;
    const Reading& reading = stream.pack->reading;
    if (!part.is_scalar()) {
        reading.error(part.at, cell.path, "A key is a field, a list of fields, or an expression");
        return std::nullopt;
    }
    Meaning value = part.is_expression() ? cells.compile_at(compiler, cell) : key_field(compiler, cells, stream, cell);
    if (value.broken()) return std::nullopt;
    if (value.scalar()) return value;
    reading.error(part.at, cell.path,
                  "A key is one value, but this is " + Compiler::describe(value) + ": " + part.text);
    return std::nullopt;
}

/// Lays out the key: a field's own column, or a hidden one of parts with colons between them.
bool lay_out_key(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, RecordLayout& layout,
                 Schema& schema) {
    const Node* key = stream.key_node;
    if (key == nullptr) return true;
    const std::string path = "streams." + stream.name + ".key";
    std::vector<const Node*> parts;
    if (key->is_sequence()) {
        for (const Node& item : key->items) parts.push_back(&item);
    } else {
        parts.push_back(key);
    }
    Meaning joined = scalar(type_of(Kind::text), no_reg);
    joined.text_form = TextForm::parts;
    for (const Node* part : parts) {
        const auto value = key_part(compiler, cells, stream, {"key", path, "key", part});
        if (!value) return false;
        if (!joined.parts.empty()) joined.parts.push_back(PartMeaning{":", nullptr});
        joined.parts.push_back(PartMeaning{"", std::make_shared<Meaning>(*value)});
    }
    if (parts.size() == 1 && !parts[0]->is_expression()) {
        schema.key = parts[0]->text;
        return true;
    }
    Field field;
    const bool good =
        layout.lay_out(cells.context_at({"key", path, "key", key}), key->at, "(key)", "(key)", joined, frame, field);
    schema.hidden.push_back(std::move(field));
    schema.key = "(key)";
    return good;
}

}  // namespace

bool lay_out_schema(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, Schema& schema) {
    schema.stream = stream.pack->name + "." + stream.name;
    RecordLayout layout(compiler, stream.types);
    bool good = true;
    for (const Cell& cell : stream.fields) {
        Field field;
        const Context context = cells.context_at(cell);
        good = layout.lay_out(context, cell.node->at, cell.name, cell.name, cells.value(compiler, cell.name), frame,
                              field) &&
               good;
        schema.fields.push_back(std::move(field));
    }
    good = lay_out_key(compiler, cells, stream, frame, layout, schema) && good;
    good = lay_out_conditions(compiler, layout, cells, stream, frame, schema) && good;
    good = lay_out_lateness(compiler, cells, stream, frame, layout, schema) && good;
    schema.slot_count = layout.slot_count();
    return good && lay_out_versions(compiler, cells, stream, frame, schema);
}

std::optional<FlatPlan> compile_flat(World& world, const PlannedStream& stream) {
    Session session(world);
    session.compiler.rows_expected = stream.count.value_or(INT64_MAX);
    const size_t errors = world.diagnostics.error_count();
    const Reg row = session.build.input(Phys::i64);
    const Reg time = session.build.input(Phys::i64);
    RowCells& cells = stream.cells_of(session.compiler, row, time);
    for (const Cell& let : stream.lets) cells.settled->value(session.compiler, let.name);
    auto schema = std::make_shared<Schema>();
    const bool good = lay_out_schema(session.compiler, *cells.settled, stream, 0, *schema);
    if (!good || world.diagnostics.error_count() != errors || !stream.clock) return std::nullopt;
    FlatPlan plan;
    plan.schema = schema;
    plan.rule = cells.rule;
    for (const Rule& rule : stream.rules) plan.labels.push_back(rule.name);
    if (plan.rule != no_reg) session.build.keep(plan.rule);
    label_incidents(session.compiler, stream, *cells.drawn, plan);
    if (world.diagnostics.error_count() != errors) return std::nullopt;
    plan.program = session.build.finish(plan.label_registers());
    plan.clock = stream.clock;
    plan.count = stream.count.value_or(INT64_MAX);
    return plan;
}

namespace {

/// What says when the records of a stream come, as it is written.
struct WrittenPace {
    const Node* rate = nullptr;
    const Node* count = nullptr;
    bool is_even = false;
};

/// Reads the section of a stream.
std::shared_ptr<PlannedStream> read_stream(World& world, Pack& pack, const Node::Entry& entry, WrittenPace& pace) {
    const std::string path = "streams." + entry.key;
    Section section(pack.reading, &entry.value, path);
    auto stream = std::make_shared<PlannedStream>();
    stream->pack = &pack;
    stream->name = entry.key;
    stream->node = &entry.value;
    stream->at = entry.key_at;
    stream->key = key_under(pack.key, key_of("stream " + entry.key));
    stream->summary = section.text("summary").value_or("");
    stream->follows = section.text("follows").value_or("");
    if (const Node* followed = entry.value.find("follows")) stream->follows_at = followed->at;
    stream->from = section.text("from").value_or("");
    stream->lets = read_cells(pack.reading, section.take("let"), path + ".let", "let");
    stream->fields = read_cells(pack.reading, section.take("fields"), path + ".fields", "fields");
    stream->rules = read_rules(pack.reading, section.take("rules"), path + ".rules");
    stream->types = read_types(pack.reading, section.take("types"), path + ".types");
    stream->key_node = section.take("key");
    pace.rate = section.take("rate");
    pace.is_even = section.choice("spacing", {"random", "even"}).value_or("random") == "even";
    pace.count = section.take("count");
    stream->when = section.take("when");
    stream->chance = section.take("chance");
    stream->after = section.take("after");
    stream->repeat = section.take("repeat");
    stream->late = section.take("late");
    stream->skew = section.take("skew");
    stream->versions = read_versions(world, pack, section.take("versions"), path + ".versions");
    const bool keys_are_known = section.finish();
    if (!is_name(entry.key))
        pack.reading.error(entry.key_at, path,
                           "A name has letters, digits and _ and begins with no digit: " + entry.key);
    if (entry.value.is_map() && stream->fields.empty() && keys_are_known)
        pack.reading.error(entry.key_at, path, "A stream needs fields: " + entry.key,
                           "Write for example fields: {id: =uuid()}.");
    return stream;
}

/// Settles when the records of a stream come.
void settle_clock(World& world, Pack& pack, PlannedStream& stream, const WrittenPace& pace) {
    const std::string path = "streams." + stream.name;
    if (!stream.follows.empty() || !stream.from.empty()) {
        if (pace.rate)
            pack.reading.error(pace.rate->at, path + ".rate",
                               "A stream that follows another or comes from entities has no rate of its own");
        return;
    }
    for (const auto& [key, node] : {std::pair("when", stream.when), std::pair("chance", stream.chance),
                                    std::pair("after", stream.after), std::pair("repeat", stream.repeat)}) {
        if (node)
            pack.reading.error(node->at, path + "." + key,
                               "Only a stream that follows another has this: " + std::string(key),
                               "Write follows: STREAM, or use rules.");
    }
    Node one_per_second;
    one_per_second.text = "1/s";
    RateIncidents incidents;
    const ClockAddress address{key_under(stream.key, key_of("clock")), pace.is_even};
    stream.clock =
        clock_of_rate(world, pack, pace.rate ? *pace.rate : one_per_second, path + ".rate", address, incidents);
    stream.incidents = std::move(incidents.read);
}

}  // namespace

void add_streams(World& world, Pack& pack, const Node* streams) {
    if (!streams || streams->is_null()) return;
    if (!streams->is_map()) {
        pack.reading.error(streams->at, "streams", "Streams are a map of names and sections");
        return;
    }
    for (const Node::Entry& entry : streams->entries) {
        if (entry.key == "because") continue;
        WrittenPace pace;
        const auto stream = read_stream(world, pack, entry, pace);
        pack.streams.push_back(stream);
        if (pace.count) stream->count = world.settle_count(pack, *pace.count, "streams." + entry.key + ".count");
        settle_clock(world, pack, *stream, pace);
    }
    for (const auto& stream : pack.streams) check_names(pack, *stream);
}

}  // namespace headwater
