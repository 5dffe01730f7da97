// For reading endpoints as users write them.
#include "sink/s3/endpoint.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace headwater::s3 {
namespace {

std::unexpected<Error> refuse(std::string_view why, std::string_view text) {
    // Whoever writes user:password@host must not find it in a log.
    const std::string shown(text.find('@') == std::string_view::npos ? text : "(not shown, it holds an @)");
    return fail(ErrorKind::invalid, "Endpoint " + std::string(why) + ", as in http://127.0.0.1:9000: " + shown);
}

bool is_host(std::string_view name) {
    if (name.starts_with('[') && name.ends_with(']'))
        return name.size() > 2 &&
               name.substr(1, name.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

Result<Endpoint> endpoint_of(std::string_view text, std::string_view default_scheme) {
    Endpoint endpoint;
    std::string_view rest = text;
    if (const size_t mark = text.find("://"); mark != std::string_view::npos) {
        endpoint.scheme = text.substr(0, mark);
        rest = text.substr(mark + 3);
    } else {
        endpoint.scheme = default_scheme;
    }
    if (endpoint.scheme != "http" && endpoint.scheme != "https") return refuse("is neither http nor https", text);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    std::string_view name = rest;
    const size_t bracket = rest.rfind(']');
    const size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    unsigned port = 0;
    if (colon != std::string_view::npos) {
        name = rest.substr(0, colon);
        const char* const end = rest.data() + rest.size();
        auto [stopped, error] = std::from_chars(rest.data() + colon + 1, end, port);
        if (error != std::errc() || stopped != end || port < 1 || port > 65535)
            return refuse("has no port from 1 to 65535", text);
    }
    if (!is_host(name)) return refuse("is not a scheme, a host and a port", text);
    endpoint.host = endpoint.name = name;
    const unsigned usual = endpoint.scheme == "https" ? 443 : 80;
    endpoint.port = static_cast<uint16_t>(port == 0 ? usual : port);
    if (port != 0 && port != usual) endpoint.host += ":" + std::to_string(port);
    endpoint.is_aws = name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
    return endpoint;
}

Endpoint aws_endpoint(const std::string& region) {
    const char* const domain = region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
    const std::string host = "s3." + region + domain;
    return {.host = host, .name = host, .is_aws = true};
}

BucketAddress address_of_bucket(const Endpoint& endpoint, const std::string& bucket, bool path_style) {
    if (path_style) return {endpoint.scheme + "://" + endpoint.host, endpoint.host, "/" + bucket + "/"};
    const std::string host = bucket + "." + endpoint.host;
    return {endpoint.scheme + "://" + host, host, "/"};
}

}  // namespace headwater::s3
