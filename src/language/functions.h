// For the groups of functions of the language; each group lies in a file of its own.
#pragma once

#include <optional>
#include <vector>

#include "language/compiler.h"

namespace headwater {

void add_draws(std::vector<Function>& functions);
void add_choices(std::vector<Function>& functions);
void add_coherent_things(std::vector<Function>& functions);
void add_numbers_and_lists(std::vector<Function>& functions);
void add_time_and_places(std::vector<Function>& functions);

/// Compiles positional argument `i` (from 0) of a call.
Meaning argument(Compiler& compiler, const Context& context, const Expression& call, size_t i);
/// Reports that argument `i` is something else than it should be, such as "A number"; gives a broken meaning.
Meaning not_as_expected(Compiler& compiler, const Context& context, const Expression& call, size_t i,
                        const Meaning& value, const std::string& wanted);
/// Gives its syntax.
const Expression& argument_at(const Expression& call, size_t i);

/// A list that was cut out of a word list, remembered by name so that equal ones are one.
std::shared_ptr<const ConstantList> rows_where(const ConstantList& list, const std::string& column,
                                               const std::string& value);
/// Gives column `name` of a list, or nothing.
std::optional<size_t> column_of(const ConstantList& list, const std::string& name);
/// Picks a row of a list by weight: an index register from 0.
Reg pick_row(Compiler& compiler, const ConstantList& list, Reg word);

}  // namespace headwater
