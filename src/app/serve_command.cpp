// For `headwater serve`: settles the settings and lends the service what this program can read and write.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/places.h"
#include "app/request.h"
#include "app/service_verifier.h"
#include "app/signals.h"
#include "app/target.h"
#include "service/egress.h"
#include "service/service.h"
#include "service/settings.h"
#include "sink/s3/factories.h"

namespace headwater {

namespace {

/// The console, shared by many threads.
class ConsoleLog final : public ServiceLog {
  public:
    explicit ConsoleLog(Console& console) : console_(console) {}

    void say(Level level, std::string_view message, const Fields& fields) override {
        constexpr LogLevel levels[] = {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug};
        std::string line(message);  // which may have words of somebody else in it
        std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, ' ');
        std::lock_guard lock(mutex_);
        console_.log(levels[static_cast<int>(level)], line, fields);
    }

  private:
    std::mutex mutex_;
    Console& console_;
};

Result<void> settle_confined(Plan& plan, const ServicePlace& place) {
    if (auto settled = settle_outputs(plan); !settled) return settled;
    for (OutputPlan& output : plan.outputs)
        if (auto confined = confine(output, place); !confined) return confined;
    if (plan.answer_key)
        if (auto confined = confine(*plan.answer_key, place); !confined) return confined;
    return check_places(plan);
}

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<ServiceSettings> settings_of(const ServeArguments& arguments) {
    GivenSettings file;
    if (!arguments.config.empty()) {
        auto read = read_settings_file(arguments.config);
        if (!read) return std::unexpected(read.error());
        file = std::move(*read);
    }
    return settle_settings(arguments.settings, variable, file);
}

/// Sinks find the secrets of their servers in the environment, wherever they came from. Before any thread is begun.
void export_settings(const ServiceSettings& settings) {
    for (const auto& [name, value] : settings.values)
        if ((name.starts_with("MINIO_") || name.starts_with("KAFKA_")) && !value.empty())
            setenv(name.c_str(), value.c_str(), 1);
    auto value = [&](const char* name) { return settings.values.find(name)->second; };
    // What clients name gets no secrets of ours: they are bound where they are joined with a server.
    setenv("KAFKA_SASL_SERVERS", value("KAFKA_BOOTSTRAP_SERVERS").c_str(), 1);
    setenv("S3_KEYS_BOUND", "1", 1);
    if (value("KAFKA_USERNAME").empty() || value("KAFKA_PASSWORD").empty()) return;
    setenv("KAFKA_SASL_USERNAME", value("KAFKA_USERNAME").c_str(), 1);
    setenv("KAFKA_SASL_PASSWORD", value("KAFKA_PASSWORD").c_str(), 1);
}

}  // namespace

int serve_command(const Arguments& arguments) {
    auto settings = settings_of(arguments.serve);
    ConsoleArguments console_arguments = arguments.console;
    if (settings) console_arguments.log_level = settings->log_level;
    Console console(console_arguments);
    if (!settings) {
        console.log(LogLevel::error, settings.error().message);
        return exit_bad_input;
    }
    if (arguments.serve.print_config) {
        const std::string text = settings_text(*settings);
        std::fwrite(text.data(), 1, text.size(), stdout);
        return exit_done;
    }
    export_settings(*settings);
    static StopToken stop;  // the signal handler may need it to the very end
    stop_on_signals(stop);
    SystemTime time;
    ConsoleLog log(console);
    Egress egress(*settings);
    const TargetBounds bounds{.guard = egress.guard_of_servers(), .files = settings->files};
    BuiltInComponents components(
        time, [&](const std::string& notice) { log.say(ServiceLog::Level::info, notice, {}); }, bounds);
    const ServicePlace place{.files = settings->files, .why_not = [&](const std::string& host, uint16_t port) {
                                 return egress.check_server(host, port);
                             }};
    const auto verifier =
        make_service_verifier(components, [&](OutputPlan& output) { return confine(output, place); }, bounds, time);
    const ServiceParts parts{.version = HEADWATER_VERSION,
                             .components = components,
                             .settle = [&](Plan& plan) { return settle_confined(plan, place); },
                             .pack_folders = pack_folders({}, settings->packs),
                             .time = time,
                             .log = log,
                             .caller = load_caller,
                             .verifier = verifier.get(),
                             .egress = &egress};
    auto served = serve(*settings, parts, stop);
    if (served) return exit_done;
    console.log(LogLevel::error, served.error().message);
    return exit_code_of(served.error().kind, exit_bad_input);
}

}  // namespace headwater
