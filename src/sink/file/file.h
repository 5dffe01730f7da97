// For objects as files of a local folder.
#pragma once

#include <memory>
#include <string>

#include "sink/sink.h"

namespace headwater {

/// Makes a target that keeps objects as files below `folder`. An unfinished object is a hidden file `.<hint>.part` beside
/// its later place; finish() syncs it, renames it and syncs the folder, so that a name appears complete or not at all.
/// Objects below 64 KiB are synced together by flush() instead: until then a loss of power, but no crash, may empty them.
/// Different threads may create and write different objects at the same time.
/// Where `bounds` names a folder, nothing is read or written outside of it, wherever links lead.
std::unique_ptr<ObjectSink> make_file_sink(std::string folder, std::string bounds = "");

}  // namespace headwater
