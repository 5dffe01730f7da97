// For JSON: one object per line, or the elements of one array.
#pragma once

#include <memory>

#include "format/format.h"
#include "format/row_plan.h"

namespace headwater {

extern const FormatKind json_kind;
extern const FormatKind json_array_kind;

/// Makes the format `json` (one object per line) or, with `array`, `json-array` (one array of objects, in one line).
std::unique_ptr<Format> make_json_format(bool array);

/// Compiles the steps of one record, identity and line end included.
std::vector<RowStep> compile_json(const Schema& schema, const IdentityOptions& identity, bool array, bool narrow);

/// Adds the value of a field as JSON to a plan, with all that it holds.
void add_json_value(RowPlan& plan, const Field& field);

}  // namespace headwater
