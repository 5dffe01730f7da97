// For finding formats by their names, and making them wherever their code lies.
#include <algorithm>
#include <string>

#include "base/load_module.h"
#include "format/formats.h"

namespace headwater {

const FormatKind* format_called(std::string_view name) {
    const auto& kinds = format_kinds();
    const auto found = std::ranges::find(kinds, name, &FormatKind::name);
    return found == kinds.end() ? nullptr : *found;
}

Result<const FormatKind*> need_format(const std::string& name) {
    if (const FormatKind* kind = format_called(name)) return kind;
    return fail(ErrorKind::invalid, "Format is none of " + listed(format_names()) + ": " + name);
}

std::vector<std::string_view> format_names() {
    std::vector<std::string_view> names;
    for (const FormatKind* kind : format_kinds()) names.push_back(kind->name);
    return names;
}

std::vector<std::string_view> object_compressions() {
    std::vector<std::string_view> all;
    for (const FormatKind* kind : format_kinds())
        for (const std::string_view one : kind->compressions)
            if (std::ranges::find(all, one) == all.end()) all.push_back(one);
    return all;
}

Result<const FormatFactories*> factories_of(const FormatKind& kind) {
    if (kind.module.empty()) return &kind.built_in;
    auto factories = load_module(kind.module);
    if (!factories) return std::unexpected(factories.error());
    return static_cast<const FormatFactories*>(*factories);
}

Result<std::unique_ptr<Format>> make_format(const FormatKind& kind, const FormatRequest& request) {
    if (std::ranges::find(kind.compressions, request.compression) == kind.compressions.end())
        return fail(ErrorKind::invalid,
                    "Compression is none of " + listed(kind.compressions) + ": " + request.compression);
    auto factories = factories_of(kind);
    if (!factories) return std::unexpected(factories.error());
    return (*factories)->make(kind, request);
}

}  // namespace headwater
