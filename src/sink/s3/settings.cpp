// For settling where a bucket is and who asks for it: options first, then the variables and files of AWS and MinIO.
#include "sink/s3/settings.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

#include "base/text.h"
#include "sink/s3/profile.h"

namespace headwater::s3 {
namespace {

constexpr uintmax_t largest_profile_file_bytes = 1 << 20;

std::string value_of(const Environment& environment, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (auto value = environment(name); value && !value->empty()) return *value;
    return "";
}

bool is_region(std::string_view name) {
    return std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

/// The chosen profile, put together from both files; what is in the credentials file counts first.
class Profiles {
  public:
    static Result<Profiles> read(const S3Options& options, const Environment& environment) {
        Profiles made;
        const std::string asked = options.profile.empty() ? value_of(environment, {"AWS_PROFILE"}) : options.profile;
        made.name_ = asked.empty() ? "default" : asked;
        const std::string home = value_of(environment, {"HOME"});
        bool found = false;
        for (auto [variable, file] :
             {std::pair{"AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"}, {"AWS_CONFIG_FILE", "/.aws/config"}}) {
            const std::string named = value_of(environment, {variable});
            const std::string path = !named.empty() ? named : home.empty() ? "" : home + file;
            auto text = text_of(path);
            if (!text) return std::unexpected(text.error());
            auto profiles = parse_profiles(*text);
            const auto profile = profiles.find(made.name_);
            if (profile == profiles.end()) continue;
            found = true;
            made.values_.merge(profile->second);
        }
        if (!asked.empty() && !found)
            return fail(ErrorKind::invalid, "Profile is in neither ~/.aws/credentials nor ~/.aws/config: " + asked);
        return made;
    }

    std::string value(const std::string& name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? "" : found->second;
    }

    const std::string& name() const { return name_; }

  private:
    /// Gives the text of a file, nothing where there is none.
    static Result<std::string> text_of(const std::string& path) {
        std::error_code error;
        if (path.empty() || !std::filesystem::is_regular_file(path, error)) return "";
        if (std::filesystem::file_size(path, error) > largest_profile_file_bytes)
            return fail(ErrorKind::invalid, "Profile file is larger than 1 MiB: " + path);
        std::ifstream file(path, std::ios::binary);
        if (!file) return fail(ErrorKind::invalid, "Profile file cannot be read: " + path);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }

    std::string name_;
    Profile values_;
};

struct KeyVariables {
    const char* access_key;
    const char* secret_key;
    const char* session_token;
};

/// Refuses what copying and pasting leaves around keys; none of it can be in a header.
Result<void> check_keys(const S3Settings& settings) {
    for (const std::string* key : {&settings.keys.access_key, &settings.keys.secret_key, &settings.keys.session_token})
        if (std::ranges::any_of(*key, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
            return fail(ErrorKind::invalid,
                        "Keys of S3 hold a blank or a line end; mend what gives them: " + settings.keys_source);
    return {};
}

/// Takes the keys of the first source that has any; half a pair is a mistake worth telling.
Result<void> settle_keys(S3Settings& settings, const S3Options& options, const Environment& environment,
                         const Profiles& profiles) {
    const auto from_profile = [&] {
        settings.keys = {profiles.value("aws_access_key_id"), profiles.value("aws_secret_access_key"),
                         profiles.value("aws_session_token")};
        settings.keys_source = "profile " + profiles.name();
        return !settings.keys.access_key.empty() && !settings.keys.secret_key.empty();
    };
    if (!options.profile.empty() && from_profile()) return {};
    constexpr KeyVariables variables[] = {{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
                                          {"MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", nullptr},
                                          {"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", nullptr}};
    for (const auto& [access, secret, token] : variables) {
        const std::string access_key = value_of(environment, {access});
        const std::string secret_key = value_of(environment, {secret});
        if (access_key.empty() && secret_key.empty()) continue;
        if (access_key.empty() || secret_key.empty())
            return fail(ErrorKind::invalid, "Keys of S3 come in pairs, " + std::string(access) + " and " + secret +
                                                "; one is not set: " + (access_key.empty() ? access : secret));
        settings.keys = {access_key, secret_key, token == nullptr ? "" : value_of(environment, {token})};
        settings.keys_source = access;
        return {};
    }
    if (from_profile()) return {};
    return fail(ErrorKind::invalid,
                "No keys for S3; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or MINIO_ACCESS_KEY and "
                "MINIO_SECRET_KEY, or name a profile by ?profile= or AWS_PROFILE: s3://" +
                    options.bucket);
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

/// True for a server that proves to be one of AWS.
bool is_of_aws(const Endpoint& endpoint) { return endpoint.is_aws && endpoint.scheme == "https"; }

/// Endpoints that variables and the profile name, as they do, each with the scheme it has without one; the first counts.
std::vector<std::pair<std::string, const char*>> named_endpoints(const Environment& environment,
                                                                 const Profiles& profiles) {
    const std::string secure = lower(value_of(environment, {"MINIO_SECURE"}));
    const bool is_secure = secure == "1" || secure == "true" || secure == "yes";
    std::vector<std::pair<std::string, const char*>> named{
        {value_of(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}), "https"},
        {value_of(environment, {"MINIO_ENDPOINT"}), is_secure ? "https" : "http"},
        {profiles.value("endpoint_url"), "https"}};
    std::erase_if(named, [](const auto& one) { return one.first.empty(); });
    return named;
}

/// True when variables or the profile name an endpoint.
bool is_named(const Endpoint& asked, const Environment& environment, const Profiles& profiles) {
    return std::ranges::any_of(named_endpoints(environment, profiles), [&](const auto& named) {
        const auto known = endpoint_of(named.first, named.second);
        return known && known->scheme == asked.scheme && lower(known->host) == lower(asked.host);
    });
}

/// True when keys may be shown to an endpoint that the options name.
bool may_have_keys(const S3Settings& settings, const S3Options& options, const Environment& environment,
                   const Profiles& profiles) {
    if (options.endpoint.empty() || value_of(environment, {"S3_KEYS_BOUND"}).empty()) return true;
    if (is_of_aws(settings.endpoint)) return !settings.keys_source.starts_with("MINIO_");
    return is_named(settings.endpoint, environment, profiles);
}

Result<Endpoint> settle_endpoint(const S3Options& options, const Environment& environment, const Profiles& profiles,
                                 const std::string& region) {
    if (!options.endpoint.empty()) return endpoint_of(options.endpoint, "https");
    const auto named = named_endpoints(environment, profiles);
    return named.empty() ? aws_endpoint(region) : endpoint_of(named.front().first, named.front().second);
}

}  // namespace

Environment process_environment() {
    return [](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name);
        if (value == nullptr) return std::nullopt;
        return value;
    };
}

Result<S3Settings> settle_s3(const S3Options& options, const Environment& environment) {
    if (auto checked = check_s3_options(options); !checked) return std::unexpected(checked.error());
    auto profiles = Profiles::read(options, environment);
    if (!profiles) return std::unexpected(profiles.error());
    S3Settings settings;
    settings.region = options.region;
    if (settings.region.empty()) settings.region = value_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
    if (settings.region.empty()) settings.region = profiles->value("region");
    if (settings.region.empty()) settings.region = "us-east-1";
    if (!is_region(settings.region))
        return fail(ErrorKind::invalid, "Region is not made of letters, digits and -: " + settings.region);
    auto endpoint = settle_endpoint(options, environment, *profiles, settings.region);
    if (!endpoint) return std::unexpected(endpoint.error());
    settings.endpoint = std::move(*endpoint);
    auto settled = settle_keys(settings, options, environment, *profiles);
    if (!may_have_keys(settings, options, environment, *profiles))
        settings.keys = {};
    else if (!settled)
        return std::unexpected(settled.error());
    if (auto checked = check_keys(settings); !checked) return std::unexpected(checked.error());
    settings.ca_file = options.ca_file.empty() ? value_of(environment, {"AWS_CA_BUNDLE"}) : options.ca_file;
    const bool host_is_ambiguous = options.bucket.find('.') != std::string::npos && settings.endpoint.scheme == "https";
    settings.path_style = options.path_style.value_or(!settings.endpoint.is_aws || host_is_ambiguous);
    settings.create_bucket = options.create_bucket.value_or(!settings.endpoint.is_aws);
    if (options.endpoint.empty() || is_named(settings.endpoint, environment, *profiles)) return settings;
    settings.guard = options.guard;
    settings.is_trusted_less = options.guard && !is_of_aws(settings.endpoint);
    return settings;
}

Result<std::optional<Endpoint>> endpoint_of_options(const S3Options& options, const Environment& environment) {
    if (options.endpoint.empty()) return std::nullopt;
    auto profiles = Profiles::read(options, environment);
    if (!profiles) return std::unexpected(profiles.error());
    auto endpoint = endpoint_of(options.endpoint, "https");
    if (!endpoint) return std::unexpected(endpoint.error());
    if (is_named(*endpoint, environment, *profiles)) return std::nullopt;
    return std::move(*endpoint);
}

}  // namespace headwater::s3
