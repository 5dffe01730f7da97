// For `headwater serve`: settles the settings and lends the service what this program can read and write.
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/components.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/request.h"
#include "app/s3_target.h"
#include "app/service_verifier.h"
#include "app/signals.h"
#include "app/target.h"
#include "service/service.h"
#include "service/settings.h"

namespace headwater {

namespace {

/// The console, shared by many threads.
class ConsoleLog final : public ServiceLog {
  public:
    explicit ConsoleLog(Console& console) : console_(console) {}

    void say(Level level, std::string_view message, const Fields& fields) override {
        constexpr LogLevel levels[] = {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug};
        std::lock_guard lock(mutex_);
        console_.log(levels[static_cast<int>(level)], message, fields);
    }

  private:
    std::mutex mutex_;
    Console& console_;
};

Result<void> refuse(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

/// True when a target of Kafka would use the password of the settings at other servers than theirs.
bool gives_password_away(const OutputPlan& output, const std::string& path, const ServiceSettings& settings) {
    const auto& values = settings.values;
    const std::string ours = "//" + values.find("KAFKA_BOOTSTRAP_SERVERS")->second;
    const bool is_ours = path == ours || path.starts_with(ours + "/");
    const auto protocol = output.options.find("security.protocol");
    const bool has_password = !values.find("KAFKA_PASSWORD")->second.empty() || std::getenv("KAFKA_SASL_PASSWORD") ||
                              std::getenv("KAFKA_SASL_OAUTHBEARER_TOKEN_COMMAND");
    const bool logs_in = protocol != output.options.end() && protocol->second.find("SASL") != std::string::npos;
    return has_password && logs_in && !is_ours;
}

/// Keeps clients to what they may name: no files of this machine but below one folder, nothing of this process.
Result<void> confine(OutputPlan& output, const ServiceSettings& settings) {
    const std::string& files = settings.files;
    for (const auto& [name, value] : output.options)
        if (name == "config" || name == "ca_file" || name == "profile" || name.ends_with(".location") ||
            name.starts_with("sasl.oauthbearer."))
            return refuse("Target option is not for clients of the service: " + name);
    auto address = address_of(output.to);
    if (!address) return std::unexpected(address.error());
    if (address->scheme == "kafka" && gives_password_away(output, address->path, settings))
        return refuse("Password of Kafka is for the servers of the settings only: " + output.to);
    if (address->scheme == "stdout") return refuse("Service has no standard output; name a target: outputs");
    if (address->scheme != "file") return {};
    if (files.empty()) return refuse("Service writes no files unless it is started with --files DIR: " + output.to);
    if (address->path.starts_with('/') || ("/" + address->path + "/").find("/../") != std::string::npos)
        return refuse("Target is not a folder below that of the service's files: " + output.to);
    output.to = "file:" + files + "/" + address->path;
    return {};
}

Result<void> settle_confined(Plan& plan, const ServiceSettings& settings) {
    if (auto settled = settle_outputs(plan); !settled) return settled;
    for (OutputPlan& output : plan.outputs)
        if (auto confined = confine(output, settings); !confined) return confined;
    return plan.answer_key ? confine(*plan.answer_key, settings) : Result<void>{};
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
    BuiltInComponents components(time,
                                 [&](const std::string& notice) { log.say(ServiceLog::Level::info, notice, {}); });
    const auto verifier =
        make_service_verifier(components, [&](OutputPlan& output) { return confine(output, *settings); }, time);
    const ServiceParts parts{.version = HEADWATER_VERSION,
                             .components = components,
                             .settle = [&](Plan& plan) { return settle_confined(plan, *settings); },
                             .pack_folders = pack_folders(arguments.plan),
                             .time = time,
                             .log = log,
                             .caller = load_caller,
                             .verifier = verifier.get()};
    auto served = serve(*settings, parts, stop);
    if (served) return exit_done;
    console.log(LogLevel::error, served.error().message);
    return exit_code_of(served.error().kind, exit_bad_input);
}

}  // namespace headwater
