// For what a client asked and what it is answered, without the network.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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

/// The head of a request, checked.
struct RequestHead {
    std::string method;
    std::string path;  ///< decoded
    HttpFields query;  ///< decoded
    HttpFields fields;
    std::string host;         ///< without the port
    uint64_t body_bytes = 0;  ///< by Content-Length
    bool is_chunked = false;
    bool expects_continue = false;
    bool keeps_alive = true;
    bool has_body() const { return is_chunked || body_bytes > 0; }
};

struct Route;

/// A request whose head passed every check; the body is empty until it was read.
struct HttpRequest : RequestHead {
    std::string body;
    std::string id;                ///< of the request, in the answer and in the access line
    std::string peer;              ///< address of the client
    const Route* route = nullptr;  ///< that answers it; null until it is admitted, and where there is none
    std::map<std::string, std::string> segments;  ///< of the route's path: {id}
};

/// A body that goes on as long as there is something to say. Used by the server's thread alone.
class HttpStream {
  public:
    virtual ~HttpStream() = default;
    /// Gives what is to be sent next, null while that is nothing. One text may go to many clients.
    virtual std::shared_ptr<const std::string> next() = 0;
    /// True when nothing more will come.
    virtual bool is_over() const = 0;
};

struct HttpResponse {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    HttpFields fields;  ///< beside Content-Type, Content-Length and those that every answer has
    bool closes = false;
    std::shared_ptr<HttpStream> stream{};  ///< the body, in place of `body`; of quick requests only
};

/// Gives the phrase of a status: Not Found.
std::string_view phrase_of(int status);

}  // namespace headwater
