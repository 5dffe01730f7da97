#include "pack/world.h"

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "generate/executor.h"
#include "pack/csv.h"
#include "pack/embedded.h"
#include "pack/incidents.h"
#include "pack/kinds.h"
#include "pack/streams.h"

namespace headwater {

Meaning SettledValue::meaning(Compiler& compiler) const {
    switch (type.kind) {
        case Kind::real: return compiler.real(compiler.build.real(real));
        case Kind::text: return compiler.text_constant(text);
        case Kind::boolean: return compiler.boolean(compiler.build.boolean(integer != 0));
        case Kind::null: return compiler.null_value();
        default: return Compiler::with_bounds(scalar(type, compiler.build.integer(integer)), integer, integer);
    }
}

const Parameter* Pack::parameter(const std::string& parameter_name) const {
    for (const Parameter& parameter : parameters) {
        if (parameter.name == parameter_name) return &parameter;
    }
    return nullptr;
}

std::shared_ptr<PlannedKind> Pack::kind(const std::string& kind_name) const {
    for (const auto& kind : kinds) {
        if (kind->kind_name == kind_name) return kind;
    }
    return nullptr;
}

std::shared_ptr<PlannedStream> Pack::stream(const std::string& stream_name) const {
    for (const auto& stream : streams) {
        if (stream->name == stream_name) return stream;
    }
    return nullptr;
}

namespace {

Meaning kind_meaning(const std::shared_ptr<PlannedKind>& kind) {
    Meaning meaning;
    meaning.is = Meaning::Is::kind;
    meaning.kind = kind;
    meaning.name = kind->kind_name;
    return meaning;
}

Meaning stream_meaning(const std::shared_ptr<PlannedStream>& stream) {
    Meaning meaning;
    meaning.is = Meaning::Is::stream;
    meaning.rows = stream;
    meaning.name = stream->name;
    return meaning;
}

/// The outermost scope: what a pack declares, the start of the run, the time where there is one, and other packs.
class PackScope : public Scope {
  public:
    explicit PackScope(Pack& pack) : pack_(pack) {}

    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override {
        if (name == "start") return scalar(type_of(Kind::instant), compiler.build.integer(pack_.world->start));
        if (name == "time") {
            if (context.time != no_reg) return scalar(type_of(Kind::instant), context.time);
            return compiler.fail(context, context.source.at, "There is no time here",
                                 "start is the first instant of the run.");
        }
        if (const Parameter* parameter = pack_.parameter(name))
            return read_parameter_here(compiler, context, *parameter);
        if (pack_.lists.contains(name)) {
            Meaning meaning;
            meaning.list = pack_.world->settle_list(pack_, name);
            if (meaning.list) meaning.is = Meaning::Is::list;
            return meaning;
        }
        if (auto curve = pack_.curves.find(name); curve != pack_.curves.end())
            return read_curve(compiler, context, name, curve->second);
        if (auto kind = pack_.kind(name)) return kind_meaning(kind);
        if (auto stream = pack_.stream(name)) return stream_meaning(stream);
        for (const auto& other : pack_.world->packs) {
            if (other->name == name) return read_pack(*other);
        }
        return std::nullopt;
    }

    void names(std::vector<std::string>& out) const override {
        out.insert(out.end(), {"start", "time"});
        for (const Parameter& parameter : pack_.parameters) out.push_back(parameter.name);
        for (const auto& [name, list] : pack_.lists) out.push_back(name);
        for (const auto& [name, curve] : pack_.curves) out.push_back(name);
        for (const auto& kind : pack_.kinds) out.push_back(kind->kind_name);
        for (const auto& stream : pack_.streams) out.push_back(stream->name);
        for (const auto& other : pack_.world->packs) {
            if (other.get() != &pack_) out.push_back(other->name);
        }
    }

  private:
    Meaning read_parameter_here(Compiler& compiler, const Context& context, const Parameter& parameter) const {
        if (!is_set_by_incident(pack_, parameter.name)) return parameter.value.meaning(compiler);
        const IncidentUse use{pack_, *context.scope,
                              [&](const Incident& incident) { return is_on_at(compiler, context.time, incident); }};
        return read_under_incidents(compiler, context, use, parameter);
    }

    static Meaning read_curve(Compiler& compiler, const Context& context, const std::string& name, const Curve& curve) {
        if (context.time == no_reg)
            return compiler.fail(context, context.source.at,
                                 "A curve is read at a time, and there is none here: " + name);
        ProgramBuilder& build = compiler.build;
        auto factor = [&](const std::vector<double>& values, int64_t part, int64_t first) {
            auto table = std::make_shared<Table>();
            table->phys = Phys::f64;
            table->f64 = values;
            const Reg at = build.emit(Op::time_part, Phys::i64, Phys::i64, {context.time}, {.imm = part});
            const Reg index = first ? build.emit(Op::sub, Phys::i64, {at, build.integer(first)}) : at;
            return build.emit(Op::take, Phys::f64, Phys::f64, {index}, {.table = build.table(table)});
        };
        return compiler.real(build.emit(Op::mul, Phys::f64, {factor(curve.hours, 1, 0), factor(curve.weekdays, 2, 1)}));
    }

    static Meaning read_pack(const Pack& pack) {
        Meaning meaning;
        meaning.is = Meaning::Is::record;
        auto record = std::make_shared<RecordMeaning>();
        for (const auto& kind : pack.kinds) record->names.push_back(kind->kind_name);
        for (const auto& stream : pack.streams) record->names.push_back(stream->name);
        record->member = [&pack](const std::string& name) {
            if (auto kind = pack.kind(name)) return kind_meaning(kind);
            return stream_meaning(pack.stream(name));
        };
        meaning.record = record;
        return meaning;
    }

    Pack& pack_;
};

}  // namespace

std::unique_ptr<Scope> make_pack_scope(Pack& pack) { return std::make_unique<PackScope>(pack); }

Session::Session(World& world)
    : build(World::evaluate),
      compiler(build, world.diagnostics, [&world](const std::string& file) { return world.words(file); }) {
    compiler.shared = world.lists;
}

World::World(Diagnostics& reports, uint64_t run_seed, int64_t run_start)
    : diagnostics(reports), seed(run_seed), seed_key(mix(run_seed + draw_step)), start(run_start) {}

Pack* World::find(const std::string& name) const {
    for (const auto& pack : packs) {
        if (pack->name == name) return pack.get();
    }
    return nullptr;
}

std::vector<Constant> World::evaluate(const Program& program, Reg reg) {
    ScalarExecutor executor(std::make_shared<Program>(program));
    executor.run();
    std::vector<Constant> values;
    const uint32_t rows = executor.rows(program.frame_of[reg]);
    for (uint32_t row = 0; row < rows; ++row) {
        const Value& value = executor.value(reg, row);
        Constant constant;
        constant.integer = value.integer;
        constant.real = value.real;
        if (program.registers[reg] == Phys::text) constant.text.assign(value.text.data, value.text.size);
        if (program.registers[reg] == Phys::uuid) constant.text.assign(reinterpret_cast<const char*>(value.uuid), 16);
        values.push_back(std::move(constant));
    }
    return values;
}

std::shared_ptr<const ConstantList> World::words(const std::string& file) {
    auto& known = words_[file];
    if (known) return known;
    for (const EmbeddedFile& embedded : embedded_files()) {
        if (embedded.path != "words/" + file) continue;
        known = list_of_csv(file, embedded.text, Reading{"built-in:words/" + file, &diagnostics});
    }
    return known;
}

Context World::context(const Pack& pack, const std::string& path, Position at) const {
    Context context;
    context.scope = pack.scope.get();
    context.source = {pack.reading.file, path, at};
    context.place = path;
    context.owner_key = pack.key;
    context.noise_key = key_under(pack.key, key_of("noise"));
    return context;
}

std::optional<SettledValue> World::settle(const Pack& pack, const Node& node, const std::string& path) {
    if (!node.is_scalar()) {
        pack.reading.error(node.at, path, "One value is expected here, not a list or a map");
        return std::nullopt;
    }
    SettledValue value;
    value.spelled = node.text;
    if (!node.is_expression()) {
        if (const auto count = read_count(node.text)) {
            value.type = type_of(Kind::integer);
            value.integer = *count;
            return value;
        }
        value.type = type_of(Kind::text);
        value.text = node.text;
        return value;
    }
    Session session(*this);
    Context here = context(pack, path, node.at);
    here.no_draw_reason = "This is settled before the run and cannot be drawn";
    const Meaning meaning = session.compiler.compile_scalar(here, node);
    if (meaning.broken()) return std::nullopt;
    const Constant* known = meaning.scalar() && meaning.reg != no_reg ? session.build.constant(meaning.reg) : nullptr;
    if (!known) {
        pack.reading.error(node.at, path, "This must be known before the run: " + node.text,
                           "It may read parameters, but neither draw nor read time.");
        return std::nullopt;
    }
    value.type = meaning.type;
    value.integer = known->integer;
    value.real = known->real;
    value.text = known->text;
    return value;
}

std::optional<int64_t> World::settle_count(const Pack& pack, const Node& node, const std::string& path) {
    const auto value = settle(pack, node, path);
    if (!value) return std::nullopt;
    if (value->type.kind == Kind::integer && value->integer >= 0) return value->integer;
    pack.reading.error(node.at, path, "A count is a whole number not below 0: " + node.text);
    return std::nullopt;
}

std::shared_ptr<const ConstantList> World::settle_list(Pack& pack, const std::string& name) {
    PackList& list = pack.lists.at(name);
    if (list.list || list.broken) return list.list;
    if (list.settling) {
        pack.reading.error(list.at, "lists." + name, "A list reads itself: " + name);
        list.broken = true;
        return nullptr;
    }
    list.settling = true;
    list.list = draw_list(pack, name, list);
    list.settling = false;
    list.broken = !list.list;
    return list.list;
}

std::shared_ptr<const ConstantList> World::draw_list(Pack& pack, const std::string& name, PackList& list) {
    const std::string path = "lists." + name;
    Session session(*this);
    Compiler& compiler = session.compiler;
    Context here = context(pack, path, list.node->at);
    const uint64_t key = key_under(pack.key, key_of("list " + name));
    here.owner_key = key;
    here.base = compiler.build.integer(static_cast<int64_t>(base_of(key, 0)));
    const Meaning meaning = compiler.compile_scalar(here, *list.node);
    if (meaning.broken()) return nullptr;
    if (meaning.is == Meaning::Is::list) return meaning.list;
    auto wrong = [&](const std::string& what) -> std::shared_ptr<const ConstantList> {
        pack.reading.error(list.node->at, path, what + ": " + list.node->text,
                           "For example =sample(user, 50) or =filter(user, id mod 1000 == 0).");
        return nullptr;
    };
    if (meaning.is != Meaning::Is::items) return wrong("This is " + Compiler::describe(meaning) + " and no list");
    auto drawn = std::make_shared<ConstantList>();
    drawn->name = name;
    auto run = [&](Reg reg) {
        session.build.keep(reg);
        Reg moved = reg;
        const auto program = session.build.finish({&moved});
        return evaluate(*program, moved);
    };
    if (meaning.item->kind) {
        auto numbers = std::make_shared<Table>();
        numbers->phys = Phys::i64;
        for (const Constant& value : run(session.build.in_frame(meaning.item->identity, meaning.frame)))
            numbers->i64.push_back(value.integer);
        drawn->entities = meaning.item->kind;
        drawn->columns = {""};
        drawn->types = {type_of(Kind::integer)};
        drawn->size = static_cast<int64_t>(numbers->i64.size());
        drawn->values = {numbers};
        return drawn;
    }
    if (!meaning.item->scalar()) return wrong("A drawn list holds entities or single values");
    const Kind kind = meaning.item->type.kind;
    auto values = std::make_shared<Table>();
    const bool text = kind == Kind::text || kind == Kind::enumeration;
    values->phys = text ? Phys::text : kind == Kind::real ? Phys::f64 : Phys::i64;
    const Reg reg = text ? compiler.as_text(*meaning.item) : compiler.build.convert(meaning.item->reg, values->phys);
    for (const Constant& value : run(session.build.in_frame(reg, meaning.frame))) {
        if (text) values->text.push_back(value.text);
        if (values->phys == Phys::f64) values->f64.push_back(value.real);
        if (values->phys == Phys::i64) values->i64.push_back(value.integer);
    }
    drawn->columns = {""};
    drawn->types = {text ? type_of(Kind::text) : meaning.item->type};
    drawn->size = static_cast<int64_t>(std::max({values->text.size(), values->f64.size(), values->i64.size()}));
    drawn->values = {values};
    return drawn;
}

std::optional<std::string> read_parameter_range(const Parameter& parameter, const SettledValue& value) {
    auto below = [&](const SettledValue& a, const SettledValue& b) {
        return a.type.kind == Kind::real ? a.real < b.real : a.integer < b.integer;
    };
    if (parameter.least && below(value, *parameter.least)) return "at least " + parameter.least->spelled;
    if (parameter.most && below(*parameter.most, value)) return "at most " + parameter.most->spelled;
    return std::nullopt;
}

std::optional<SettledValue> read_parameter(const std::string& type, const std::string& text) {
    SettledValue value;
    value.spelled = text;
    Quantity quantity;
    const bool number = read_quantity(text, quantity);
    auto integer = [&](Kind kind, std::optional<int64_t> read) -> std::optional<SettledValue> {
        if (!read) return std::nullopt;
        value.type = type_of(kind);
        value.integer = *read;
        return value;
    };
    auto real = [&](std::optional<double> read) -> std::optional<SettledValue> {
        if (!read) return std::nullopt;
        value.type = type_of(Kind::real);
        value.real = *read;
        return value;
    };
    if (type == "share") return real(read_share(text));
    if (type == "rate") return real(read_rate(text));
    if (type == "float")
        return real(number && (quantity.kind == Quantity::Kind::number || quantity.kind == Quantity::Kind::share)
                        ? std::optional(quantity.value)
                        : std::nullopt);
    if (type == "count") return integer(Kind::integer, read_count(text));
    if (type == "int") {
        const bool negative = text.starts_with("-");
        auto read = read_count(negative ? text.substr(1) : text);
        if (read && negative) read = -*read;
        return integer(Kind::integer, read);
    }
    if (type == "size") {
        const auto read = read_size(text);
        return integer(Kind::integer, read ? std::optional(static_cast<int64_t>(*read)) : std::nullopt);
    }
    if (type == "duration") return integer(Kind::duration, parse_duration(text));
    if (type == "instant") return integer(Kind::instant, parse_instant(text));
    if (type == "date") {
        const auto read = parse_instant(text);
        return integer(Kind::date, read ? std::optional(day_of(*read)) : std::nullopt);
    }
    if (type == "bool")
        return integer(Kind::boolean, text == "true"    ? std::optional<int64_t>(1)
                                      : text == "false" ? std::optional<int64_t>(0)
                                                        : std::nullopt);
    value.type = type_of(Kind::text);
    value.text = text;
    if (type == "text") return value;
    for (const std::string_view choice : split(type, '|'))
        if (trimmed(choice) == text) return value;
    return std::nullopt;
}

bool is_name(const std::string& text) {
    if (text.empty() || text.size() > 128 || (text[0] >= '0' && text[0] <= '9')) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

}  // namespace headwater
