// For targets like s3://bucket/prefix?endpoint=http://127.0.0.1:9000.
#include "app/s3_target.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "app/module.h"
#include "app/target.h"
#include "base/text.h"
#include "engine/objects.h"

namespace headwater {
namespace {

constexpr std::array option_names{"endpoint",      "region",    "profile",         "ca_file",       "path_style",
                                  "create_bucket", "part_size", "parts_in_flight", "copy_part_size"};
/// People try these; a secret in a target would be kept by manifest and journal.
constexpr std::array secret_names{"access_key", "access_key_id", "secret_key", "secret_access_key", "session_token"};

std::unexpected<Error> bad_option(const std::string& name, const std::string& allowed, const std::string& value) {
    return fail(ErrorKind::invalid, "Option " + name + " is not " + allowed + ": " + value);
}

Result<void> set_option(S3Options& s3, const std::string& name, const std::string& value) {
    for (auto [known, member] : {std::pair{"endpoint", &s3.endpoint},
                                 {"region", &s3.region},
                                 {"profile", &s3.profile},
                                 {"ca_file", &s3.ca_file}})
        if (name == known) *member = value;
    for (auto [known, member] : {std::pair{"path_style", &s3.path_style}, {"create_bucket", &s3.create_bucket}}) {
        if (name != known) continue;
        if (value != "true" && value != "false") return bad_option(name, "true or false", value);
        *member = value == "true";
    }
    for (auto [known, member] :
         {std::pair{"part_size", &s3.part_size_bytes}, {"copy_part_size", &s3.copy_part_size_bytes}}) {
        if (name != known) continue;
        auto size = parse_size(value);
        if (!size) return bad_option(name, "a size, such as " + std::string(size_examples), value);
        *member = *size;
    }
    if (name == "parts_in_flight") {
        auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), s3.parts_in_flight);
        if (error != std::errc() || end != value.data() + value.size())
            return bad_option(name, "a whole number", value);
    }
    return {};
}

}  // namespace

bool is_s3_option(std::string_view name) {
    return std::ranges::find(option_names, name) != option_names.end() ||
           std::ranges::find(secret_names, name) != secret_names.end();
}

Result<S3Target> s3_target_of(const std::string& path, const std::map<std::string, std::string>& options) {
    const size_t slash = path.find('/');
    const ObjectPlace place = place_of(slash == std::string::npos ? "" : path.substr(slash + 1));
    S3Target target;
    target.folder = place.folder;
    target.options.bucket = path.substr(0, slash);
    target.options.prefix = place.root == "." ? "" : place.root;
    for (const auto& [name, value] : options) {
        if (std::ranges::find(secret_names, name) != secret_names.end())
            return fail(ErrorKind::invalid,
                        "Keys do not belong into a target, which is kept in manifests; set AWS_ACCESS_KEY_ID and "
                        "AWS_SECRET_ACCESS_KEY: " +
                            name);
        if (auto set = set_option(target.options, name, value); !set) return std::unexpected(set.error());
    }
    if (auto checked = check_s3_options(target.options); !checked) return std::unexpected(checked.error());
    return target;
}

Result<std::unique_ptr<ObjectSink>> load_s3_sink(const S3Options& options, const Clock& clock) {
    using Maker = void (*)(const S3Options&, const Clock&, Result<std::unique_ptr<ObjectSink>>&);
    static const auto maker = load_symbol("S3", "headwater_s3.so", "headwater_make_s3_sink");
    if (!maker) return std::unexpected(maker.error());
    Result<std::unique_ptr<ObjectSink>> sink;
    reinterpret_cast<Maker>(*maker)(options, clock, sink);
    return sink;
}

Result<std::unique_ptr<Caller>> load_caller(const AddressGuard& guard) {
    using Maker = void (*)(const AddressGuard&, std::unique_ptr<Caller>&);
    static const auto maker = load_symbol("Web client", "headwater_s3.so", "headwater_make_caller");
    if (!maker) return std::unexpected(maker.error());
    std::unique_ptr<Caller> caller;
    reinterpret_cast<Maker>(*maker)(guard, caller);
    return caller;
}

Result<std::unique_ptr<ObjectSource>> load_s3_source(const S3Options& options, const Clock& clock) {
    using Maker = void (*)(const S3Options&, const Clock&, Result<std::unique_ptr<ObjectSource>>&);
    static const auto maker = load_symbol("S3", "headwater_s3.so", "headwater_make_s3_source");
    if (!maker) return std::unexpected(maker.error());
    Result<std::unique_ptr<ObjectSource>> source;
    reinterpret_cast<Maker>(*maker)(options, clock, source);
    return source;
}

}  // namespace headwater
