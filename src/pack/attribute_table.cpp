// For computing costly attributes of small kinds once, when the plan is made, instead of in every record.
#include <algorithm>
#include <unordered_map>

#include "base/print.h"
#include "data/batch.h"
#include "generate/executor.h"
#include "pack/kinds.h"

namespace headwater {

namespace {

/// Kinds above this size are always computed: memory must not grow with the number of entities.
constexpr int64_t largest_tabulated_kind = 65'536;
/// Cost of a look-up, in the units of cost_of.
constexpr int cheapest_tabulated = 5;

/// Rough cost of an instruction in tenths of the look-up's: what the kernels measure in nanoseconds.
int cost_of(const Ins& ins) {
    switch (ins.op) {
        case Op::permute: return 12;
        case Op::zipf: return 15;
        case Op::poisson: return 30;
        case Op::normal:
        case Op::exponential:
        case Op::exp:
        case Op::log:
        case Op::power: return 4;
        case Op::concat:
        case Op::pattern:
        case Op::slug:
        case Op::lower:
        case Op::upper:
        case Op::format_time: return 12;
        case Op::row_time:
        case Op::rows_by: return 100;
        default: return 1;
    }
}

/// Follows a path through records; broken when it leads nowhere.
Meaning follow(Compiler& compiler, Cells& cells, const std::string& path) {
    const size_t dot = path.find('.');
    Meaning meaning = cells.value(compiler, path.substr(0, dot));
    if (dot == std::string::npos || meaning.is != Meaning::Is::record) return meaning;
    return meaning.record->member(path.substr(dot + 1));
}

/// Reads a register of every entity, batch by batch.
std::shared_ptr<Table> read_all(const std::shared_ptr<const Program>& program, Reg reg, int64_t total) {
    auto table = std::make_shared<Table>();
    table->phys = program->registers[reg];
    ColumnExecutor executor(program, Batch::max_rows);
    for (int64_t first = 0; first < total; first += Batch::max_rows) {
        const auto rows = static_cast<uint32_t>(std::min<int64_t>(Batch::max_rows, total - first));
        auto* numbers = static_cast<int64_t*>(executor.input(0));
        for (uint32_t i = 0; i < rows; ++i) numbers[i] = first + i + 1;
        executor.run(rows);
        const void* values = executor.values(reg);
        for (uint32_t i = 0; i < rows; ++i) {
            switch (table->phys) {
                case Phys::u8: table->u8.push_back(static_cast<const uint8_t*>(values)[i]); break;
                case Phys::i32: table->i32.push_back(static_cast<const int32_t*>(values)[i]); break;
                case Phys::i64: table->i64.push_back(static_cast<const int64_t*>(values)[i]); break;
                case Phys::f64: table->f64.push_back(static_cast<const double*>(values)[i]); break;
                case Phys::text: {
                    const TextView& text = static_cast<const TextView*>(values)[i];
                    table->text.emplace_back(text.data, text.size);
                    break;
                }
                case Phys::uuid: break;
            }
        }
    }
    return table;
}

/// Splits a column of texts into distinct texts and the index of each row.
std::shared_ptr<Table> index_texts(const Table& rows, std::shared_ptr<const Table>* distinct) {
    auto texts = std::make_shared<Table>();
    auto places = std::make_shared<Table>();
    texts->phys = Phys::text;
    places->phys = Phys::i32;
    std::unordered_map<std::string_view, int32_t> place_of;  // never iterated: places go by first occurrence
    for (const std::string& text : rows.text) {
        const auto [found, added] = place_of.emplace(text, static_cast<int32_t>(place_of.size()));
        if (added) texts->text.push_back(text);
        places->i32.push_back(found->second);
    }
    if (texts->text.size() <= 256) {
        places->phys = Phys::u8;
        for (int32_t place : places->i32) places->u8.push_back(static_cast<uint8_t>(place));
        places->i32.clear();
    }
    *distinct = texts;
    return places;
}

}  // namespace

std::shared_ptr<const AttributeTable> PlannedKind::tabulate(const std::string& path) const {
    if (!total || *total == 0 || *total > largest_tabulated_kind || lives) return nullptr;
    Session session(*pack->world);
    ProgramBuilder& build = session.build;
    const Reg number = build.input(Phys::i64);
    const Meaning meaning = follow(session.compiler, cells_of(session.compiler, number), path);
    if (!meaning.scalar() || meaning.null != no_reg || meaning.type.kind == Kind::null ||
        meaning.type.kind == Kind::uuid)
        return nullptr;
    const bool text = meaning.type.kind == Kind::text || meaning.type.kind == Kind::enumeration;
    Reg reg = text && meaning.text_form != TextForm::index ? session.compiler.as_text(meaning) : meaning.reg;
    if (build.constant(reg)) return nullptr;
    build.keep(reg);
    const auto program = build.finish({&reg});
    int cost = 0;
    for (const Ins& ins : program->code) cost += cost_of(ins);
    if (cost < cheapest_tabulated || program->frames.size() > 1) return nullptr;
    auto table = std::make_shared<AttributeTable>();
    table->meaning = meaning;
    table->meaning.parts.clear();
    const auto values = read_all(program, reg, *total);
    table->values = values;
    if (text && meaning.text_form != TextForm::index) {
        table->values = index_texts(*values, &table->meaning.texts);
        table->meaning.text_form = TextForm::index;
    }
    if (values->phys == Phys::i64 && !text) {
        table->meaning.low = *std::min_element(values->i64.begin(), values->i64.end());
        table->meaning.high = *std::max_element(values->i64.begin(), values->i64.end());
    }
    return table;
}

std::shared_ptr<const AttributeTable> PlannedKind::table_of(const std::string& path) const {
    if (const auto known = tables_.find(path); known != tables_.end()) return known->second;
    tables_[path] =
        nullptr;  // while it is being computed: an attribute that reads itself ends here and is reported elsewhere
    const auto table = tabulate(path);
    return tables_[path] = table;
}

Meaning PlannedKind::attribute(Compiler& compiler, Reg number, const std::string& path) const {
    if (const auto table = compiler.rows_expected > 4 * total.value_or(0) ? table_of(path) : nullptr) {
        ProgramBuilder& build = compiler.build;
        const Reg place = build.emit(Op::sub, Phys::i64, {build.convert(number, Phys::i64), build.integer(1)});
        Meaning meaning = table->meaning;
        const Phys phys = table->values->phys;
        meaning.reg = build.emit(Op::take, phys, phys, {place}, {.table = build.table(table->values)});
        return meaning;
    }
    Cells& cells = cells_of(compiler, number);
    const Meaning meaning =
        path.find('.') == std::string::npos ? *cells.find(compiler, cells.base(), path) : follow(compiler, cells, path);
    if (meaning.is != Meaning::Is::record || meaning.kind || path.find('.') != std::string::npos) return meaning;
    Meaning wrapped = meaning;
    auto record = std::make_shared<RecordMeaning>();
    record->names = meaning.record->names;
    record->member = [this, self = shared_from_this(), &compiler, number, path](const std::string& name) {
        return attribute(compiler, number, path + "." + name);
    };
    wrapped.record = record;
    return wrapped;
}

}  // namespace headwater
