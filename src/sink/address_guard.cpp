#include "sink/address_guard.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cstdlib>

namespace headwater {

bool may_connect(const AddressGuard& guard, const sockaddr* place, unsigned size) {
    char address[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
    if (getnameinfo(place, size, address, sizeof address, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    return guard(address, static_cast<uint16_t>(std::atoi(port)));
}

}  // namespace headwater
