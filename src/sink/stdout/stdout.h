// For records on standard output.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sink/sink.h"

namespace headwater {

/// Makes a target that writes the bytes of payloads to standard output, in the order they come.
/// open() ignores SIGPIPE for the process, so that a reader who leaves ends the run with an error instead of a signal:
/// `Standard output was closed`, of kind invalid. Writing to a pipe that nobody reads blocks until `gives_up` says that the run
/// is stopped, then it is unavailable.
std::unique_ptr<RecordSink> make_stdout_sink(std::function<bool()> gives_up = {});
/// Makes the same for any open descriptor, called `name` in messages. The descriptor stays the caller's; a pipe is held
/// open until the sink goes.
std::unique_ptr<RecordSink> make_descriptor_sink(int descriptor, std::string name, std::function<bool()> gives_up = {});

}  // namespace headwater
