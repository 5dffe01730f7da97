// For reading columns of Arrow as records of a stream, whatever library made them.
#pragma once

#include <string>
#include <vector>

#include "data/arrow_abi.h"
#include "verify/landed_record.h"

namespace headwater {

/// Gives the names of the fields of a batch's schema.
std::vector<std::string> arrow_names(const ArrowSchema& schema);

/// Reads row `row` of a batch into the record, whose begin() was called.
void read_arrow_row(const ArrowSchema& schema, const ArrowArray& batch, int64_t row, LandedRecord& record);

}  // namespace headwater
