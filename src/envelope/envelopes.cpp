// For the envelopes there are. One line for each: the kind.cpp of its folder describes it; the first is the one when none is named.
#include "envelope/envelopes.h"

namespace headwater {

#define EVERY_ENVELOPE(envelope) envelope(simple_kind) envelope(upsert_kind) envelope(emulation_kind)

#define DECLARE(kind) extern const EnvelopeKind kind;
#define ADDRESS(kind) &kind,
EVERY_ENVELOPE(DECLARE)

const std::vector<const EnvelopeKind*>& envelope_kinds() {
    static const std::vector<const EnvelopeKind*> kinds{EVERY_ENVELOPE(ADDRESS)};
    return kinds;
}

}  // namespace headwater
