// For records that go out as they are.
#include "envelope/envelope.h"

namespace headwater {

extern const EnvelopeKind simple_kind;
const EnvelopeKind simple_kind{
    .name = "simple",
    .help = "Records as they are; of tables: op, at, before and after.",
};

}  // namespace headwater
