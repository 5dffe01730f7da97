// For refusing every request head that two servers could read differently, before anything else looks at it.
#include "service/http_head.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/take.h"
#include "base/text.h"
#include "service/utf8.h"

namespace headwater {

namespace {

using Refused = std::unexpected<HeadRefusal>;

constexpr uint64_t longest_length = 1ULL << 53;

Refused refuse(std::string reason, int status = 400) { return Refused({status, std::move(reason)}); }

/// True for the characters of a token (RFC 9110, 5.6.2).
bool is_token(char c) {
    return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127; }

/// Resolves %41 and, in a query, `+`; none where the escapes or the bytes they give are not UTF-8 text.
std::optional<std::string> decoded(std::string_view text, bool is_query) {
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += is_query && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        const char byte = static_cast<char>(high * 16 + low);
        if (byte == 0 || (!is_query && (byte == '/' || byte == '\\'))) return std::nullopt;
        result += byte;
        i += 2;
    }
    return is_utf8(result) ? std::optional(result) : std::nullopt;
}

/// Takes a head apart, line by line.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::expected<RequestHead, HeadRefusal> read() {
        if (auto line = read_request_line(); !line) return Refused(line.error());
        while (!rest_.starts_with("\r\n")) {
            if (auto field = read_field(); !field) return Refused(field.error());
        }
        if (rest_.size() != 2) return refuse("Bytes behind the head");
        if (auto host = settle_host(); !host) return Refused(host.error());
        if (auto length = settle_length(); !length) return Refused(length.error());
        if (auto rest = settle_connection(); !rest) return Refused(rest.error());
        for (const char* name : {"authorization", "content-type", "origin", "idempotency-key"})
            if (all(name).size() > 1) return refuse("Field stands twice: " + std::string(name));
        return std::move(head_);
    }

  private:
    using Checked = std::expected<void, HeadRefusal>;

    /// Takes the next line, without its CR LF.
    std::expected<std::string_view, HeadRefusal> take_line() {
        const size_t end = rest_.find('\n');
        if (end == std::string_view::npos) return refuse("Head is cut off");
        if (end == 0 || rest_[end - 1] != '\r') return refuse("Line ends without CR");
        std::string_view line = rest_.substr(0, end - 1);
        rest_.remove_prefix(end + 1);
        if (std::ranges::any_of(line, is_control)) return refuse("Control character in the head");
        return line;
    }

    Checked read_request_line() {
        auto line = take_line();
        if (!line) return Refused(line.error());
        if (line->size() > longest_request_line_bytes) return refuse("Request line is too long", 414);
        const size_t first = line->find(' ');
        const size_t second = first == std::string_view::npos ? first : line->find(' ', first + 1);
        if (second == std::string_view::npos || line->find(' ', second + 1) != std::string_view::npos)
            return refuse("Request line is not METHOD TARGET VERSION");
        head_.method = line->substr(0, first);
        if (head_.method.empty() || !std::ranges::all_of(head_.method, is_token)) return refuse("Method is no token");
        const std::string_view version = line->substr(second + 1);
        if (version != "HTTP/1.1" && version != "HTTP/1.0") {
            const bool is_http = version.starts_with("HTTP/") && version.size() == 8;
            return refuse("Version is neither HTTP/1.1 nor HTTP/1.0", is_http ? 505 : 400);
        }
        is_old_ = version == "HTTP/1.0";
        return read_target(line->substr(first + 1, second - first - 1));
    }

    Checked read_target(std::string_view target) {
        std::string origin_form;
        if (const size_t mark = target.find("://"); mark != std::string_view::npos && !target.starts_with('/')) {
            const std::string scheme = lower(target.substr(0, mark));
            if (scheme != "http" && scheme != "https") return refuse("Target is neither a path nor of http or https");
            target.remove_prefix(mark + 3);
            const size_t end = std::min(target.find_first_of("/?"), target.size());
            authority_ = without_usual_port(lower(target.substr(0, end)), scheme);
            if (authority_.empty()) return refuse("Target has no host");
            usual_scheme_ = scheme;
            origin_form = (end < target.size() && target[end] == '/' ? "" : "/") + std::string(target.substr(end));
            target = origin_form;
        }
        if (!target.starts_with('/')) return refuse("Target is not a path");
        if (std::ranges::any_of(target, [](char c) { return static_cast<unsigned char>(c) <= 32 || c == '#'; }))
            return refuse("Target holds a character that is to be escaped");
        const size_t mark = std::min(target.find('?'), target.size());
        auto path = decoded(target.substr(0, mark), false);
        if (!path) return refuse("Path holds a doubtful escape");
        if (std::ranges::any_of(*path, is_control)) return refuse("Path holds a control character");
        const bool climbs = (*path + "/").find("/../") != std::string::npos || path->find('\\') != std::string::npos;
        if (climbs) return refuse("Path climbs");
        head_.path = std::move(*path);
        return mark == target.size() ? Checked{} : read_query(target.substr(mark + 1));
    }

    Checked read_query(std::string_view query) {
        for (const std::string_view pair : split(query, '&')) {
            if (pair.empty()) continue;
            const std::vector<std::string_view> parts = split(pair, '=', 2);
            auto name = decoded(parts[0], true);
            auto value = decoded(parts.size() == 2 ? parts[1] : "", true);
            if (!name || !value) return refuse("Query holds a doubtful escape");
            if (std::ranges::find(head_.query, *name, &HttpFields::value_type::first) != head_.query.end())
                return refuse("Query has a parameter twice");
            if (head_.query.size() == most_fields) return refuse("Query has too many parameters");
            head_.query.emplace_back(std::move(*name), std::move(*value));
        }
        return {};
    }

    Checked read_field() {
        auto line = take_line();
        if (!line) return Refused(line.error());
        if (line->starts_with(' ') || line->starts_with('\t')) return refuse("Field is folded over lines");
        const size_t colon = line->find(':');
        if (colon == std::string_view::npos || colon == 0) return refuse("Field has no name");
        const std::string_view name = line->substr(0, colon);
        if (!std::ranges::all_of(name, is_token)) return refuse("Field's name is no token");
        if (name.find('_') != std::string_view::npos) return refuse("Field's name has an underscore");
        const std::string_view value = trimmed(line->substr(colon + 1));
        if (value.size() > longest_field_bytes) return refuse("Field is too long", 431);
        if (head_.fields.size() == most_fields) return refuse("Too many fields", 431);
        head_.fields.emplace_back(lower(name), std::string(value));
        return {};
    }

    static std::string without_usual_port(std::string host, std::string_view scheme) {
        const std::string_view port = scheme == "https" ? ":443" : ":80";
        if (host.ends_with(port)) host.resize(host.size() - port.size());
        return host;
    }

    std::vector<std::string_view> all(std::string_view name) const {
        std::vector<std::string_view> values;
        for (const auto& [known, value] : head_.fields)
            if (known == name) values.push_back(value);
        return values;
    }

    Checked settle_host() {
        const auto hosts = all("host");
        if (hosts.size() > 1) return refuse("More than one Host");
        if (hosts.empty() && !is_old_) return refuse("Host is missing");
        std::string host = hosts.empty() ? authority_ : lower(hosts.front());
        if (!authority_.empty() && authority_ != without_usual_port(host, usual_scheme_))
            return refuse("Host differs from the target's");
        if (host.empty() && hosts.empty()) return {};
        std::string_view port;
        if (host.starts_with('[')) {
            const size_t end = host.find(']');
            if (end == std::string::npos) return refuse("Host is malformed");
            port = std::string_view(host).substr(end + 1);
            head_.host = host.substr(0, end + 1);
        } else {
            const size_t colon = std::min(host.find(':'), host.size());
            port = std::string_view(host).substr(colon);
            head_.host = host.substr(0, colon);
            if (head_.host.size() > 1 && head_.host.ends_with('.')) head_.host.pop_back();  // of the root of all names
        }
        auto is_host = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; };
        auto is_address = [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.' || c == '[' || c == ']'; };
        const bool is_v6 = head_.host.starts_with('[');
        const bool fits =
            is_v6 ? std::ranges::all_of(head_.host, is_address) : std::ranges::all_of(head_.host, is_host);
        if (head_.host.empty() || !fits) return refuse("Host is malformed");
        if (!port.empty() &&
            (port.size() < 2 || port.size() > 6 || port[0] != ':' || !std::ranges::all_of(port.substr(1), is_digit)))
            return refuse("Host has a malformed port");
        return {};
    }

    Checked settle_length() {
        const auto lengths = all("content-length");
        const auto codings = all("transfer-encoding");
        if (!lengths.empty() && !codings.empty()) return refuse("Both Content-Length and Transfer-Encoding");
        if (lengths.size() > 1) return refuse("More than one Content-Length");
        if (!lengths.empty()) {
            const std::string_view text = lengths.front();
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), head_.body_bytes);
            if (text.empty() || !std::ranges::all_of(text, is_digit) || error != std::errc() ||
                end != text.data() + text.size() || head_.body_bytes > longest_length)
                return refuse("Content-Length is not a count");
        }
        if (codings.empty()) return {};
        if (is_old_) return refuse("Transfer-Encoding in HTTP/1.0");
        if (codings.size() > 1 || lower(codings.front()) != "chunked")
            return refuse("Transfer-Encoding is not a single chunked");
        head_.is_chunked = true;
        return {};
    }

    Checked settle_connection() {
        const auto expectations = all("expect");
        if (expectations.size() > 1 || (!expectations.empty() && lower(expectations.front()) != "100-continue"))
            return refuse("Expectation is not 100-continue", 417);
        head_.expects_continue = !expectations.empty() && !is_old_;
        const auto encodings = all("content-encoding");
        if (!encodings.empty() && (encodings.size() > 1 || lower(encodings.front()) != "identity"))
            return refuse("Content-Encoding is not identity", 415);
        head_.keeps_alive = !is_old_;
        for (std::string_view connection : all("connection"))
            if (lower(connection).find("close") != std::string::npos) head_.keeps_alive = false;
        return {};
    }

    std::string_view rest_;
    RequestHead head_;
    std::string authority_;     ///< of a target that has one
    std::string usual_scheme_;  ///< that decides which port goes without saying
    bool is_old_ = false;
};

}  // namespace

std::expected<RequestHead, HeadRefusal> read_head(std::string_view bytes) { return Reader(bytes).read(); }

std::string_view phrase_of(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Unknown";
    }
}

}  // namespace headwater
