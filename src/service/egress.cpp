// For where the service may connect to on behalf of its clients.
#include "service/egress.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "base/text.h"

namespace headwater {

namespace {

namespace ip = boost::asio::ip;

constexpr size_t longest_url_bytes = 2048;

bool is_in(uint32_t address, uint32_t network, int bits) { return (address ^ network) >> (32 - bits) == 0; }

bool may_connect(const ip::address_v4& address, const EgressRules& rules) {
    const uint32_t bits = address.to_uint();
    constexpr uint32_t alibaba_metadata = 0x646464C8;
    const bool is_never = is_in(bits, 0, 8) || is_in(bits, 0xA9FE0000, 16) || bits >= 0xE0000000 ||
                          bits == alibaba_metadata || is_in(bits, 0xC0000000, 24) || is_in(bits, 0xC6120000, 15);
    const bool is_private = is_in(bits, 0x0A000000, 8) || is_in(bits, 0xAC100000, 12) || is_in(bits, 0xC0A80000, 16) ||
                            is_in(bits, 0x7F000000, 8) || is_in(bits, 0x64400000, 10);
    return !is_never && (rules.allows_private || !is_private);
}

bool may_connect(const ip::address_v6& address, const EgressRules& rules) {
    if (address.is_v4_mapped()) return may_connect(ip::make_address_v4(ip::v4_mapped, address), rules);
    const auto bytes = address.to_bytes();
    // NAT64 and 6to4 lead to an address of IPv4 that they carry.
    const bool is_nat64 = bytes[0] == 0x00 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b;
    const bool is_6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;
    const bool is_amazon = address == ip::make_address_v6("fd00:ec2::254");
    if (address.is_unspecified() || address.is_multicast() || address.is_link_local() || address.is_site_local() ||
        is_nat64 || is_6to4 || is_amazon)
        return false;
    const bool is_private = address.is_loopback() || (bytes[0] & 0xfe) == 0xfc;
    return rules.allows_private || !is_private;
}

/// Gives the host of an address without port; empty where there is none, or something in front of it.
std::string host_of(std::string_view url) {
    const std::string_view rest = url.substr(url.find("://") + 3);
    const std::string_view place = rest.substr(0, rest.find_first_of("/?#"));
    if (place.find('@') != std::string_view::npos) return "";
    if (place.starts_with('[')) return std::string(place.substr(0, place.find(']') + 1));
    std::string host = lower(place.substr(0, place.rfind(':')));
    while (host.ends_with('.')) host.pop_back();
    return host;
}

}  // namespace

bool may_connect(std::string_view address, uint16_t port, const EgressRules& rules) {
    boost::system::error_code failure;
    const ip::address parsed = ip::make_address(address, failure);
    if (failure) return false;
    const bool is_own = rules.own_port != 0 && parsed.is_loopback() && port == rules.own_port;
    if (is_own) return false;
    return parsed.is_v4() ? may_connect(parsed.to_v4(), rules) : may_connect(parsed.to_v6(), rules);
}

std::string check_call_url(std::string_view url, const EgressRules& rules) {
    const std::string text(url.substr(0, 80));
    if (url.size() > longest_url_bytes) return "Address of a call is longer than 2048 bytes: " + text;
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        return "Address of a call is not http or https: " + text;
    const bool is_plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 127; });
    if (!is_plain || url.find('#') != std::string_view::npos || url.find('\\') != std::string_view::npos)
        return "Address of a call has characters that do not belong there: " + text;
    const std::string host = host_of(url);
    if (host.empty()) return "Address of a call has no host, or a password: " + text;
    if (!rules.hosts.empty() && std::ranges::find(rules.hosts, host) == rules.hosts.end())
        return "Host is none that calls may go to (HEADWATER_WEBHOOK_HOSTS): " + host;
    boost::system::error_code failure;
    const bool is_bracketed = host.starts_with('[');
    const std::string bare = is_bracketed ? host.substr(1, host.size() - 2) : host;
    const ip::address literal = ip::make_address(bare, failure);
    if (!failure && !may_connect(literal.to_string(), 0, rules)) return "Calls may not go to the address: " + host;
    return "";
}

}  // namespace headwater
