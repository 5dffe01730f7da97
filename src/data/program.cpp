// For building alias tables and for listing programs as people read them.
#include "data/program.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "base/text.h"

namespace headwater {

Alias Alias::of(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) {
        HW_CHECK(weight >= 0);
        sum += weight;
    }
    HW_CHECK(sum > 0);
    const size_t count = weights.size();
    std::vector<double> share(count);  // of the entry's own slice of width 1
    std::vector<uint32_t> small;
    std::vector<uint32_t> large;
    for (size_t i = 0; i < count; ++i) {
        share[i] = weights[i] / sum * static_cast<double>(count);
        (share[i] < 1 ? small : large).push_back(static_cast<uint32_t>(i));
    }
    Alias result;
    result.entries.resize(count);
    while (!small.empty() && !large.empty()) {
        const uint32_t poor = small.back();
        const uint32_t rich = large.back();
        small.pop_back();
        const auto threshold = static_cast<uint64_t>(std::min(4294967295.0, share[poor] * 4294967296.0));
        result.entries[poor] = threshold << 32 | rich;
        share[rich] -= 1 - share[poor];
        if (share[rich] < 1) {
            large.pop_back();
            small.push_back(rich);
        }
    }
    // What is left has share 1 but for rounding: an entry that is its own alias. A weight of zero must not be among them.
    const auto heaviest = static_cast<uint32_t>(std::max_element(weights.begin(), weights.end()) - weights.begin());
    for (const std::vector<uint32_t>* rest : {&small, &large})
        for (const uint32_t i : *rest) result.entries[i] = weights[i] > 0 ? i : heaviest;
    return result;
}

std::string_view name_of(Op op) {
    static constexpr std::string_view names[] = {
        "base",        "base_under", "draw",         "hash_text",    "key_under", "below",
        "below_reg",   "unit",       "chance",       "alias",        "normal",    "exponential",
        "poisson",     "zipf",       "permute",      "uuid4",        "pattern",   "add",
        "sub",         "mul",        "min",          "max",          "negate",    "absolute",
        "divide",      "modulo",     "floor_divide", "round_divide", "floor",     "ceil",
        "round",       "exp",        "log",          "cos",          "sqrt",      "power",
        "distance_km", "noise",      "convert",      "pick",         "take",      "equal",
        "less",        "less_equal", "logic_and",    "logic_or",     "logic_not", "logic_and_not",
        "in_set",      "time_part",  "cron",         "row_time",     "rows_by",   "concat",
        "lower",       "upper",      "hex_text",     "slug",         "text_size", "format_time",
        "open",        "filter",     "expand",       "compact",      "total",     "lowest",
        "highest",     "size",       "nth"};
    static_assert(std::size(names) == static_cast<size_t>(Op::nth) + 1);
    return names[static_cast<size_t>(op)];
}

namespace {

const char* name_of(Phys phys) {
    switch (phys) {
        case Phys::u8: return "u8";
        case Phys::i32: return "i32";
        case Phys::i64: return "i64";
        case Phys::f64: return "f64";
        case Phys::uuid: return "uuid";
        case Phys::text: return "text";
    }
    return "";
}

std::string spell_register(Reg reg) {
    std::string out = "r";
    out += std::to_string(reg);
    return out;
}

/// Prints a double with all its digits, whole numbers short.
std::string spell_real(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

std::string spell_value(const Constant& constant, Phys phys) {
    if (phys == Phys::f64) return spell_real(constant.real);
    if (phys == Phys::text) return std::string("\"").append(constant.text).append("\"");
    if (phys != Phys::uuid) return std::to_string(constant.integer);
    return hex_of(constant.text);
}

/// True where the instruction has its own table, string, template, cron or clock.
bool has_table(Op op) {
    switch (op) {
        case Op::alias:
        case Op::pattern:
        case Op::take:
        case Op::in_set:
        case Op::cron:
        case Op::row_time:
        case Op::rows_by:
        case Op::concat:
        case Op::format_time: return true;
        default: return false;
    }
}

std::string list_instruction(const Program& program, const Ins& ins) {
    std::string out = spell_register(ins.d);
    out.append(" = ").append(name_of(ins.op)).append(".").append(name_of(ins.type));
    for (const Reg operand : {ins.a, ins.b, ins.c, ins.e})
        if (operand != no_reg) out.append(" ").append(spell_register(operand));
    if (ins.imm != 0) out += " imm=" + std::to_string(ins.imm);
    if (ins.imm2 != 0) out += " imm2=" + std::to_string(ins.imm2);
    if (ins.real != 0) out += " real=" + spell_real(ins.real);
    if (has_table(ins.op)) out += " table=" + std::to_string(ins.table);
    if (ins.op == Op::concat) {
        out += " [";
        for (const TextPart& part : program.templates[ins.table]) {
            if (!part.literal.empty()) out.append("\"").append(part.literal).append("\"");
            if (part.reg != no_reg)
                out.append("$").append(spell_register(part.reg)).append(":").append(spell(part.type));
        }
        out += "]";
    }
    if (ins.frame != 0) out += " in frame " + std::to_string(ins.frame);
    return out;
}

}  // namespace

std::string list_program(const Program& program) {
    std::string out;
    for (const Reg reg : program.inputs)
        out.append(spell_register(reg)).append(" = input.").append(name_of(program.registers[reg])).append("\n");
    for (const Constant& constant : program.constants) {
        const Phys phys = program.registers[constant.reg];
        out.append(spell_register(constant.reg)).append(" = constant.").append(name_of(phys)).append(" ");
        out.append(spell_value(constant, phys)).append("\n");
    }
    for (const Ins& ins : program.code) out.append(list_instruction(program, ins)).append("\n");
    return out;
}

}  // namespace headwater
