// For the settings of the service: one table of names, from which file, environment, flags and help come.
#include "service/settings.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "pack/reader.h"
#include "service/webhook.h"

namespace headwater {

namespace {

const SettingName* setting_called(std::string_view name) {
    const auto found = std::ranges::find(setting_names(), name, &SettingName::name);
    return found == setting_names().end() ? nullptr : &*found;
}

/// Takes a list with commas apart.
std::vector<std::string> list_in(std::string_view text) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(text, ','))
        if (!trimmed(part).empty()) parts.emplace_back(trimmed(part));
    return parts;
}

/// Reads values by their names and collects what is wrong with them.
class Reader {
  public:
    explicit Reader(const GivenSettings& values) : values_(values) {}

    const std::string& text(std::string_view name) const { return values_.find(name)->second; }

    template <typename Number>
    Number number(std::string_view name, Number low, Number high) {
        const std::string& given = text(name);
        Number value{};
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (error == std::errc() && end == given.data() + given.size() && value >= low && value <= high) return value;
        complain(name, "is not a number from " + spelled(low) + " to " + spelled(high));
        return low;
    }

    bool flag(std::string_view name) {
        const std::string given = lower(text(name));
        if (given == "true" || given == "1" || given == "yes") return true;
        if (given != "false" && given != "0" && given != "no" && !given.empty())
            complain(name, "is neither true nor false");
        return false;
    }

    /// Gives a duration; -1 where none is given.
    int64_t duration(std::string_view name) {
        if (text(name).empty()) return -1;
        const auto given = parse_duration(text(name));
        if (!given || *given <= 0) complain(name, "is no duration, such as 30d");
        return given.value_or(0);
    }

    std::string choice(std::string_view name, const std::vector<std::string>& allowed) {
        std::string given = lower(text(name));
        if (std::ranges::find(allowed, given) != allowed.end()) return given;
        std::string listed;
        for (const std::string& one : allowed) listed += (listed.empty() ? "" : ", ") + one;
        complain(name, "is none of " + listed);
        return allowed.front();
    }

    /// Reads a level of theirs and gives ours.
    std::string level(std::string_view name) {
        std::string given = text(name);
        for (char& c : given)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        for (auto [theirs, ours] :
             {std::pair("DEBUG", "debug"), std::pair("INFO", "info"), std::pair("WARNING", "warn"),
              std::pair("WARN", "warn"), std::pair("ERROR", "error"), std::pair("CRITICAL", "error")})
            if (given == theirs) return ours;
        complain(name, "is none of DEBUG, INFO, WARNING, ERROR, CRITICAL");
        return "info";
    }

    void complain(std::string_view name, const std::string& what) {
        complaints_ += complaints_.empty() ? "" : "\n";
        complaints_ += "Setting " + std::string(name) + " " + what;
        if (!setting_called(name)->is_secret) complaints_ += ": " + text(name);
    }

    const std::string& complaints() const { return complaints_; }

  private:
    static std::string spelled(auto number) {
        char digits[32];
        return std::string(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    }

    const GivenSettings& values_;
    std::string complaints_;
};

/// Gives the memory of this machine, or of the group of processes that this one belongs to where that has less.
uint64_t machine_memory_bytes() {
    uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    std::ifstream file("/sys/fs/cgroup/memory.max");
    if (uint64_t group = 0; file >> group) bytes = std::min(bytes, group);
    return bytes;
}

void settle_tls(ServiceSettings& settings, Reader& reader) {
    settings.tls_certificate = reader.text("HEADWATER_TLS_CERT");
    settings.tls_key = reader.text("HEADWATER_TLS_KEY");
    if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
        const bool lacks_key = settings.tls_key.empty();
        reader.complain(lacks_key ? "HEADWATER_TLS_CERT" : "HEADWATER_TLS_KEY",
                        lacks_key ? "is set without HEADWATER_TLS_KEY" : "is set without HEADWATER_TLS_CERT");
    }
    if (!is_loopback(settings.host) && !settings.allows_plaintext && settings.tls_certificate.empty())
        reader.complain(
            "HEADWATER_HOST",
            "is beyond loopback, so TLS is needed; give --tls-cert and --tls-key, or put a proxy that has it "
            "in front and give --allow-plaintext");
}

void settle_limits(ServiceSettings& settings, Reader& reader) {
    const bool is_alone = is_loopback(settings.host);
    settings.address_connections = is_alone ? 0 : usual_address_connections;
    if (!reader.text("HEADWATER_ADDRESS_CONNECTIONS").empty())
        settings.address_connections = reader.number<size_t>("HEADWATER_ADDRESS_CONNECTIONS", 0, 1'000'000);
    settings.address_rate = is_alone ? 0 : usual_address_rate;
    if (!reader.text("HEADWATER_ADDRESS_RATE").empty())
        settings.address_rate = reader.number("HEADWATER_ADDRESS_RATE", 0.0, 1e9);
}

}  // namespace

const std::vector<SettingName>& setting_names() {
    static const std::vector<SettingName> names{
        {"HEADWATER_HOST", "--host", "ADDRESS", "127.0.0.1", "Address to listen on; beyond loopback a token is needed"},
        {"HEADWATER_PORT", "--port", "PORT", "8000", "Port to listen on; 0 takes any that is free"},
        {"HEADWATER_TOKEN", "", "", "", "Token that every request must carry as Authorization: Bearer", true},
        {"HEADWATER_READ_TOKEN", "", "", "", "Token with which everything can be looked at, and nothing changed", true},
        {"HEADWATER_ALLOWED_HOSTS", "--allowed-hosts", "NAME,...", "",
         "Names that this service is called by, beside localhost and the address it listens on"},
        {"HEADWATER_TLS_CERT", "--tls-cert", "FILE", "",
         "Certificate with its chain, as PEM; with its key the service speaks TLS"},
        {"HEADWATER_TLS_KEY", "--tls-key", "FILE", "", "Key of the certificate, as PEM without a password"},
        {"HEADWATER_ALLOW_PLAINTEXT", "--allow-plaintext", "true|false", "false",
         "Listen beyond loopback without TLS, behind a proxy that has it"},
        {"HEADWATER_ADDRESS_CONNECTIONS", "--address-connections", "N", "",
         "Connections of one client address; 0 is no limit; by default 64, and no limit where only loopback is "
         "listened on"},
        {"HEADWATER_ADDRESS_RATE", "--address-rate", "N", "",
         "Requests per second of one client address; 0 is no limit; by default 200, and no limit on loopback"},
        {"HEADWATER_DATA", "--data", "DIR", ".headwater/service", "Folder of runs, their journals and the store"},
        {"HEADWATER_PACKS", "--packs", "DIR:...", "",
         "Folders with packs, looked into before ./packs and the built-in ones; of them a run reads those that it "
         "names"},
        {"HEADWATER_FILES", "--files", "DIR", "",
         "Folder that file: targets are meant from; without one there are none"},
        {"HEADWATER_MAX_RUNNING", "--max-running", "N", "16", "Runs that go on at the same time"},
        {"HEADWATER_MAX_WAITING", "--max-waiting", "N", "64", "Runs that wait for their turn; more are answered 429"},
        {"HEADWATER_RUN_MEMORY", "--run-memory", "SIZE", "",
         "Memory that one run may take, such as 2GiB, and all of them four times that; by default an eighth of the "
         "machine's"},
        {"HEADWATER_RETENTION", "--retention", "DURATION", "",
         "Time from its end for which a run is kept, such as 30d; for ever when nothing is said"},
        {"HEADWATER_MAX_KEPT", "--max-kept", "N", "10000", "Runs that are over and kept; the oldest are forgotten"},
        {"HEADWATER_ON_STOP", "--on-stop", "drain|resume", "resume",
         "What a signal does to runs: resume lets the next start go on with them, drain delivers what they made and "
         "ends "
         "them"},
        {"HEADWATER_WEBHOOK_SECRET", "", "", "",
         "Secret that calls at the end of runs are signed with; without it there are none", true},
        {"HEADWATER_WEBHOOK_HOSTS", "--webhook-hosts", "HOST,...", "",
         "Hosts that such calls may go to; any when none is named"},
        {"HEADWATER_WEBHOOK_PRIVATE", "--webhook-private", "true|false", "true",
         "Let such calls go to private networks and this machine"},
        {"HEADWATER_TARGET_HOSTS", "--target-hosts", "HOST,...", "",
         "Hosts of Kafka and S3 that clients may name beside those of the settings; any when none is named"},
        {"HEADWATER_TARGET_PRIVATE", "--target-private", "true|false", "true",
         "Let clients name servers in private networks and on this machine"},
        {"EMULATION_RATE", "--emulation-rate", "N", "5000",
         "Records per second of an emulation that names no rate; 0 is as fast as the target takes them"},
        {"EMULATION_SEED", "--emulation-seed", "N", "random",
         "Seed of emulations that name none: with one, all domains are about the same people; random draws one for "
         "each"},
        {"KAFKA_BOOTSTRAP_SERVERS", "--kafka-bootstrap-servers", "HOST:PORT", "localhost:9092", "Kafka of emulations"},
        {"KAFKA_USERNAME", "", "", "", "User of Kafka; with a password, SASL PLAIN over TLS is used"},
        {"KAFKA_PASSWORD", "", "", "", "Password of Kafka", true},
        {"MINIO_ENDPOINT", "--minio-endpoint", "HOST:PORT", "minio:9000", "MinIO of emulations"},
        {"MINIO_ACCESS_KEY", "", "", "minio", "Access key of MinIO"},
        {"MINIO_SECRET_KEY", "", "", "minio123", "Secret key of MinIO", true},
        {"MINIO_SECURE", "--minio-secure", "true|false", "false", "Speak to MinIO over TLS"},
        {"LOG_LEVEL", "--log-level", "LEVEL", "INFO",
         "Least grave messages: DEBUG, INFO, WARNING, ERROR or CRITICAL, in any case"},
    };
    return names;
}

Result<GivenSettings> read_settings_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorKind::invalid, "Settings file cannot be read: " + path);
    GivenSettings values;
    int number = 0;
    for (std::string whole; std::getline(file, whole);) {
        ++number;
        std::string_view line = trimmed(whole);
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("export ")) line = trimmed(line.substr(7));
        const size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            return fail(ErrorKind::invalid,
                        "Line of the settings file is not NAME=value: " + path + ":" + std::to_string(number));
        std::string_view value = trimmed(line.substr(equals + 1));
        const bool is_quoted =
            value.size() >= 2 && value.front() == value.back() && (value[0] == '"' || value[0] == '\'');
        if (is_quoted) value = value.substr(1, value.size() - 2);
        const std::string_view name = trimmed(line.substr(0, equals));
        if (setting_called(name) != nullptr) values[std::string(name)] = value;
    }
    return values;
}

Result<ServiceSettings> settle_settings(const GivenSettings& flags,
                                        const std::function<std::optional<std::string>(const char*)>& environment,
                                        const GivenSettings& file) {
    ServiceSettings settings;
    for (const SettingName& one : setting_names()) {
        std::string& value = settings.values[std::string(one.name)];
        value = one.otherwise;
        if (const auto in_file = file.find(one.name); in_file != file.end()) value = in_file->second;
        if (const auto set = environment(std::string(one.name).c_str())) value = *set;
        if (const auto flag = flags.find(one.name); flag != flags.end()) value = flag->second;
    }
    Reader reader(settings.values);
    settings.host = reader.text("HEADWATER_HOST");
    settings.port = reader.number<uint16_t>("HEADWATER_PORT", 0, 65535);
    settings.token = reader.text("HEADWATER_TOKEN");
    settings.read_token = reader.text("HEADWATER_READ_TOKEN");
    settings.allowed_hosts = list_in(reader.text("HEADWATER_ALLOWED_HOSTS"));
    settings.allows_plaintext = reader.flag("HEADWATER_ALLOW_PLAINTEXT");
    settings.data = reader.text("HEADWATER_DATA");
    settings.packs = reader.text("HEADWATER_PACKS");
    settings.files = reader.text("HEADWATER_FILES");
    settings.most_running = reader.number("HEADWATER_MAX_RUNNING", 1, 1024);
    settings.most_waiting = reader.number("HEADWATER_MAX_WAITING", 0, 100'000);
    settings.run_memory_bytes = machine_memory_bytes() / 8;
    if (const std::string& asked = reader.text("HEADWATER_RUN_MEMORY"); !asked.empty()) {
        settings.run_memory_bytes = read_size(asked).value_or(0);
        if (settings.run_memory_bytes == 0) reader.complain("HEADWATER_RUN_MEMORY", "is not a size, such as 2GiB");
    }
    settings.kept_us = reader.duration("HEADWATER_RETENTION");
    settings.most_kept = reader.number<int64_t>("HEADWATER_MAX_KEPT", 1, 10'000'000);
    if (const std::string& seed = reader.text("EMULATION_SEED"); !seed.empty() && seed != "random")
        settings.emulation_seed = reader.number<uint64_t>("EMULATION_SEED", 0, largest_seed);
    settings.hands_over = reader.choice("HEADWATER_ON_STOP", {"drain", "resume"}) == "resume";
    settings.emulation_rate = reader.number("EMULATION_RATE", 0.0, highest_rate);
    if (settings.emulation_rate > 0 && settings.emulation_rate < lowest_rate)
        reader.complain("EMULATION_RATE", "is neither 0 nor at least 0.001");
    settings.uses_minio_tls = reader.flag("MINIO_SECURE");
    settings.webhook_secret = reader.text("HEADWATER_WEBHOOK_SECRET");
    settings.webhook_hosts = list_in(reader.text("HEADWATER_WEBHOOK_HOSTS"));
    settings.allows_private_webhooks = reader.flag("HEADWATER_WEBHOOK_PRIVATE");
    settings.target_hosts = list_in(reader.text("HEADWATER_TARGET_HOSTS"));
    settings.allows_private_targets = reader.flag("HEADWATER_TARGET_PRIVATE");
    if (!settings.webhook_secret.empty() && settings.webhook_secret.size() < 16)
        reader.complain("HEADWATER_WEBHOOK_SECRET", "is shorter than 16 characters");
    if (!key_of_secret(settings.webhook_secret))
        reader.complain("HEADWATER_WEBHOOK_SECRET", "begins with whsec_, so the base64 of 24 to 64 bytes must follow");
    settings.log_level = reader.level("LOG_LEVEL");
    if (settings.data.empty()) reader.complain("HEADWATER_DATA", "names no folder");
    const bool is_weak = !settings.token.empty() && settings.token.size() < 16;
    if (is_weak) reader.complain("HEADWATER_TOKEN", "is shorter than 16 characters");
    if (!settings.read_token.empty() && settings.read_token.size() < 16)
        reader.complain("HEADWATER_READ_TOKEN", "is shorter than 16 characters");
    if (!settings.read_token.empty() && settings.token.empty())
        reader.complain("HEADWATER_READ_TOKEN", "is of no use without HEADWATER_TOKEN");
    if (!settings.read_token.empty() && settings.read_token == settings.token)
        reader.complain("HEADWATER_READ_TOKEN", "is the same as HEADWATER_TOKEN");
    settle_tls(settings, reader);
    settle_limits(settings, reader);
    if (!is_loopback(settings.host) && settings.token.empty())
        reader.complain("HEADWATER_HOST", "is beyond loopback, so HEADWATER_TOKEN must be set");
    if (!reader.complaints().empty()) return fail(ErrorKind::invalid, reader.complaints());
    return settings;
}

std::string settings_text(const ServiceSettings& settings) {
    std::string text;
    for (const SettingName& one : setting_names()) {
        const std::string& value = settings.values.find(one.name)->second;
        text += std::string(one.name) + "=" + (one.is_secret && !value.empty() ? "****" : value) + "\n";
    }
    return text;
}

bool is_loopback(std::string_view host) {
    const bool is_v4 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "::1" || host == "[::1]" || is_v4;
}

}  // namespace headwater
