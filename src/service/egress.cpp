// For where the service may connect to on behalf of its clients.
#include "service/egress.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <initializer_list>

#include "base/text.h"
#include "service/settings.h"

namespace headwater {

namespace {

namespace ip = boost::asio::ip;

constexpr size_t longest_url_bytes = 2048;
constexpr std::chrono::milliseconds look_up_patience{1000};

/// Names by which clouds serve their metadata, some of them at addresses that are anybody's.
constexpr std::array<std::string_view, 8> metadata_names{"metadata",
                                                         "metadata.google.internal",
                                                         "metadata.goog",
                                                         "metadata.packet.net",
                                                         "metadata.platformequinix.com",
                                                         "metadata.tencentyun.com",
                                                         "instance-data",
                                                         "instance-data.ec2.internal"};

bool is_in(uint32_t address, uint32_t network, int bits) { return (address ^ network) >> (32 - bits) == 0; }

bool may_connect(const ip::address_v4& address, const EgressRules& rules) {
    const uint32_t bits = address.to_uint();
    constexpr uint32_t alibaba_metadata = 0x646464C8, azure_metadata = 0xA83F8110, volcano_metadata = 0x64600060;
    const bool is_never = is_in(bits, 0, 8) || is_in(bits, 0xA9FE0000, 16) || bits >= 0xE0000000 ||
                          bits == alibaba_metadata || bits == azure_metadata || bits == volcano_metadata ||
                          is_in(bits, 0xC0000000, 24) || is_in(bits, 0xC6120000, 15);
    const bool is_private = is_in(bits, 0x0A000000, 8) || is_in(bits, 0xAC100000, 12) || is_in(bits, 0xC0A80000, 16) ||
                            is_in(bits, 0x7F000000, 8) || is_in(bits, 0x64400000, 10);
    return !is_never && (rules.allows_private || !is_private);
}

using Bytes = ip::address_v6::bytes_type;

bool begins(const Bytes& bytes, std::initializer_list<int> head) {
    return std::equal(head.begin(), head.end(), bytes.begin());
}

/// True for addresses of IPv6 that lead to one of IPv4 that they carry: NAT64, 6to4, Teredo, ISATAP, and nothing but it
/// behind zeros.
bool carries_v4(const Bytes& bytes) {
    const bool is_isatap = (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
    return begins(bytes, {0x00, 0x64, 0xff, 0x9b}) || begins(bytes, {0x20, 0x02}) ||
           begins(bytes, {0x20, 0x01, 0, 0}) || is_isatap || begins(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) ||
           begins(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0});
}

bool may_connect(const ip::address_v6& address, const EgressRules& rules) {
    // Metadata of Google, OCI, Linode and Scaleway; that of AWS has a network of its own, fd00:ec2::/32.
    const bool is_metadata =
        begins(address.to_bytes(), {0xfd, 0x00, 0x0e, 0xc2}) ||
        std::ranges::any_of(std::array{"fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:a9fe:a9fe::1", "fd00:42::42"},
                            [&](const char* known) { return address == ip::make_address_v6(known); });
    if (address.is_multicast() || address.is_link_local() || address.is_site_local() || is_metadata) return false;
    if (!address.is_loopback() && carries_v4(address.to_bytes())) return false;
    const bool is_private = address.is_loopback() || (address.to_bytes()[0] & 0xfe) == 0xfc;
    return rules.allows_private || !is_private;
}

/// Gives the address that is meant, without the zone of a network card.
ip::address plain(const ip::address& address) {
    if (address.is_v4()) return address;
    if (address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return ip::address_v6(address.to_v6().to_bytes());
}

/// True for the addresses that this machine has.
bool is_of_this_machine(const ip::address& address) {
    if (address.is_loopback()) return true;
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return false;
    bool is_own = false;
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        char text[INET6_ADDRSTRLEN] = "";
        if (one->ifa_addr->sa_family == AF_INET)
            inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text);
        if (one->ifa_addr->sa_family == AF_INET6)
            inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr, text, sizeof text);
        is_own = is_own || text == address.to_string();
    }
    freeifaddrs(all);
    return is_own;
}

/// Reads the host and the port of what stands behind http:// or https://, in lower case; false where they cannot be.
bool read_authority(std::string_view authority, CallPlace& place) {
    const bool is_v6 = authority.starts_with('[');
    const size_t end = is_v6 ? authority.find(']') + 1 : std::min(authority.find(':'), authority.size());
    place.host = authority.substr(0, end);
    while (place.host.ends_with('.')) place.host.pop_back();
    const std::string_view allowed = is_v6 ? "[]:.0123456789abcdef" : "-_.0123456789abcdefghijklmnopqrstuvwxyz";
    if (place.host.empty() || place.host.find_first_not_of(allowed) != std::string::npos) return false;
    std::string_view port = authority.substr(end);
    if (port.empty() || port == ":") return true;
    if (!port.starts_with(':')) return false;
    port.remove_prefix(1);
    const auto [stopped, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    return error == std::errc() && stopped == port.data() + port.size() && place.port > 0;
}

std::string without_brackets(std::string_view host) {
    const bool is_bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    return std::string(is_bracketed ? host.substr(1, host.size() - 2) : host);
}

}  // namespace

bool may_connect(std::string_view address, uint16_t port, const EgressRules& rules) {
    boost::system::error_code failure;
    const ip::address parsed = ip::make_address(address, failure);
    if (failure) return false;
    const ip::address place = plain(parsed);
    if (rules.own_port != 0 && port == rules.own_port && is_of_this_machine(place)) return false;
    return place.is_v4() ? may_connect(place.to_v4(), rules) : may_connect(place.to_v6(), rules);
}

std::string check_host(std::string_view given, uint16_t port, const EgressRules& rules) {
    const std::string bare = without_brackets(given);
    const std::string host(given);
    boost::system::error_code failure;
    const ip::address literal = ip::make_address(bare, failure);
    if (!failure && !may_connect(literal.to_string(), port, rules))
        return "Nothing may be sent to the address: " + host + ":" + std::to_string(port);
    in_addr loose{};
    if (failure && inet_aton(bare.c_str(), &loose) != 0)
        return "Host is an address in a form that hides it; write four numbers, as in 192.0.2.1: " + host;
    if (std::ranges::find(metadata_names, bare) != metadata_names.end())
        return "Nothing may be sent to the metadata of a cloud: " + host;
    if (!rules.hosts.empty() && std::ranges::find(rules.hosts, host) == rules.hosts.end())
        return "Host is none of those that the service may name (" + std::string(rules.hosts_setting) + "): " + host;
    return "";
}

std::string check_call_url(std::string_view url, const EgressRules& rules, CallPlace& place) {
    const std::string text(url.substr(0, 80));
    if (url.size() > longest_url_bytes) return "Address of a call is longer than 2048 bytes: " + text;
    const bool is_secure = url.starts_with("https://");
    if (!is_secure && !url.starts_with("http://")) return "Address of a call is not http or https: " + text;
    const bool is_plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 127; });
    if (!is_plain || url.find('#') != std::string_view::npos || url.find('\\') != std::string_view::npos)
        return "Address of a call has characters that do not belong there: " + text;
    url.remove_prefix(is_secure ? 8 : 7);
    place.port = is_secure ? 443 : 80;
    if (!read_authority(lower(url.substr(0, url.find_first_of("/?"))), place))
        return "Address of a call is not that of a host, without a user, and a port: " + text;
    return check_host(place.host, place.port, rules);
}

Egress::Egress(const ServiceSettings& settings)
    : calls_{settings.allows_private_webhooks, 0, settings.webhook_hosts, "HEADWATER_WEBHOOK_HOSTS"},
      servers_{settings.allows_private_targets, 0, settings.target_hosts, "HEADWATER_TARGET_HOSTS"},
      own_port_(settings.port) {}

std::string Egress::check_call(std::string_view url) const {
    CallPlace place;
    if (std::string wrong = check_call_url(url, with_own_port(calls_), place); !wrong.empty()) return wrong;
    return look_up(place, with_own_port(calls_));
}

std::string Egress::check_server(const std::string& host, uint16_t port) const {
    CallPlace place{lower(host), port};
    while (place.host.ends_with('.')) place.host.pop_back();
    const EgressRules rules = with_own_port(servers_);
    std::string wrong = check_host(place.host, port, rules);
    return wrong.empty() ? look_up(place, rules) : wrong;
}

AddressGuard Egress::guard_of_calls() const {
    return
        [this](std::string_view address, uint16_t port) { return may_connect(address, port, with_own_port(calls_)); };
}

AddressGuard Egress::guard_of_servers() const {
    return
        [this](std::string_view address, uint16_t port) { return may_connect(address, port, with_own_port(servers_)); };
}

EgressRules Egress::with_own_port(EgressRules rules) const {
    rules.own_port = own_port_;
    return rules;
}

/// Says why no call may go to what a host leads to. A name that cannot be looked up now is let through, as each connection is
/// asked for again.
std::string Egress::look_up(const CallPlace& place, const EgressRules& rules) const {
    const auto addresses = names_.addresses_of(without_brackets(place.host), look_up_patience);
    if (!addresses) return "";
    for (const std::string& address : *addresses)
        if (!may_connect(address, place.port, rules))
            return "Host leads to an address that nothing may be sent to, " + address + ": " + place.host;
    return "";
}

}  // namespace headwater
