// For what can be said of a Kafka target: where it is, how its topics are made, how records are written.
#include "sink/kafka/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/text.h"

namespace headwater {

namespace {

constexpr std::array topic_settings{"retention.ms", "cleanup.policy", "min.insync.replicas", "max.message.bytes"};
constexpr std::array own_names{"config", "in_flight", "partitions", "replication", "timestamp", "topics"};
constexpr const char* usual_port = "9092";

Result<void> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

std::optional<uint64_t> number_in(const std::string& text) {
    uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole ? std::optional(number) : std::nullopt;
}

/// The parts of //host:port,host:port/topic.
struct Address {
    std::string servers;
    std::string topic;
};

Result<Address> address_in(const std::string& text) {
    auto wrong = [&](const std::string& what) {
        return fail(ErrorKind::invalid,
                    "Kafka target " + what + ", as kafka://localhost:9092/orders does: kafka:" + text);
    };
    if (!text.starts_with("//")) return wrong("does not begin with //");
    size_t slash = std::min(text.find('/', 2), text.size());
    Address address{text.substr(2, slash - 2), slash < text.size() ? text.substr(slash + 1) : ""};
    if (address.servers.find('@') != std::string::npos)
        return fail(
            ErrorKind::invalid,
            "Kafka target holds no password; set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, for the server: " +
                address.servers.substr(address.servers.rfind('@') + 1));
    if (address.topic.find('/') != std::string::npos) return wrong("names one topic behind its servers");
    return address;
}

Result<std::string> with_ports(const std::string& servers) {
    std::string all;
    for (const std::string_view one : split(servers, ',')) {
        const std::string server(one);
        size_t colon = server.rfind(':');
        bool has_port = colon != std::string::npos && server.find(']', colon) == std::string::npos;
        auto port = has_port ? number_in(server.substr(colon + 1)) : std::nullopt;
        if (server.empty() || colon == 0 || (has_port && (!port || *port == 0 || *port > 65535)))
            return fail(ErrorKind::invalid, "Kafka server is not host:port: " + server);
        all += (all.empty() ? "" : ",") + server + (has_port ? "" : ":" + std::string(usual_port));
    }
    return all;
}

Result<void> check_topic(const std::string& pattern) {
    std::string name = topic_of(pattern, "p.s");
    auto is_allowed = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
    if (name.find("$(") != std::string::npos)
        return invalid("Topic has holes other than $(stream) and $(pack): " + pattern);
    if (name.empty() || name == "." || name == ".." || name.size() > 249 || !std::ranges::all_of(name, is_allowed))
        return invalid("Topic is not of at most 249 letters, digits, dots, dashes and underscores: " + pattern);
    return {};
}

/// Reads the options that are not properties of the client.
class Reader {
  public:
    explicit Reader(KafkaOptions& options) : options_(options) {}

    /// Gives false for what is not of ours.
    Result<bool> take(const std::string& name, const std::string& value) {
        if (std::ranges::find(topic_settings, name) != topic_settings.end()) {
            options_.topics.config[name] = value;
            return true;
        }
        if (name == "config") return true;  // read before all others
        if (name == "topics") return take_policy(value);
        if (name == "timestamp") return take_timestamp(value);
        if (name == "partitions") return take_count(name, value, options_.topics.partitions);
        if (name == "replication") return take_count(name, value, options_.topics.replication);
        if (name == "in_flight" || name == "buffer.memory") return take_size(name, value);
        if (name == "compression.type" || name == "compression.codec") {
            options_.compression = value;
            return true;
        }
        return false;
    }

  private:
    std::unexpected<Error> is_not(const std::string& name, const std::string& allowed, const std::string& value) {
        return fail(ErrorKind::invalid, "Option " + name + " is not " + allowed + ": " + value);
    }

    Result<bool> take_policy(const std::string& value) {
        for (auto [name, policy] : {std::pair{"create", TopicPolicy::create},
                                    {"accept", TopicPolicy::accept},
                                    {"check", TopicPolicy::check},
                                    {"off", TopicPolicy::off}}) {
            if (value != name) continue;
            options_.topics.policy = policy;
            return true;
        }
        return is_not("topics", "create, accept, check or off", value);
    }

    Result<bool> take_timestamp(const std::string& value) {
        if (value != "event" && value != "now") return is_not("timestamp", "event or now", value);
        options_.event_time = value == "event";
        return true;
    }

    Result<bool> take_count(const std::string& name, const std::string& value, std::optional<int>& count) {
        auto number = number_in(value);
        if (!number || *number == 0 || *number > 100'000) return is_not(name, "a whole number above 0", value);
        count = static_cast<int>(*number);
        return true;
    }

    Result<bool> take_size(const std::string& name, const std::string& value) {
        auto size = parse_size(value);
        if (!size || *size == 0) return is_not(name, "a size, such as " + std::string(size_examples), value);
        options_.in_flight_bytes = *size;
        return true;
    }

    KafkaOptions& options_;
};

Result<void> take_options(const KafkaRequest& request, KafkaOptions& options) {
    Reader reader(options);
    if (auto file = request.options.find("config"); file != request.options.end()) {
        if (auto added = options.properties.add_file(file->second); !added) return added;
    }
    for (auto& [name, value] : request.options) {
        auto taken = reader.take(name, value);
        if (!taken) return std::unexpected(taken.error());
        if (*taken) continue;
        // What is nearer to an option of ours than to any property is a misspelt option.
        std::vector<std::string> own(own_names.begin(), own_names.end());
        own.insert(own.end(), topic_settings.begin(), topic_settings.end());
        std::vector<std::string> all = KafkaProperties::names();
        all.insert(all.end(), own.begin(), own.end());
        std::string near = nearest_name(name, all);
        if (std::ranges::find(own, near) != own.end())
            return invalid("Kafka target has no such option (did you mean " + near + "?): " + name);
        if (auto added = options.properties.add(name, value); !added) return added;
    }
    for (auto [variable, name] : {std::pair{"KAFKA_SASL_USERNAME", "sasl.username"},
                                  {"KAFKA_SASL_PASSWORD", "sasl.password"},
                                  {"KAFKA_SASL_OAUTHBEARER_CLIENT_ID", "sasl.oauthbearer.client.id"},
                                  {"KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET", "sasl.oauthbearer.client.secret"},
                                  {"KAFKA_SASL_OAUTHBEARER_TOKEN_COMMAND", "sasl.oauthbearer.token.command"}}) {
        const char* value = std::getenv(variable);
        if (value == nullptr || options.properties.has(name)) continue;
        // An endpoint that is named counts more than a command that holds for all.
        const bool is_command = name == std::string_view("sasl.oauthbearer.token.command");
        if (is_command && options.properties.has("sasl.oauthbearer.token.endpoint.url")) continue;
        if (auto added = options.properties.add(name, value); !added) return added;
    }
    return options.properties.settle();
}

}  // namespace

Result<void> check_kafka_address(const std::string& text) {
    auto address = address_in(text);
    if (!address) return std::unexpected(address.error());
    if (!address->topic.empty()) {
        if (auto checked = check_topic(address->topic); !checked) return checked;
    }
    if (address->servers.empty()) return {};  // a file of properties may name them
    auto servers = with_ports(address->servers);
    return servers ? Result<void>{} : std::unexpected(servers.error());
}

Result<KafkaOptions> read_kafka_options(const KafkaRequest& request) {
    KafkaOptions options;
    auto address = address_in(request.address);
    if (!address) return std::unexpected(address.error());
    if (auto taken = take_options(request, options); !taken) return std::unexpected(taken.error());
    std::string servers = address->servers.empty() ? options.properties.servers() : address->servers;
    auto complete = with_ports(servers);
    if (!complete) return std::unexpected(complete.error());
    options.servers = *complete;
    options.topic = address->topic.empty() ? "$(stream)" : address->topic;
    if (request.is_answer_key && address->topic.empty())
        return fail(
            ErrorKind::invalid,
            "Answer key needs a topic of its own, as kafka://localhost:9092/answers has: kafka:" + request.address);
    if (auto checked = check_topic(options.topic); !checked) return std::unexpected(checked.error());
    if (!request.compression.empty()) options.compression = request.compression;
    constexpr std::array codecs{"none", "gzip", "snappy", "lz4", "zstd"};
    if (std::ranges::find(codecs, options.compression) == codecs.end())
        return fail(ErrorKind::invalid, "Compression is none of none, gzip, snappy, lz4, zstd: " + options.compression);
    options.identity_headers = request.identity == "headers";
    const auto policy = options.topics.config.find("cleanup.policy");
    options.keeps_latest = policy != options.topics.config.end() && policy->second == "compact";
    return options;
}

std::string topic_of(const std::string& pattern, const std::string& stream) {
    size_t dot = stream.rfind('.');
    std::string topic = pattern;
    for (auto [hole, value] :
         {std::pair{std::string("$(stream)"), dot == std::string::npos ? stream : stream.substr(dot + 1)},
          {std::string("$(pack)"), dot == std::string::npos ? "" : stream.substr(0, dot)}}) {
        for (size_t at = topic.find(hole); at != std::string::npos; at = topic.find(hole, at + value.size()))
            topic.replace(at, hole.size(), value);
    }
    return topic;
}

}  // namespace headwater
