// For the service as a whole: what it answers, and how it ends.
#include "service/service.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/text.h"
#include "service/api.h"
#include "service/http_server.h"
#include "service/problem.h"

namespace headwater {

namespace {

constexpr uint64_t longest_body_bytes = 1 << 20;

/// Compares secrets in a time that does not tell how far they agree.
bool is_same_secret(std::string_view given, std::string_view wanted) {
    size_t difference = given.size() ^ wanted.size();
    for (size_t i = 0; i < given.size(); ++i)
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted[i % wanted.size()]);
    return difference == 0;
}

/// Gives the type of a body without its parameters, in lower case.
std::string type_of(std::string_view field) { return lower(trimmed_end(split(field, ';', 2)[0])); }

HttpResponse with_field(HttpResponse response, const char* name, std::string value) {
    response.fields.emplace_back(name, std::move(value));
    return response;
}

class Service final : public HttpHandler {
  public:
    Service(const ServiceSettings& settings, const ServiceParts& parts, Runs& runs, Verifications& verifications)
        : settings_(settings),
          log_(parts.log),
          telemetry_(runs, parts.time),
          context_{settings, parts, runs, verifications, requests_, telemetry_} {
        add_emulator_routes(routes_, context_);
        add_run_routes(routes_, context_);
        add_steering_routes(routes_, context_);
        add_verification_routes(routes_, context_);
        add_switch_routes(routes_, context_);
        add_pack_routes(routes_, context_);
        add_own_pack_routes(routes_, context_);
        add_service_routes(routes_, context_);
        add_docs_routes(routes_);
    }

    Admission admit(HttpRequest& head) override {
        if (!is_ours(head.host)) return {problem(421, "Host is not one of this service: " + head.host)};
        const std::string_view origin = field_of(head.fields, "origin");
        const std::string host(field_of(head.fields, "host"));
        if (!origin.empty() && origin != "http://" + host && origin != "https://" + host)
            return {problem(403, "Origin is not this service: " + std::string(origin))};
        std::string allowed;
        const Route* route = head.route = routes_.find(head.method, head.path, head.segments, allowed);
        if (route == nullptr && allowed.empty()) return {problem(404, "Path does not exist: " + head.path)};
        if (route == nullptr)
            return {with_field(problem(405, "Method is not known here: " + head.method), "Allow", allowed)};
        const Access access = route->is_open ? Access::all : access_of(head);
        if (access == Access::none)
            return {with_field(problem(401, "Token is missing or wrong"), "WWW-Authenticate", "Bearer")};
        if (access == Access::looking && head.method != "GET" && head.method != "HEAD")
            return {problem(403, "Token may look at everything, and change nothing: " + head.method)};
        if (!route->body && head.has_body()) return {{}, 0, route->is_quick};
        if (route->body && !takes(*route->body, head)) {
            const std::string type(field_of(head.fields, "content-type"));
            return {problem(415, type.empty() ? "Content-Type is missing" : "Content-Type is not known here: " + type,
                            {{"content-type", "A body needs its type", listed(route->body->content_types), "", {}}})};
        }
        return {{}, route->body ? longest_body_bytes : 0, route->is_quick};
    }

    HttpResponse answer(const HttpRequest& request) override {
        try {
            return request.route->answer(request);
        } catch (const std::exception& error) {
            log_.say(ServiceLog::Level::error, "Request failed: " + std::string(error.what()),
                     {{"request", request.id}});
        }
        return problem(500, "Request failed inside; the log tells more under its id: " + request.id);
    }

    HttpResponse refuse(int status, const std::string& reason) override { return problem(status, reason); }

    void failed(const std::string& reason) override {
        log_.say(ServiceLog::Level::error, "Connection failed: " + reason, {});
    }

    void answered(const HttpRequest& request, const HttpResponse& response, int64_t micros) override {
        requests_.count(request.route == nullptr ? "" : request.route->path, request.method, response.status, micros);
        log_.say(ServiceLog::Level::info, "request",
                 {{"id", request.id},
                  {"peer", request.peer},
                  {"method", request.method},
                  {"path", request.path},
                  {"status", std::to_string(response.status)},
                  {"bytes", std::to_string(response.body.size())},
                  {"micros", std::to_string(micros)}});
    }

    void tick() { telemetry_.tick(); }
    void close() { context_.is_closing = true; }

  private:
    static std::string listed(const std::vector<std::string>& words) {
        std::string text;
        for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
        return text;
    }

    static bool takes(const RouteBody& body, const RequestHead& head) {
        const std::string type = type_of(field_of(head.fields, "content-type"));
        return std::ranges::find(body.content_types, type) != body.content_types.end();
    }

    bool is_ours(const std::string& host) const {
        // HTTP/1.0 knows no Host, and no browser speaks it.
        if (host.empty() || is_loopback(host) || host == settings_.host || host == "[" + settings_.host + "]")
            return true;
        return std::ranges::find(settings_.allowed_hosts, host) != settings_.allowed_hosts.end();
    }

    /// What a client may do.
    enum class Access { none, looking, all };

    Access access_of(const RequestHead& head) const {
        if (settings_.token.empty()) return Access::all;
        std::string_view given = field_of(head.fields, "authorization");
        const size_t blank = std::min(given.find(' '), given.size());
        const std::string_view scheme = given.substr(0, blank);
        constexpr std::string_view wanted = "bearer";
        const bool is_bearer =
            std::ranges::equal(scheme, wanted, {}, [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        given.remove_prefix(std::min(given.find_first_not_of(' ', blank), given.size()));
        if (!is_bearer || given.empty()) return Access::none;
        if (is_same_secret(given, settings_.token)) return Access::all;
        const bool may_look = !settings_.read_token.empty() && is_same_secret(given, settings_.read_token);
        return may_look ? Access::looking : Access::none;
    }

    const ServiceSettings& settings_;
    ServiceLog& log_;
    RequestMetrics requests_;
    Telemetry telemetry_;
    ApiContext context_;
    Routes routes_;
};

}  // namespace

std::unique_ptr<HttpHandler> make_service(const ServiceSettings& settings, const ServiceParts& parts, Runs& runs,
                                          Verifications& verifications) {
    return std::make_unique<Service>(settings, parts, runs, verifications);
}

Result<void> serve(const ServiceSettings& settings, const ServiceParts& parts, const StopToken& stop) {
    auto runs = Runs::open({settings.data, settings.most_running, settings.most_waiting, settings.run_memory_bytes,
                            settings.webhook_secret, settings.kept_us, settings.most_kept, settings.hands_over},
                           parts);
    if (!runs) return std::unexpected(runs.error());
    auto verifications = Verifications::open(settings.data, **runs, parts);
    if (!verifications) return std::unexpected(verifications.error());
    Service service(settings, parts, **runs, **verifications);
    std::unique_ptr<TlsIdentity> identity;
    if (!settings.tls_certificate.empty()) {
        auto opened = TlsIdentity::open(settings.tls_certificate, settings.tls_key);
        if (!opened) return std::unexpected(opened.error());
        identity = std::move(*opened);
    }
    auto server = HttpServer::open({.host = settings.host,
                                    .port = settings.port,
                                    .address_connections = settings.address_connections,
                                    .address_rate = settings.address_rate,
                                    .tls = identity.get()},
                                   service);
    if (!server) return std::unexpected(server.error());
    if (parts.egress != nullptr) parts.egress->listen_at((*server)->port());
    const std::string host = settings.host.find(':') == std::string::npos ? settings.host : "[" + settings.host + "]";
    const std::string scheme = identity ? "https://" : "http://";
    parts.log.say(ServiceLog::Level::info, "Serving " + scheme + host + ":" + std::to_string((*server)->port()),
                  {{"data", settings.data}});
    bool is_closing = false;
    (*server)->serve([&] {
        const bool is_idle = (*runs)->is_idle() && (*verifications)->is_idle();
        service.tick();
        (*runs)->look_at_store();
        if (!stop.requested()) return false;
        if (std::exchange(is_closing, true)) return is_idle;
        parts.log.say(ServiceLog::Level::info,
                      settings.hands_over ? "Shutting down: the next start goes on with what runs and what waits"
                                          : "Shutting down: what runs is ended, what waits is kept",
                      {});
        service.close();
        (*server)->stop_accepting();
        (*runs)->shut_down();
        (*verifications)->shut_down();
        return false;
    });
    parts.log.say(ServiceLog::Level::info, "Served", {});
    return {};
}

}  // namespace headwater
