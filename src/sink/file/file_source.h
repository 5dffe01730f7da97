// For reading the files of a local folder, or one file.
#pragma once

#include <memory>
#include <string>

#include "sink/reading.h"

namespace headwater {

/// Makes a source of the files below `path`, or of the file `path`. Hidden files and those that begin with _ are passed over, as
/// other readers of folders do.
std::unique_ptr<ObjectSource> make_file_source(std::string path);

}  // namespace headwater
