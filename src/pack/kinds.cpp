#include "pack/kinds.h"

#include "base/random.h"
#include "base/time.h"
#include "data/batch.h"
#include "generate/executor.h"
#include "generate/rate_clock.h"

namespace headwater {

DeclaredTypes read_types(const Reading& reading, const Node* node, const std::string& path) {
    DeclaredTypes types;
    if (!node) return types;
    if (!node->is_map()) {
        reading.error(node->at, path, "Types are a map of names and types");
        return types;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        const std::string here = path + "." + entry.key;
        if (!entry.value.is_scalar()) {
            reading.error(entry.value.at, here, "A type is one text, such as decimal(2) or open | closed");
            continue;
        }
        if (auto type = read_type(entry.value.text, {reading.file, here, entry.value.at}, *reading.diagnostics)) {
            type->at = entry.key_at;
            types[entry.key] = *type;
        }
    }
    return types;
}

Meaning PlannedKind::count(Compiler& compiler, const Context& context) const {
    if (total) return compiler.with_bounds(compiler.integer(compiler.build.integer(*total)), *total, *total);
    if (births) {
        if (context.time == no_reg) {
            return compiler.fail(context, context.source.at,
                                 "How many of " + kind_name + " there are depends on time, and there is none here");
        }
        const Reg born = compiler.build.emit(Op::rows_by, Phys::i64, Phys::i64, {context.time},
                                             {.table = compiler.build.clock(births)});
        return compiler.with_bounds(compiler.integer(born), 0, INT64_MAX / 4);
    }
    if (parent_name.empty()) return Meaning{};  // a wrong count or rate was reported
    return compiler.fail(
        context, context.source.at,
        "Entities of kind " + kind_name + " are born of others and cannot be chosen from outside: " + kind_name);
}

Cells& PlannedKind::cells_of(Compiler& compiler, Reg number) const {
    number = compiler.build.convert(number, Phys::i64);
    auto& known = compiler.instances[{this, number}];
    if (!known) {
        Context base = pack->world->context(*pack, "entities." + kind_name, at);
        base.base = compiler.build.emit(Op::base, Phys::i64, Phys::i64, {number}, {.imm = static_cast<int64_t>(key)});
        base.frame = compiler.build.frame_of(number);
        base.owner_key = key;
        auto cells = std::make_shared<Cells>(*pack, attributes, base, &types);
        const int64_t high = total ? *total : INT64_MAX;
        cells->fix("number", Compiler::with_bounds(compiler.integer(number), 1, high));
        if (births) {
            const uint32_t clock = compiler.build.clock(births);
            cells->compute("born", [number, clock](Compiler& c) {
                const Reg row = c.build.emit(Op::sub, Phys::i64, {number, c.build.integer(1)});
                return scalar(type_of(Kind::instant),
                              c.build.emit(Op::row_time, Phys::i64, Phys::i64, {row}, {.table = clock}));
            });
        } else {
            cells->fix("born", scalar(type_of(Kind::instant), compiler.build.integer(pack->world->start)));
        }
        cells->forbid("time", "Attributes are fixed at birth and cannot read time", "Use born or start.");
        known = cells;
    }
    return static_cast<Cells&>(*known);
}

Meaning PlannedKind::entity(Compiler& compiler, const Context&, Reg number) const {
    Cells& cells = cells_of(compiler, number);
    std::vector<std::string> names{"number", "born"};
    for (const Cell& cell : attributes) names.push_back(cell.name);
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    meaning.kind = shared_from_this();
    meaning.identity = compiler.build.convert(number, Phys::i64);
    meaning.name = kind_name;
    auto record = std::make_shared<RecordMeaning>();
    record->names = std::move(names);
    record->member = [this, self = shared_from_this(), &cells, &compiler, number](const std::string& name) {
        if (name == "number" || name == "born") return *cells.find(compiler, cells.base(), name);
        return attribute(compiler, number, name);
    };
    meaning.record = record;
    return meaning;
}

namespace {

/// True when the program reads its input by hour and weekday only, so that a week repeats.
bool repeats_weekly(const Program& program, Reg time) {
    for (const Ins& ins : program.code) {
        for (Reg reg : {ins.a, ins.b, ins.c, ins.e}) {
            if (reg == time && !(ins.op == Op::time_part && (ins.imm == 1 || ins.imm == 2))) return false;
        }
    }
    return true;
}

constexpr int64_t monday_us = -3 * micros_per_day;  // 1969-12-29
constexpr int64_t hours_of_week = 168;

}  // namespace

std::shared_ptr<const RowClock> clock_of_rate(World& world, const Pack& pack, const Node& node, const std::string& path,
                                              uint64_t key, bool even) {
    RateSpec spec;
    spec.start = world.start;
    spec.key = key;
    spec.even = even;
    if (!node.is_scalar()) {
        pack.reading.error(node.at, path, "A rate is one value, such as 100/s or an expression");
        return nullptr;
    }
    if (!node.is_expression()) {
        const auto rate = read_rate(node.text);
        if (!rate) {
            const bool bare = read_count(node.text).has_value();
            pack.reading.error(node.at, path, (bare ? "A rate needs a unit of time: " : "Not a rate: ") + node.text,
                               bare ? "Write " + node.text + "/s." : "Write for example 200/s, 5k/s or 1/5d.");
            return nullptr;
        }
        spec.constant = *rate;
        return make_rate_clock(std::move(spec));
    }
    Session session(world);
    const Reg time = session.build.input(Phys::i64);
    Context context = world.context(pack, path, node.at);
    context.time = time;
    context.no_draw_reason = "A rate cannot be drawn, it may read parameters, curves and time";
    const size_t errors = world.diagnostics.error_count();
    const Meaning meaning = session.compiler.compile_scalar(context, node);
    if (meaning.broken()) return nullptr;
    Expression at;
    at.at = node.at;
    at.kind = Expression::Kind::name;
    at.text = node.text.substr(1);
    const Reg rate = session.compiler.as_real(context, at, meaning);
    if (rate == no_reg || world.diagnostics.error_count() != errors) return nullptr;
    if (const Constant* known = session.build.constant(rate)) {
        if (known->real < 0) {
            pack.reading.error(node.at, path, "A rate is not below 0: " + node.text);
            return nullptr;
        }
        spec.constant = known->real;
        return make_rate_clock(std::move(spec));
    }
    session.build.keep(rate);
    Reg output = rate, input = time;
    const auto program = session.build.finish({&output, &input});
    const auto executor = std::make_shared<ColumnExecutor>(program, Batch::max_rows);
    if (repeats_weekly(*program, input)) {
        const int64_t weeks = (world.start - monday_us) / (7 * micros_per_day) - (world.start < monday_us ? 1 : 0);
        spec.origin = monday_us + weeks * 7 * micros_per_day;
        spec.slice_us = micros_per_hour;
        spec.period_slices = hours_of_week;
    } else {
        spec.origin = world.start;
    }
    spec.rates = [executor, output, origin = spec.origin, slice = spec.slice_us](int64_t first, uint32_t count,
                                                                                 double* rates) {
        while (count > 0) {
            const uint32_t rows = std::min<uint32_t>(count, Batch::max_rows);
            auto* times = static_cast<int64_t*>(executor->input(0));
            for (uint32_t i = 0; i < rows; ++i) times[i] = origin + (first + i) * slice;
            executor->run(rows);
            const auto* values = static_cast<const double*>(executor->values(output));
            for (uint32_t i = 0; i < rows; ++i) rates[i] = values[i] > 0 ? values[i] : 0;
            first += rows;
            count -= rows;
            rates += rows;
        }
    };
    return make_rate_clock(std::move(spec));
}

void add_kinds(World& world, Pack& pack, const Node* entities) {
    if (!entities || !entities->is_map()) {
        if (entities && !entities->is_null())
            pack.reading.error(entities->at, "entities", "Entities are a map of kinds");
        return;
    }
    for (const Node::Entry& entry : entities->entries) {
        if (entry.key == "because") continue;
        const std::string path = "entities." + entry.key;
        Section section(pack.reading, &entry.value, path);
        auto kind = std::make_shared<PlannedKind>();
        kind->pack = &pack;
        kind->kind_name = entry.key;
        kind->node = &entry.value;
        kind->at = entry.key_at;
        kind->key = key_under(pack.key, key_of("kind " + entry.key));
        kind->parent_name = section.text("parent").value_or("");
        kind->types = read_types(pack.reading, section.take("types"), path + ".types");
        if (const Node* attributes = section.take("attributes"); attributes && attributes->is_map()) {
            for (const Node::Entry& attribute : attributes->entries) {
                if (attribute.key == "because") continue;
                kind->attributes.push_back({attribute.key, path + ".attributes." + attribute.key,
                                            "attributes." + attribute.key, &attribute.value, attribute.key_at});
            }
        } else if (attributes && !attributes->is_null()) {
            pack.reading.error(attributes->at, path + ".attributes", "Attributes are a map of names and values");
        }
        const Node* count = section.take("count");
        const Node* rate = section.take("rate");
        for (const char* key : {"state", "lifecycle", "journey"}) kind->lives = section.take(key) || kind->lives;
        section.take("summary");
        section.take("help");
        section.finish();
        pack.kinds.push_back(kind);
        if (count && rate)
            pack.reading.error(entry.key_at, path, "A kind has a count or a rate, not both: " + entry.key,
                               "count is there from the start, rate lets them arrive.");
        if (count && kind->parent_name.empty()) {
            if (const auto value = world.settle(pack, *count, path + ".count")) {
                if (value->type.kind != Kind::integer || value->integer < 0) {
                    pack.reading.error(count->at, path + ".count",
                                       "A count is a whole number not below 0: " + count->text);
                } else {
                    kind->total = value->integer;
                }
            }
        }
        if (rate)
            kind->births =
                clock_of_rate(world, pack, *rate, path + ".rate", key_under(kind->key, key_of("births")), false);
        if (!count && !rate && kind->parent_name.empty()) {
            pack.reading.error(entry.key_at, path, "A kind needs a count, a rate or a parent: " + entry.key,
                               "Write count: 1000 for as many from the start.");
        }
    }
    for (const auto& kind : pack.kinds) {
        if (kind->parent_name.empty() || pack.kind(kind->parent_name)) continue;
        std::vector<std::string> known;
        for (const auto& other : pack.kinds) known.push_back(other->kind_name);
        pack.reading.error(kind->node->find("parent")->at, "entities." + kind->kind_name + ".parent",
                           "Unknown parent: " + kind->parent_name, suggest(kind->parent_name, known));
    }
}

}  // namespace headwater
