// For reading the files of a local folder, or one file.
#pragma once

#include <memory>
#include <string>

#include "sink/reading.h"

namespace headwater {

/// Makes a source of the files below `path`, or of the file `path`. Hidden files and those that begin with _ are passed over, as
/// other readers of folders do. Where `bounds` names a folder, nothing is read outside of it, wherever links lead.
std::unique_ptr<ObjectSource> make_file_source(std::string path, std::string bounds = "");

}  // namespace headwater
