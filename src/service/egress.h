// For where the service may connect to on behalf of its clients.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {

/// Which addresses calls may go to.
struct EgressRules {
    bool allows_private = true;        ///< loopback, private, shared and unique local networks
    uint16_t own_port = 0;             ///< of the service itself, on loopback: never
    std::vector<std::string> hosts{};  ///< names that addresses of calls may have; empty: any
};

struct ServiceSettings;
/// Gives the rules that the settings make.
EgressRules egress_of(const ServiceSettings& settings);

/// True when a connection to an address (of IPv4 or IPv6, as text) is allowed. Never: link-local, which the metadata of
/// clouds is served by, multicast, broadcast, unspecified and reserved networks.
bool may_connect(std::string_view address, uint16_t port, const EgressRules& rules);

/// Says what is wrong with the address of a call, or nothing: http and https, a host, no password, no fragment.
std::string check_call_url(std::string_view url, const EgressRules& rules);

}  // namespace headwater
