#include "language/functions.h"

#include <algorithm>

namespace headwater {

const std::vector<Function>& functions() {
    static const std::vector<Function> all = [] {
        std::vector<Function> list;
        add_draws(list);
        add_choices(list);
        add_coherent_things(list);
        add_numbers_and_lists(list);
        add_time_and_places(list);
        return list;
    }();
    return all;
}

const Function* find_function(const std::string& name) {
    for (const Function& function : functions()) {
        if (function.name == name) return &function;
    }
    return nullptr;
}

const Expression& argument_at(const Expression& call, size_t i) { return *call.children[i + 1]; }

Meaning not_as_expected(Compiler& compiler, const Context& context, const Expression& call, size_t i,
                        const Meaning& value, const std::string& wanted) {
    const Expression& at = argument_at(call, i);
    return compiler.fail(context, at,
                         wanted + " is expected here, but this is " + Compiler::describe(value) + ": " + spell(at));
}

Meaning argument(Compiler& compiler, const Context& context, const Expression& call, size_t i) {
    return compiler.compile(context, argument_at(call, i));
}

std::optional<size_t> column_of(const ConstantList& list, const std::string& name) {
    const auto found = std::find(list.columns.begin(), list.columns.end(), name);
    if (found == list.columns.end()) return std::nullopt;
    return static_cast<size_t>(found - list.columns.begin());
}

std::shared_ptr<const ConstantList> rows_where(const ConstantList& list, const std::string& column,
                                               const std::string& value) {
    auto cut = std::make_shared<ConstantList>();
    cut->name = list.name;
    cut->records = list.records;
    cut->columns = list.columns;
    cut->types = list.types;
    const auto& keys = list.values[*column_of(list, column)]->text;
    std::vector<size_t> rows;
    for (size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] == value) rows.push_back(i);
    }
    cut->size = static_cast<int64_t>(rows.size());
    for (const auto& table : list.values) {
        auto part = std::make_shared<Table>();
        part->phys = table->phys;
        for (size_t row : rows) {
            if (table->phys == Phys::text) part->text.push_back(table->text[row]);
            if (table->phys == Phys::i64) part->i64.push_back(table->i64[row]);
            if (table->phys == Phys::f64) part->f64.push_back(table->f64[row]);
            if (table->phys == Phys::u8) part->u8.push_back(table->u8[row]);
        }
        cut->values.push_back(std::move(part));
    }
    if (list.weights && !rows.empty()) {
        auto weights = std::make_shared<Table>();
        weights->phys = Phys::f64;
        for (size_t row : rows) weights->f64.push_back(list.weights->f64[row]);
        weights->alias = Alias::of(weights->f64);
        cut->weights = std::move(weights);
    }
    return cut;
}

Reg pick_row(Compiler& compiler, const ConstantList& list, Reg word) {
    const Phys narrow = list.size <= 256 ? Phys::u8 : Phys::i32;
    if (list.weights) {
        return compiler.build.emit(Op::alias, narrow, narrow, {word}, {.table = compiler.build.table(list.weights)});
    }
    return compiler.build.emit(Op::below, narrow, narrow, {word}, {.imm = 0, .imm2 = list.size});
}

}  // namespace headwater
