// For reading what outputs and copies name, as users type it: file:out?format=csv&layout=chunked.
#include "app/target.h"

#include <algorithm>
#include <utility>

#include "envelope/envelopes.h"
#include "pack/output_options.h"

namespace headwater {

namespace {

Result<void> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

/// Refuses an option that no table knows.
Result<void> refuse_unknown(const NamedOutput& named, const std::string& name) {
    const std::string format = "Format " + std::string(named.format->name);
    const bool is_of_another = std::ranges::any_of(
        format_kinds(), [&](const FormatKind* kind) { return option_called(kind->options, name) != nullptr; });
    if (is_of_another) return invalid(format + " has no such option: " + name);
    if (named.target->takes_more) return {};
    return invalid(format + " and target " + std::string(named.target->scheme) + ": have no such option: " + name);
}

/// Gives the formats whose records are messages: json or csv.
std::string formats_of_messages() {
    std::vector<std::string_view> names;
    for (const FormatKind* kind : format_kinds())
        if (kind->stands_alone) names.push_back(kind->name);
    return listed(names, " or ");
}

/// Gives every option that clients of a service may say of an output.
std::vector<std::string_view> allowed_over_rest(const FormatKind& format, const TargetKind& target) {
    std::vector<std::string_view> names;
    for (const auto* options : {&output_options(), &format.options, &target.options})
        for (const Option& option : *options)
            if (option.over_rest) names.push_back(option.name);
    return names;
}

}  // namespace

Result<GivenOptions> take_options(std::string& address) {
    GivenOptions options;
    const size_t mark = std::min(address.find('?'), address.size());
    const TargetKind* target = target_of(address);
    std::string query = mark < address.size() ? address.substr(mark + 1) : "";
    address.resize(mark);
    while (!query.empty()) {
        const size_t end = std::min(query.find('&'), query.size());
        const std::string text = query.substr(0, end);
        query.erase(0, end + 1);
        const size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorKind::invalid, "Target option is not name=value: " + text);
        const std::string name = text.substr(0, equals);
        const Option* known = target == nullptr ? nullptr : option_called(target->options, name);
        if (known != nullptr && !known->secret.empty())
            return fail(ErrorKind::invalid, "Target is seen by others and so takes no secrets; " +
                                                std::string(known->secret) + ": " + name);
        options[name] = text.substr(equals + 1);
    }
    return options;
}

Result<void> settle(OutputPlan& output) {
    auto given = take_options(output.to);
    if (!given) return std::unexpected(given.error());
    for (auto& [name, text] : *given) {
        const Option* own = option_called(output_options(), name);
        if (own == nullptr) {
            output.options[name] = text;
            continue;
        }
        auto value = read_option(*own, text);
        if (!value) return std::unexpected(value.error());
        own->set(&output, *value);
    }
    const auto address = address_of(output.to);
    if (!address) return std::unexpected(address.error());
    const TargetKind& target = *address->kind;
    if (output.format.empty()) output.format = format_kinds().front()->name;
    auto format = need_format(output.format);
    if (!format) return std::unexpected(format.error());
    if (output.identity.empty()) output.identity = target.identity;
    if (target.takes_messages && !(*format)->stands_alone)
        return invalid("Target " + std::string(target.scheme) + ": takes records one by one, as format " +
                       formats_of_messages() + " gives them, not: " + output.format);
    if (output.overwrite && !(target.takes_objects && target.keeps))
        return invalid("Only a folder or prefix is overwritten, as its manifest says what lies there: " + output.to);
    if (output.compression.empty() && target.compressions.empty()) output.compression = (*format)->compression;
    return {};
}

Result<NamedOutput> named_in(const OutputPlan& output) {
    NamedOutput named;
    auto format = need_format(output.format);
    if (!format) return std::unexpected(format.error());
    auto address = address_of(output.to);
    if (!address) return std::unexpected(address.error());
    const auto envelope = EnvelopeStage::make(output.envelope, {});
    if (!envelope) return std::unexpected(envelope.error());
    named.format = *format;
    named.target = address->kind;
    const bool compresses = !address->kind->compressions.empty();
    named.format_request.compression = compresses ? "none" : output.compression;
    named.target_request = {.path = std::move(address->path),
                            .compression = compresses ? output.compression : "",
                            .identity = output.identity,
                            .keeps_latest = envelope->kind().keeps_latest};
    for (const auto& [name, text] : output.options) {
        if (option_called(envelope->kind().options, name) != nullptr) continue;  // read by its stage
        if (option_called(named.format->options, name) != nullptr) {
            named.format_request.options[name] = text;
            continue;
        }
        if (option_called(named.target->options, name) == nullptr)
            if (auto refused = refuse_unknown(named, name); !refused) return std::unexpected(refused.error());
        named.target_request.options[name] = text;
    }
    return named;
}

Result<void> check(const NamedOutput& named) {
    return named.target->check == nullptr ? Result<void>{} : named.target->check(named.target_request);
}

std::string warning_of(const OutputPlan& output, int64_t age_us) {
    const auto named = named_in(output);
    return named && named->target->warn != nullptr ? named->target->warn(named->target_request, age_us) : "";
}

Result<void> confine(OutputPlan& output, const ServicePlace& place) {
    auto named = named_in(output);
    if (!named) return std::unexpected(named.error());
    const auto allowed = allowed_over_rest(*named->format, *named->target);
    for (const auto& [name, text] : output.options)
        if (std::ranges::find(allowed, name) == allowed.end())
            return invalid("Target option is not for clients of the service, who may say " + listed(allowed) + ": " +
                           name);
    if (named->target->confine == nullptr) return {};
    TargetRequest& request = named->target_request;
    const std::string path = request.path;
    if (auto confined = named->target->confine(request, place); !confined) return confined;
    if (request.path != path) output.to = std::string(named->target->scheme) + ":" + request.path;
    return {};
}

}  // namespace headwater
