// For where the service may connect to on behalf of its clients.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "service/name_lookup.h"
#include "sink/address_guard.h"

namespace headwater {

/// Which addresses may be connected to.
struct EgressRules {
    bool allows_private = true;        ///< loopback, private, shared and unique local networks
    uint16_t own_port = 0;             ///< of the service itself, on this machine: never
    std::vector<std::string> hosts{};  ///< names that addresses may have; empty: any
    std::string_view hosts_setting{};  ///< that says so
};

/// True when a connection to an address (of IPv4 or IPv6, as text) is allowed. Never: link-local, which the metadata of
/// clouds is served by, their other addresses, multicast, broadcast, unspecified and reserved networks.
bool may_connect(std::string_view address, uint16_t port, const EgressRules& rules);

/// Says why a host (as an address has it) may not be named, or nothing, without asking anybody what it leads to.
std::string check_host(std::string_view host, uint16_t port, const EgressRules& rules);

/// Where a call goes.
struct CallPlace {
    std::string host;  ///< in lower case, an address of IPv6 in its brackets
    uint16_t port = 0;
};

/// Reads where the address of a call leads; says what is wrong with it, or nothing: http and https, a host that may be named,
/// no password, no fragment.
std::string check_call_url(std::string_view url, const EgressRules& rules, CallPlace& place);

struct ServiceSettings;

/// The one guard of all connections that clients have the service make. Any thread may use it; it outlives what it guards.
class Egress {
  public:
    explicit Egress(const ServiceSettings& settings);

    /// Tells on which port the service itself listens.
    void listen_at(uint16_t port) { own_port_ = port; }
    /// Says why the service may not call an address, or nothing; looks up what its host leads to.
    std::string check_call(std::string_view url) const;
    /// Says why clients may not name a server, or nothing; looks up what its host leads to.
    std::string check_server(const std::string& host, uint16_t port) const;
    /// Asks for each connection again: what a name leads to may have changed.
    AddressGuard guard_of_calls() const;
    AddressGuard guard_of_servers() const;

  private:
    EgressRules with_own_port(EgressRules rules) const;
    std::string look_up(const CallPlace& place, const EgressRules& rules) const;

    EgressRules calls_, servers_;
    std::atomic<uint16_t> own_port_;
    NameLookup names_;
};

}  // namespace headwater
