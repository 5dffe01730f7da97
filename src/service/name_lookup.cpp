#include "service/name_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <future>
#include <thread>
#include <utility>

namespace headwater {

namespace {

using Addresses = std::vector<std::string>;

constexpr int most_under_way = 16;

Addresses look_up(const std::string& host) {
    Addresses addresses;
    addrinfo wanted{}, *found = nullptr;
    wanted.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        char text[NI_MAXHOST] = "";
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
            addresses.emplace_back(text);
    }
    freeaddrinfo(found);
    return addresses;
}

}  // namespace

std::optional<Addresses> NameLookup::addresses_of(const std::string& host, std::chrono::milliseconds patience) const {
    if (under_way_->fetch_add(1) >= most_under_way) {
        --*under_way_;
        return std::nullopt;
    }
    std::promise<Addresses> promise;
    std::future<Addresses> answer = promise.get_future();
    std::thread([host, count = under_way_, promise = std::move(promise)]() mutable {
        promise.set_value(look_up(host));
        --*count;
    }).detach();
    if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
    return answer.get();
}

}  // namespace headwater
