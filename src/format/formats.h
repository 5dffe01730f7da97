// For the formats there are.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "format/format.h"
#include "format/kind.h"

namespace headwater {

/// Lists the formats; the first one is taken where none is named.
const std::vector<const FormatKind*>& format_kinds();

/// Finds a format by its name; null where there is none.
const FormatKind* format_called(std::string_view name);

/// Finds a format, or says which ones there are.
Result<const FormatKind*> need_format(const std::string& name);

/// Gives the names of the formats.
std::vector<std::string_view> format_names();

/// Gives every compression that some format has for its objects.
std::vector<std::string_view> object_compressions();

/// Makes a format with its options settled; loads its module where it lies in one.
Result<std::unique_ptr<Format>> make_format(const FormatKind& kind, const FormatRequest& request);

/// Gives what a format is made and read by; loads its module where it lies in one.
Result<const FormatFactories*> factories_of(const FormatKind& kind);

}  // namespace headwater
