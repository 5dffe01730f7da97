// For the one table of what can be asked: it serves the requests, and the OpenAPI document is made from it.
#include "service/routes.h"

#include <utility>

#include "base/check.h"

namespace headwater {

namespace {

std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool fits(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& segments) {
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = take_segment(pattern);
        const std::string_view given = take_segment(path);
        if (wanted.starts_with('{')) {
            if (given.empty()) return false;
            segments[std::string(wanted.substr(1, wanted.size() - 2))] = given;
        } else if (wanted != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace

void Routes::add(Route route) {
    for (const Route& other : routes_) {
        HW_CHECK(other.name != route.name);
        HW_CHECK(other.method != route.method || other.path != route.path);
    }
    routes_.push_back(std::move(route));
}

const Route* Routes::find(std::string_view method, std::string_view path, std::map<std::string, std::string>& segments,
                          std::string& allowed) const {
    if (method == "HEAD") method = "GET";
    for (const Route& route : routes_) {
        std::map<std::string, std::string> found;
        if (!fits(route.path, path, found)) continue;
        if (route.method == method) {
            segments = std::move(found);
            return &route;
        }
        allowed += (allowed.empty() ? "" : ", ") + route.method;
        if (route.method == "GET") allowed += ", HEAD";
    }
    return nullptr;
}

}  // namespace headwater
