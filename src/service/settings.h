// For the settings of the service: one table of names, from which file, environment, flags and help come.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headwater {

/// One setting that can be given.
struct SettingName {
    std::string_view name;       ///< in the environment and in a file: KAFKA_BOOTSTRAP_SERVERS
    std::string_view flag;       ///< --port; empty where a command line would show a secret
    std::string_view shape;      ///< of the flag's value: PORT
    std::string_view otherwise;  ///< value when nothing else is said
    std::string_view help;
    bool is_secret = false;
    /// True for a flag that says yes when it stands alone.
    bool is_switch() const { return shape == "true|false"; }
};

/// Lists all settings, in the order they are printed.
const std::vector<SettingName>& setting_names();

/// Values as given, by name.
using GivenSettings = std::map<std::string, std::string, std::less<>>;

/// The settings, read.
struct ServiceSettings {
    std::string host;
    uint16_t port = 0;
    std::string token;       ///< empty: none is needed
    std::string read_token;  ///< whose bearer changes nothing; empty: there is none
    std::vector<std::string> allowed_hosts;
    bool allows_plaintext = false;
    std::string tls_certificate;     ///< file; empty: plain text
    std::string tls_key;             ///< file
    size_t address_connections = 0;  ///< of one client address; 0 = as many as there are
    double address_rate = 0;         ///< requests per second of one client address; 0 = as many as it likes
    std::string data;                ///< folder
    std::string packs;               ///< folders of packs, with colons between them
    std::string files;               ///< folder below which file: targets may lie; empty: none may
    int most_running = 16;
    int most_waiting = 64;
    uint64_t run_memory_bytes = 0;           ///< that one run may take
    int64_t kept_us = -1;                    ///< from the end until a run is forgotten; -1: for ever
    int64_t most_kept = 0;                   ///< runs that are over
    std::optional<uint64_t> emulation_seed;  ///< of emulations that name none; none: each has its own
    bool hands_over = true;                  ///< a signal leaves the runs to the next start, and ends none
    double emulation_rate = 0;               ///< records per second, 0 = as fast as the target takes them
    bool uses_minio_tls = false;
    std::string webhook_secret;              ///< that calls at the end of runs are signed with; empty: none are made
    std::vector<std::string> webhook_hosts;  ///< that they may go to; empty: any
    bool allows_private_webhooks = true;
    std::vector<std::string> target_hosts;  ///< that clients may name as servers of targets; empty: any
    bool allows_private_targets = true;
    std::string log_level;  ///< error, warn, info, debug
    GivenSettings values;   ///< every setting as text
};

inline constexpr size_t usual_address_connections = 64;  ///< beyond loopback
inline constexpr double usual_address_rate = 200;        ///< beyond loopback
inline constexpr double lowest_rate = 0.001;             ///< records per second of an emulation, beside 0
inline constexpr double highest_rate = 1e9;
inline constexpr uint64_t largest_seed = UINT64_MAX;

/// Reads a file of lines NAME=value, as .env files are: blank lines, lines that begin with # and `export ` are passed
/// over, quotes around a value are taken off. Names that are no settings are left out.
Result<GivenSettings> read_settings_file(const std::string& path);

/// Puts the settings together: flags win over the environment, that over the file, that over the defaults. Gives every
/// mistake at once, a line each.
Result<ServiceSettings> settle_settings(const GivenSettings& flags,
                                        const std::function<std::optional<std::string>(const char* name)>& environment,
                                        const GivenSettings& file);

/// Prints NAME=value lines, with **** in place of secrets.
std::string settings_text(const ServiceSettings& settings);

/// True for addresses that only this machine can reach.
bool is_loopback(std::string_view host);

}  // namespace headwater
