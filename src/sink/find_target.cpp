// For finding targets by their addresses, and making them wherever their code lies.
#include <algorithm>
#include <array>

#include "base/load_module.h"
#include "sink/targets.h"

namespace headwater {

namespace {

constexpr std::array later_schemes{"http", "https", "kinesis", "postgres"};

const TargetKind* target_called(std::string_view scheme) {
    const auto& kinds = target_kinds();
    const auto found = std::ranges::find(kinds, scheme, &TargetKind::scheme);
    return found == kinds.end() ? nullptr : *found;
}

Result<const TargetFactories*> factories_of(const TargetKind& kind) {
    if (kind.module.empty()) return &kind.built_in;
    auto factories = load_module(kind.module);
    if (!factories) return std::unexpected(factories.error());
    return static_cast<const TargetFactories*>(*factories);
}

}  // namespace

const TargetKind* target_of(std::string_view address) {
    return target_called(address.substr(0, std::min(address.find(':'), address.find('?'))));
}

std::string target_forms(std::string_view between, bool TargetKind::* has) {
    std::string forms;
    for (const TargetKind* kind : target_kinds())
        if (has == nullptr || kind->*has) forms.append(forms.empty() ? "" : between).append(kind->form);
    return forms;
}

Result<TargetAddress> address_of(std::string_view to) {
    std::string text(to);
    // A target that has a scheme alone may be written without its colon.
    if (const TargetKind* kind = target_called(to); kind != nullptr && kind->settle_path == nullptr) text += ":";
    const size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0)
        return fail(ErrorKind::invalid, "Target has no scheme (for a folder write file:" + text + "): " + text);
    const std::string scheme = text.substr(0, colon);
    TargetAddress address{target_called(scheme), text.substr(colon + 1)};
    if (address.kind == nullptr) {
        const bool is_later = std::ranges::find(later_schemes, scheme) != later_schemes.end();
        return fail(ErrorKind::invalid,
                    (is_later ? "Target is not in this version, which has " : "Target is none of ") + target_forms() +
                        ": " + text);
    }
    if (address.kind->settle_path != nullptr) {
        if (auto settled = address.kind->settle_path(address.path, text); !settled)
            return std::unexpected(settled.error());
    } else if (!address.path.empty()) {
        return fail(ErrorKind::invalid, "Target " + scheme + ": takes nothing behind the colon: " + text);
    }
    return address;
}

Result<Target> make_target(const TargetKind& kind, const TargetRequest& request, const TargetUse& use) {
    auto factories = factories_of(kind);
    if (!factories) return std::unexpected(factories.error());
    auto target = (*factories)->make(request, use);
    if (!target) return target;
    target->name = kind.scheme;
    target->compresses_records = !kind.compressions.empty();
    if (!kind.keeps) target->keeps_objects = false;
    return target;
}

Result<Landed> open_landed(const TargetKind& kind, const TargetRequest& request, const Clock& clock) {
    if (!kind.has_reader)
        return fail(ErrorKind::invalid, "Copy can be read from none but " + target_forms(" ", &TargetKind::has_reader) +
                                            ": " + std::string(kind.scheme) + ":" + request.path);
    auto factories = factories_of(kind);
    if (!factories) return std::unexpected(factories.error());
    return (*factories)->open(request, clock);
}

}  // namespace headwater
