#include "pack/living_session.h"

#include "base/random.h"

namespace headwater {

LivingSession::LivingSession(World& world, const KindScript& kind)
    : world_(world), kind_(kind), session_(world), inputs(session_.build), names(kind, inputs) {}

Context LivingSession::context(const Where& where, Position at) {
    Context context = still_context(where, at, "", true);
    context.base = inputs.get(LivingInput::Is::base, 0, 0, Phys::i64);
    return context;
}

Context LivingSession::still_context(const Where& where, Position at, const char* reason, bool has_time) {
    Context context = world_.context(*kind_.planned->pack, where.path, at);
    context.scope = &names;
    context.place = where.place;
    context.owner_key = kind_.planned->key;
    context.no_draw_reason = reason;
    if (has_time) context.time = inputs.get(LivingInput::Is::time, 0, 0, Phys::i64);
    return context;
}

Meaning LivingSession::slot(const Where& where, const Node& node, bool whole) {
    const Context here = context(where, node.at);
    if (!node.is_scalar()) return compiler().fail(here, node.at, "One value or a range is expected here");
    if (node.is_expression()) return compiler().compile_scalar(here, node);
    const std::string plain = slot_text(node.text);
    const bool is_range = plain.find("..") != std::string::npos;
    const std::string text = is_range ? (whole ? "integer(" : "uniform(") + plain + ")" : plain;
    const ExpressionPtr expression = parse_expression(text, here.source, compiler().diagnostics);
    return expression ? compiler().compile(here, *expression) : Meaning{};
}

Reg LivingSession::duration(const Where& where, const Node& node, bool is_positive) {
    const Meaning meaning = slot(where, node, false);
    if (meaning.broken()) return no_reg;
    const Context here = context(where, node.at);
    if (!meaning.is_kind_of(Kind::duration)) {
        const bool bare = read_count(node.text).has_value();
        compiler().fail(here, node.at,
                        (bare ? "A duration needs a unit: "
                              : "A duration is expected here, but this is " + Compiler::describe(meaning) + ": ") +
                            node.text,
                        bare ? "Write " + node.text + "s for seconds; units are us ms s min h d w y."
                             : "Write for example 30s or 1s..5min.");
        return no_reg;
    }
    if (is_positive && meaning.high <= 0) {
        compiler().fail(here, node.at, "A period is above 0: " + node.text, "Write for example 10s.");
        return no_reg;
    }
    return compiler().as_i64(meaning);
}

Reg LivingSession::rate(const Where& where, const Node& node) {
    const Context here = still_context(
        where, node.at, "A rate cannot be drawn; it may read the entity, parameters, curves and time", true);
    if (!node.is_scalar()) {
        compiler().fail(here, node.at, "A rate is one value, such as 1/5d or an expression");
        return no_reg;
    }
    if (!node.is_expression()) {
        if (const auto rate = read_rate(node.text)) return build().real(*rate);
        const bool bare = read_count(node.text).has_value();
        compiler().fail(here, node.at, (bare ? "A rate needs a unit of time: " : "Not a rate: ") + node.text,
                        bare ? "Write " + node.text + "/s." : "Write for example 200/s or 1/5d.");
        return no_reg;
    }
    const Meaning meaning = compiler().compile_scalar(here, node);
    if (meaning.broken()) return no_reg;
    Expression at;
    at.at = node.at;
    at.kind = Expression::Kind::name;
    at.text = node.text;
    return compiler().as_real(here, at, meaning);
}

Reg LivingSession::chance(const Where& where, const Node& node) {
    const Context here = context(where, node.at);
    Expression call;
    call.at = node.at;
    call.kind = Expression::Kind::call;
    const auto share = node.is_scalar() && !node.is_expression() ? read_share(node.text) : std::nullopt;
    if (share) return build().emit(Op::chance, Phys::u8, Phys::u8, {compiler().word(here, call)}, {.real = *share});
    if (!node.is_expression()) {
        compiler().fail(here, node.at, "Not a share between 0% and 100%: " + node.text, "Write for example 2.5%.");
        return no_reg;
    }
    const Meaning meaning = compiler().compile_scalar(here, node);
    if (meaning.broken()) return no_reg;
    if (meaning.is_kind_of(Kind::boolean)) return compiler().as_boolean(here, call, meaning);
    Expression at;
    at.at = node.at;
    at.kind = Expression::Kind::name;
    at.text = node.text;
    const Reg real = compiler().as_real(here, at, meaning);
    if (real == no_reg) return no_reg;
    return build().emit(Op::less, Phys::f64, Phys::u8,
                        {build().emit(Op::unit, Phys::f64, {compiler().word(here, call)}), real});
}

Reg LivingSession::condition(const Where& where, const Node& node) {
    return compiler().compile_condition(context(where, node.at), node);
}

void LivingSession::add(Reg value, bool is_text, int slot, int level, std::vector<LivingStore>& out) {
    out.push_back({value, is_text, static_cast<uint8_t>(level), static_cast<uint16_t>(slot)});
}

bool LivingSession::store(const Context& context, Position at, const std::string& name, const Meaning& value,
                          const Stored& stored, int level, std::vector<LivingStore>& out) {
    if (value.broken()) return false;
    if (!value.scalar()) {
        compiler().fail(context, at,
                        "One value is expected here, but this is " + Compiler::describe(value) + ": " + name);
        return false;
    }
    const Meaning settled = compiler().as_type(context, at, value, stored.type, name);
    if (settled.broken()) return false;
    if (settled.null != no_reg && stored.null_slot < 0) {
        compiler().fail(
            context, at, "The value of " + name + " may be null, but its type is " + spell(stored.type),
            "Write " + name + ": " + spell(stored.type) + " or null under types, or give a value with coalesce().");
        return false;
    }
    const bool is_view = stored.type.kind == Kind::text;
    add(is_view ? compiler().as_text(settled) : build().convert(settled.reg, phys_of(stored)), stored.is_text,
        stored.slot, level, out);
    if (stored.null_slot >= 0)
        add(settled.null == no_reg ? build().boolean(false) : settled.null, false, stored.null_slot, level, out);
    return true;
}

std::optional<Stored> LivingSession::capture(const Context& context, Position at, const std::string& name,
                                             const Meaning& value, SlotCount& slots, std::vector<LivingStore>& out) {
    if (value.broken()) return std::nullopt;
    Stored stored;
    stored.plain = value.plain;
    const auto keep_null = [&] {
        if (value.null == no_reg) return;
        stored.null_slot = slots.words++;
        add(value.null, false, stored.null_slot, 0, out);
    };
    if (value.scalar() && value.type.kind != Kind::null) {
        const bool is_text = value.type.kind == Kind::text || value.type.kind == Kind::enumeration;
        stored.type = value.type;
        if (is_text && value.text_form == TextForm::index) stored.texts = value.texts;
        stored.is_text = (is_text && !stored.texts) || value.type.kind == Kind::uuid;
        stored.slot = stored.is_text ? slots.texts++ : slots.words++;
        add(is_text && !stored.texts ? compiler().as_text(value) : build().convert(value.reg, phys_of(stored)),
            stored.is_text, stored.slot, 0, out);
        keep_null();
        return stored;
    }
    if (value.is == Meaning::Is::record && (value.kind || value.list) && value.identity != no_reg) {
        stored.is = value.kind ? Stored::Is::entity : Stored::Is::row;
        stored.kind = value.kind;
        stored.list = value.list;
        stored.slot = slots.words++;
        add(build().convert(value.identity, Phys::i64), false, stored.slot, 0, out);
        keep_null();
        return stored;
    }
    if (value.is == Meaning::Is::record) {
        stored.is = Stored::Is::record;
        for (const std::string& member : value.record->names) {
            auto part = capture(context, at, name + "." + member, value.record->member(member), slots, out);
            if (!part) return std::nullopt;
            stored.members.push_back({member, std::move(*part)});
        }
        keep_null();
        return stored;
    }
    compiler().fail(
        context, at,
        "A step keeps values, records and entities, but this is " + Compiler::describe(value) + ": " + name);
    return std::nullopt;
}

namespace {

/// Says of every register whether something reads it.
std::vector<bool> read_registers(const Program& program) {
    std::vector<bool> is_read(program.registers.size(), false);
    const auto read = [&](Reg reg) {
        if (reg != no_reg) is_read[reg] = true;
    };
    for (const Ins& ins : program.code) {
        for (const Reg reg : {ins.a, ins.b, ins.c, ins.e}) read(reg);
        if (ins.op != Op::concat) continue;
        for (const TextPart& part : program.templates[ins.table]) read(part.reg);
    }
    for (const Output& output : program.outputs) {
        read(output.value);
        read(output.null);
    }
    for (const Reg reg : program.kept) read(reg);
    return is_read;
}

}  // namespace

/// Inputs that nothing reads are left out, so that a program tells by its inputs what it depends on.
LivingProgram LivingSession::finish(const std::vector<Reg*>& registers) {
    for (const Reg* reg : registers) {
        if (*reg != no_reg) build().keep(*reg);
    }
    auto program = std::make_shared<Program>(*build().finish(registers));
    const std::vector<bool> is_read = read_registers(*program);
    LivingProgram script;
    std::vector<Reg> left;
    for (size_t i = 0; i < program->inputs.size(); ++i) {
        if (!is_read[program->inputs[i]]) continue;
        left.push_back(program->inputs[i]);
        script.inputs.push_back(inputs.list()[i]);
    }
    program->inputs = std::move(left);
    script.program = std::move(program);
    return script;
}

}  // namespace headwater
