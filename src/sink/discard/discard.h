// For measuring a run without a target: everything is accepted and forgotten.
#pragma once

#include <memory>

#include "sink/sink.h"

namespace headwater {

/// Makes a target that throws records away.
std::unique_ptr<RecordSink> make_discard_sink();
/// Makes a target that throws objects away; a receipt has the bytes, and no digest because nobody can check it.
std::unique_ptr<ObjectSink> make_discard_object_sink();

}  // namespace headwater
