// For rows of tables in topics that keep the latest record of each key: the row itself, and a tombstone where it is gone.
#pragma once

#include <memory>

#include "format/format.h"

namespace headwater {

/// Makes a format of single records that writes, of changes of tables, the row behind the change in the way of `rows`, and
/// for a delete nothing but the line end; payloads say that they have such records. Other streams stay as they are.
std::unique_ptr<Format> make_upsert_format(std::unique_ptr<Format> rows);

}  // namespace headwater
