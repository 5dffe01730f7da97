// For records on standard output.
#pragma once

#include <memory>

#include "sink/sink.h"

namespace headwater {

/// Makes a target that writes the bytes of payloads to standard output, in the order they come.
/// open() ignores SIGPIPE for the process, so that a reader who leaves ends the run with an error instead of a signal:
/// `Standard output was closed`, of kind invalid.
std::unique_ptr<RecordSink> make_stdout_sink();
/// Makes the same for any open descriptor, called `name` in messages. The descriptor stays the caller's.
std::unique_ptr<RecordSink> make_descriptor_sink(int descriptor, std::string name);

}  // namespace headwater
