// For telling what formats, envelopes and targets there are: as a page for readers, as JSON for programs and tests.
#pragma once

#include <string>

namespace headwater {

/// Prints the formats, envelopes and targets with all that can be said of them, as Markdown.
std::string catalogue_page();

/// Prints the same tables as JSON.
std::string catalogue_json();

}  // namespace headwater
