// For the shape in which an emulation's records travel: {emulation_id, timestamp, data: {the record}}.
#pragma once

#include <memory>
#include <string>

#include "pack/plan.h"

namespace headwater {

/// Puts every record of the plan into an envelope: the id, the event's time in seconds since 1970 with 6 digits, and the
/// record as it was. Keys become `data.<field>`, of `key_field` where the stream has it.
void put_in_envelopes(Plan& plan, const std::string& emulation, const std::string& key_field);

}  // namespace headwater
