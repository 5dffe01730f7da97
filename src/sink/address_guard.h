// For asking before a connection is made, by the address that a name led to: what a name leads to may change after any check.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

struct sockaddr;

namespace headwater {

/// Says whether a connection to an address of the internet protocol may be made. Any thread may call it.
using AddressGuard = std::function<bool(std::string_view address, uint16_t port)>;

/// Asks a guard about an address of a socket; false for one that is not of the internet protocol.
bool may_connect(const AddressGuard& guard, const sockaddr* place, unsigned size);

}  // namespace headwater
