#include "pack/kinds.h"

#include "base/random.h"
#include "base/time.h"
#include "data/batch.h"
#include "generate/executor.h"
#include "generate/grouped_clock.h"
#include "generate/rate_clock.h"
#include "pack/incidents.h"

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
        if (groups) {
            const uint32_t clock = compiler.build.clock(groups);
            cells->compute("group", [number, clock](Compiler& c) {
                const Reg row = c.build.emit(Op::sub, Phys::i64, {number, c.build.integer(1)});
                const Reg group = c.build.emit(Op::row_time, Phys::i64, Phys::i64, {row}, {.table = clock});
                return Compiler::with_bounds(c.integer(group), 1, INT64_MAX / 4);
            });
        }
        cells->forbid("time", "Attributes are fixed at birth and cannot read time", "Use born or start.");
        known = cells;
    }
    return static_cast<Cells&>(*known);
}

Meaning PlannedKind::entity(Compiler& compiler, const Context&, Reg number) const {
    Cells& cells = cells_of(compiler, number);
    std::vector<std::string> names{"number", "born"};
    if (groups) names.push_back("group");
    for (const Cell& cell : attributes) names.push_back(cell.name);
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    meaning.kind = shared_from_this();
    meaning.identity = compiler.build.convert(number, Phys::i64);
    meaning.name = kind_name;
    auto record = std::make_shared<RecordMeaning>();
    record->names = std::move(names);
    record->member = [this, self = shared_from_this(), &cells, &compiler, number](const std::string& name) {
        const bool is_group = groups && name == "group";
        if (name == "number" || name == "born" || is_group) return *cells.find(compiler, cells.base(), name);
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

/// The parameters of a pack as some incidents that are on set them, whatever the time.
class FixedIncidents : public Scope {
  public:
    FixedIncidents(const Pack& pack, std::set<size_t> on) : pack_(pack), on_(std::move(on)) {
        outer = pack.scope.get();
    }

    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override {
        const Parameter* parameter = pack_.parameter(name);
        if (!parameter || !is_set_by_incident(pack_, name)) return std::nullopt;
        const IncidentUse use{pack_, *outer, [&](const Incident& incident) {
                                  if (incident.times) read_.insert(incident.index);
                                  return compiler.build.boolean(on_.contains(incident.index));
                              }};
        return read_under_incidents(compiler, context, use, *parameter);
    }

    void names(std::vector<std::string>&) const override {}

    /// Gives the incidents that were asked for.
    const std::set<size_t>& read() const { return read_; }

  private:
    const Pack& pack_;
    std::set<size_t> on_, read_;
};

/// A rate as it is written.
struct WrittenRate {
    World& world;
    const Pack& pack;
    const Node& node;
    const std::string& path;

    /// Describes it while some incidents are on; nothing after a report. Adds the incidents that it reads.
    std::optional<RateSpec> describe(const std::set<size_t>& on, std::set<size_t>& incidents) const;
};

/// Gives the rates of slices by running a program whose input is their first instant.
std::function<void(int64_t, uint32_t, double*)> run_by_slices(std::shared_ptr<const Program> program, Reg output,
                                                              int64_t origin, int64_t slice_us) {
    const auto executor = std::make_shared<ColumnExecutor>(std::move(program), Batch::max_rows);
    return [executor, output, origin, slice_us](int64_t first, uint32_t count, double* rates) {
        while (count > 0) {
            const uint32_t rows = std::min<uint32_t>(count, Batch::max_rows);
            auto* times = static_cast<int64_t*>(executor->input(0));
            for (uint32_t i = 0; i < rows; ++i) times[i] = origin + (first + i) * slice_us;
            executor->run(rows);
            const auto* values = static_cast<const double*>(executor->values(output));
            for (uint32_t i = 0; i < rows; ++i) rates[i] = values[i] > 0 ? values[i] : 0;
            first += rows;
            count -= rows;
            rates += rows;
        }
    };
}

std::optional<RateSpec> WrittenRate::describe(const std::set<size_t>& on, std::set<size_t>& incidents) const {
    RateSpec spec;
    spec.start = world.start;
    if (!node.is_scalar()) {
        pack.reading.error(node.at, path, "A rate is one value, such as 100/s or an expression");
        return std::nullopt;
    }
    if (!node.is_expression()) {
        const auto rate = read_rate(node.text);
        if (!rate) {
            const bool bare = read_count(node.text).has_value();
            pack.reading.error(node.at, path, (bare ? "A rate needs a unit of time: " : "Not a rate: ") + node.text,
                               bare ? "Write " + node.text + "/s." : "Write for example 200/s, 5k/s or 1/5d.");
            return std::nullopt;
        }
        spec.constant = *rate;
        return spec;
    }
    Session session(world);
    const Reg time = session.build.input(Phys::i64);
    FixedIncidents scope(pack, on);
    Context context = world.context(pack, path, node.at);
    context.scope = &scope;
    context.time = time;
    context.no_draw_reason = "A rate cannot be drawn, it may read parameters, curves and time";
    const size_t errors = world.diagnostics.error_count();
    const Meaning meaning = session.compiler.compile_scalar(context, node);
    incidents.insert(scope.read().begin(), scope.read().end());
    if (meaning.broken()) return std::nullopt;
    Expression at;
    at.at = node.at;
    at.kind = Expression::Kind::name;
    at.text = node.text.substr(1);
    const Reg rate = session.compiler.as_real(context, at, meaning);
    if (rate == no_reg || world.diagnostics.error_count() != errors) return std::nullopt;
    if (const Constant* known = session.build.constant(rate)) {
        if (known->real < 0) {
            pack.reading.error(node.at, path, "A rate is not below 0: " + node.text);
            return std::nullopt;
        }
        spec.constant = known->real;
        return spec;
    }
    session.build.keep(rate);
    Reg output = rate, input = time;
    const auto program = session.build.finish({&output, &input});
    spec.origin = world.start;
    if (repeats_weekly(*program, input)) {
        const int64_t weeks = (world.start - monday_us) / (7 * micros_per_day) - (world.start < monday_us ? 1 : 0);
        spec.origin = monday_us + weeks * 7 * micros_per_day;
        spec.slice_us = micros_per_hour;
        spec.period_slices = hours_of_week;
    }
    spec.rates = run_by_slices(program, output, spec.origin, spec.slice_us);
    return spec;
}

/// Lists the incidents that are on at an instant.
std::set<size_t> those_on(const Pack& pack, const std::set<size_t>& incidents, int64_t instant) {
    std::set<size_t> on;
    for (const size_t index : incidents) {
        if (pack.incidents[index]->times->is_on(instant)) on.insert(index);
    }
    return on;
}

}  // namespace

std::shared_ptr<const RowClock> clock_of_rate(World& world, const Pack& pack, const Node& node, const std::string& path,
                                              const ClockAddress& address, RateIncidents& incidents) {
    const WrittenRate rate{world, pack, node, path};
    std::set<size_t>& read = incidents.read;
    auto usual = rate.describe({}, read);
    if (!usual) return nullptr;
    usual->key = address.key;
    usual->even = address.is_even;
    if (read.empty()) return make_rate_clock(std::move(*usual));
    incidents.usual = make_rate_clock(*usual);
    std::set<int64_t> instants;
    for (const size_t index : read) {
        for (const int64_t instant : pack.incidents[index]->times->instants()) instants.insert(instant);
    }
    std::set<size_t> on;
    std::map<std::set<size_t>, std::shared_ptr<const RateSpec>> known;
    const auto describe = [&](int64_t instant) {
        on = those_on(pack, read, instant);
        auto& spec = known[on];
        if (spec) return spec;
        if (auto other = rate.describe(on, read)) spec = std::make_shared<const RateSpec>(std::move(*other));
        return spec;
    };
    const auto first = describe(world.start);
    if (!first) return nullptr;
    RateSpec spec = *first;
    spec.key = address.key;
    spec.even = address.is_even;
    for (auto instant = instants.upper_bound(world.start); instant != instants.end(); ++instant) {
        const auto to = describe(*instant);
        if (!to) return nullptr;
        spec.switches.push_back({*instant, to});
    }
    return make_rate_clock(std::move(spec));
}

/// Lets a kind arrive in groups.
void group_births(const Pack& pack, const Node& node, PlannedKind& kind) {
    const std::string path = "entities." + kind.kind_name + ".group";
    const std::string text = node.is_scalar() ? node.text : "a list or map";
    const size_t dots = text.find("..");
    const auto least = read_count(text.substr(0, dots));
    const auto most = dots == std::string::npos ? least : read_count(text.substr(dots + 2));
    if (!least || !most || *least < 1 || *most < *least || *most > GroupedClock::largest)
        return pack.reading.error(node.at, path, "Neither a size of groups from 1 to 100 nor a range of them: " + text,
                                  "Write for example 2..4.");
    if (!kind.node->find("rate"))
        return pack.reading.error(node.at, path, "Only who arrives by a rate comes in groups: " + kind.kind_name,
                                  "Write rate: 5/min for five groups a minute.");
    for (const Cell& cell : kind.attributes) {
        if (cell.name == "group")
            pack.reading.error(cell.key_at, cell.path, "This name hides the number of the group: group",
                               "Choose another name.");
    }
    if (!kind.births) return;
    const uint64_t key = key_under(kind.key, key_of("groups"));
    const auto grouped = std::make_shared<GroupedClock>(kind.births, *least, *most, key);
    kind.births = grouped;
    kind.groups = std::make_shared<GroupNumbers>(grouped);
    if (kind.usual_births) kind.usual_births = std::make_shared<GroupedClock>(kind.usual_births, *least, *most, key);
}

/// Lets a kind arrive by a rate.
void add_births(World& world, const Pack& pack, const Node& rate, PlannedKind& kind) {
    RateIncidents incidents;
    const ClockAddress address{key_under(kind.key, key_of("births")), false};
    kind.births = clock_of_rate(world, pack, rate, "entities." + kind.kind_name + ".rate", address, incidents);
    kind.usual_births = incidents.usual;
    kind.incidents = std::move(incidents.read);
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
        const Node* group = section.take("group");
        for (const char* key : {"state", "lifecycle", "journey"}) kind->lives = section.take(key) || kind->lives;
        section.take("summary");
        section.take("help");
        section.finish();
        pack.kinds.push_back(kind);
        if (count && rate)
            pack.reading.error(entry.key_at, path, "A kind has a count or a rate, not both: " + entry.key,
                               "count is there from the start, rate lets them arrive.");
        if (count && kind->parent_name.empty()) kind->total = world.settle_count(pack, *count, path + ".count");
        if (rate) add_births(world, pack, *rate, *kind);
        if (group) group_births(pack, *group, *kind);
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
