// For the schema of a broken record: the steps that schema faults are made of.
#pragma once

#include <string>

#include "base/result.h"
#include "chaos/outgoing_batch.h"
#include "data/type.h"

namespace headwater {

/// Takes a field out of the records of a schema; a path that leads nowhere (any more) changes nothing, here and below.
void remove_field(Schema& schema, const std::string& path);
/// Gives a field another name, in its record.
void rename_field(Schema& schema, const std::string& path, const std::string& name);
/// Adds a field at the end, the same in every record: a JSON number, true, false, null, or else text.
void add_field(Schema& schema, const std::string& name, const std::string& value);
/// Makes a field text, or a record {value: it}.
void retype_field(Schema& schema, const std::string& path, const std::string& type);
/// Says whether retype_field can do that.
Result<void> check_retype(const Field& field, const std::string& path, const std::string& type);

/// Prints the value of a field of a record, for the answer key.
std::string print_field(const OutgoingBatch& batch, const std::string& path, uint32_t row);

}  // namespace headwater
