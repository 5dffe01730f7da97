// For telling a client what is wrong with its request: every mistake at once, as problem+json (RFC 9457).
#pragma once

#include <string>
#include <vector>

#include "language/diagnostic.h"
#include "service/http_message.h"

namespace headwater {

/// One wrong field of a request, or one wrong place of a scenario.
struct Mistake {
    std::string path;     ///< of the field: timeout, clock.rate
    std::string message;  ///< what is wrong, then the value, last
    std::string allowed;  ///< may be empty
    std::string hint;     ///< how to mend it; may be empty
    Position at{};        ///< in a text of lines; line 0 where there is none
    std::string got{};    ///< the value, spelled; may be empty
};

/// Makes the answer of a refusal. `detail` says the most important thing; without one it is put together from the mistakes.
HttpResponse problem(int status, std::string detail, const std::vector<Mistake>& mistakes = {});

/// Gives the errors among diagnostics as mistakes.
std::vector<Mistake> mistakes_of(const Diagnostics& diagnostics);

}  // namespace headwater
