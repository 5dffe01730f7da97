// For what a client asked and what it is answered, without the network.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headwater {

/// Names and values, in order; names of received fields are in lower case.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// Gives the value of the first field of that name (lower case), or "".
inline std::string_view field_of(const HttpFields& fields, std::string_view name) {
    for (const auto& [known, value] : fields)
        if (known == name) return value;
    return "";
}

/// A request whose head passed every check; the body is empty until it was read.
struct HttpRequest {
    std::string method;
    std::string path;  ///< decoded
    HttpFields query;  ///< decoded
    HttpFields fields;
    std::string body;
    std::string id;                               ///< of the request, in the answer and in the access line
    std::string peer;                             ///< address of the client
    std::map<std::string, std::string> segments;  ///< of the route's path: {id}
};

struct HttpResponse {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    HttpFields fields;  ///< beside Content-Type, Content-Length and those that every answer has
    bool closes = false;
};

/// Gives the phrase of a status: Not Found.
std::string_view phrase_of(int status);

}  // namespace headwater
