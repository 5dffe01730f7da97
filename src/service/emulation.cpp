// For the requests of the emulator's clients: reading them, and saying as a scenario what they mean.
#include "service/emulation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

constexpr int64_t longest_timeout_s = 86'400;
constexpr int64_t largest_chunk_bytes = 5LL << 30;
constexpr uint64_t largest_real = 1ULL << 53;  ///< up to which a real number is one whole number
/// The profiles of the pack span this much of simulated time, and none of them may lie in the future.
constexpr int64_t profiles_span_us = 90 * micros_per_second;

/// A domain: what the pack calls it, and where its records go.
struct Domain {
    std::string_view name, stream, place, key;
};
constexpr Domain domains[] = {{"transaction", "transactions", "transactions", "transaction_id"},
                              {"user-profile", "user_profiles", "user-profiles", "user_id"},
                              {"device-log", "device_logs", "device-logs", "user_id"}};

const Domain& domain_called(std::string_view name) { return *std::ranges::find(domains, name, &Domain::name); }

const Words known_fields{"emulator_sync", "format_type",    "sync_type", "emulation_domain",
                         "timeout",       "max_chunk_size", "rate",      "seed"};

std::string listed(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string spelled(const Json& value) {
    std::string text = spell_json(value);
    if (text.size() > 80) text = text.substr(0, 80) + "...";
    return text;
}

/// Reads the fields of a body and collects what is wrong with them.
class Reader {
  public:
    Reader(const Json& body, std::vector<Mistake>& mistakes) : body_(body), mistakes_(mistakes) {}

    std::string word(const std::string& name, const Words& allowed) {
        const Json* value = find(name, "one of " + listed(allowed));
        if (value == nullptr) return "";
        const std::string text = value->is_string() ? lower(value->get<std::string>()) : "";
        if (std::ranges::find(allowed, text) != allowed.end()) return text;
        std::string hint = value->is_string() ? suggest(text, allowed) : "Write it as a text.";
        const Words layouts{"grouped", "chunked", "single"};
        if (name == "emulator_sync" && std::ranges::find(layouts, text) != layouts.end())
            hint = "This is a sync_type; emulator_sync says where to.";
        mistakes_.push_back({name,
                             "Field " + name + " is not known here: " + spelled(*value),
                             listed(allowed),
                             hint,
                             {},
                             spelled(*value)});
        return "";
    }

    int64_t number(const std::string& name, int64_t low, int64_t high) {
        const std::string allowed = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
        const Json* value = find(name, allowed);
        if (value == nullptr) return low;
        if (value->is_number_integer() && *value >= low && *value <= high) return value->get<int64_t>();
        const bool is_whole = value->is_number_float() && std::floor(value->get<double>()) == value->get<double>();
        if (is_whole && value->get<double>() >= static_cast<double>(low) &&
            value->get<double>() <= static_cast<double>(high))
            return static_cast<int64_t>(value->get<double>());
        mistakes_.push_back(
            {name, "Field " + name + " is not " + allowed + ": " + spelled(*value), allowed, "", {}, spelled(*value)});
        return low;
    }

    std::optional<double> optional_rate(const std::string& name) {
        const auto found = body_.find(name);
        if (found == body_.end()) return std::nullopt;
        const double rate = found->is_number() ? found->get<double>() : -1;
        if (rate == 0 || (rate >= lowest_rate && rate <= highest_rate)) return rate;
        const std::string allowed = "0, or a number of records per second from 0.001 to 1000000000";
        mistakes_.push_back({name,
                             "Field " + name + " is not " + allowed + ": " + spelled(*found),
                             allowed,
                             "0 is as fast as the target takes them.",
                             {},
                             spelled(*found)});
        return std::nullopt;
    }

    std::optional<uint64_t> optional_seed(const std::string& name) {
        const auto found = body_.find(name);
        if (found == body_.end()) return std::nullopt;
        if (found->is_number_unsigned() || (found->is_number_integer() && found->get<int64_t>() >= 0))
            return found->get<uint64_t>();
        const double real = found->is_number_float() ? found->get<double>() : -1;
        if (real >= 0 && real <= static_cast<double>(largest_real) && std::floor(real) == real)
            return static_cast<uint64_t>(real);
        const std::string allowed = "a whole number from 0 to " + std::to_string(largest_seed);
        mistakes_.push_back({name, "Field " + name + " is not " + allowed + ": " + spelled(*found), allowed, "", {}});
        return std::nullopt;
    }

    void refuse_others() {
        for (const auto& [name, value] : body_.items())
            if (std::ranges::find(known_fields, name) == known_fields.end())
                mistakes_.push_back(
                    {name, "Field is not known: " + name, listed(known_fields), suggest(name, known_fields), {}});
    }

  private:
    const Json* find(const std::string& name, const std::string& allowed) {
        const auto found = body_.find(name);
        if (found != body_.end()) return &*found;
        mistakes_.push_back({name, "Field is missing: " + name, allowed, "", {}});
        return nullptr;
    }

    const Json& body_;
    std::vector<Mistake>& mistakes_;
};

std::string rate_text(double rate) {
    char digits[40];
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, rate, std::chars_format::fixed, 6).ptr) +
           "/s";
}

std::string target_of(const EmulationRequest& request, const ServiceSettings& settings) {
    const std::string place = place_of_domain(request.emulation_domain);
    auto value = [&](const char* name) { return settings.values.find(name)->second; };
    if (request.emulator_sync == "kafka") {
        const bool has_password = !value("KAFKA_USERNAME").empty() && !value("KAFKA_PASSWORD").empty();
        return "kafka://" + value("KAFKA_BOOTSTRAP_SERVERS") + "/" + place +
               "?compression=gzip&topics=accept&partitions=5&replication=2" +
               (has_password ? "&security.protocol=SASL_SSL&sasl.mechanism=PLAIN" : "");
    }
    std::string endpoint = value("MINIO_ENDPOINT");
    if (endpoint.find("://") == std::string::npos)
        endpoint = (settings.uses_minio_tls ? "https://" : "http://") + endpoint;
    return "s3://" + place + "?endpoint=" + endpoint + "&create_bucket=true";
}

}  // namespace

std::optional<EmulationRequest> read_emulation(const Json& body, std::vector<Mistake>& mistakes) {
    if (!body.is_object()) {
        mistakes.push_back({"", "Body is no JSON object", listed(known_fields), "", {}});
        return std::nullopt;
    }
    Reader reader(body, mistakes);
    EmulationRequest request;
    request.emulator_sync = reader.word("emulator_sync", {"kafka", "minio"});
    request.format_type = reader.word("format_type", {"json", "csv", "parquet"});
    request.sync_type = reader.word("sync_type", {"grouped", "chunked", "single"});
    request.emulation_domain = reader.word("emulation_domain", {"transaction", "user-profile", "device-log"});
    request.max_chunk_size = static_cast<uint64_t>(reader.number("max_chunk_size", 1, largest_chunk_bytes));
    request.timeout = reader.number("timeout", 0, longest_timeout_s);
    request.rate = reader.optional_rate("rate");
    request.seed = reader.optional_seed("seed");
    reader.refuse_others();
    return mistakes.empty() ? std::optional(std::move(request)) : std::nullopt;
}

Json spell_emulation(const EmulationRequest& request) {
    return {{"emulator_sync", request.emulator_sync},   {"format_type", request.format_type},
            {"sync_type", request.sync_type},           {"emulation_domain", request.emulation_domain},
            {"max_chunk_size", request.max_chunk_size}, {"timeout", request.timeout}};
}

std::string place_of_domain(std::string_view domain) { return std::string(domain_called(domain).place); }
std::string key_field_of_domain(std::string_view domain) { return std::string(domain_called(domain).key); }

std::string scenario_of(const EmulationRequest& request, const ServiceSettings& settings, int64_t now) {
    const Domain& domain = domain_called(request.emulation_domain);
    const double rate = request.rate.value_or(settings.emulation_rate);
    // Simulated time keeps step with real time. With no pace it must not run ahead of it, whatever a target takes.
    const std::string density = rate_text(rate > 0 ? rate : 1e6);
    Json scenario{{"scenario", "emulation-" + request.emulation_domain}};
    scenario["packs"]["payments"] = {
        {"payments_rate", density}, {"logs_rate", density}, {"sleep", "0%"}, {"weekends", "0%"}};
    const bool is_profile = domain.name == "user-profile";
    scenario["clock"]["start"] = spell_instant(is_profile ? now - profiles_span_us : now);
    if (rate > 0) scenario["clock"]["rate"] = rate_text(rate);
    Json output{{"streams", domain.stream}, {"to", target_of(request, settings)}};
    if (request.emulator_sync == "minio") {
        const bool is_array = request.format_type == "json" && request.sync_type != "single";
        output["format"] = is_array ? "json-array" : request.format_type;
        output["layout"] = request.sync_type;
        if (request.format_type == "csv") output["to"] = target_of(request, settings) + "&records=json";
        if (request.sync_type == "chunked") output["max_chunk_size"] = std::to_string(request.max_chunk_size) + " B";
    } else {
        output["format"] = "json";
    }
    scenario["outputs"] = Json::array({output});
    return spell_json(scenario, 2) + "\n";
}

}  // namespace headwater
