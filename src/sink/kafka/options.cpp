// For what can be said of a Kafka target: where it is, how its topics are made, how records are written.
#include "sink/kafka/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "sink/kafka/kind.h"
#include "sink/object_path.h"

namespace headwater {

namespace {

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

void set_policy(void* options, const OptionValue& value) {
    auto& policy = static_cast<KafkaOptions*>(options)->topics.policy;
    for (auto [word, one] : {std::pair{"create", TopicPolicy::create},
                             {"accept", TopicPolicy::accept},
                             {"check", TopicPolicy::check},
                             {"off", TopicPolicy::off}})
        if (value.text == word) policy = one;
}

void set_timestamp(void* options, const OptionValue& value) {
    static_cast<KafkaOptions*>(options)->event_time = value.text == "event";
}

void set_topic_setting(void* options, const OptionValue& value) {
    static_cast<KafkaOptions*>(options)->topics.config[value.name] = value.text;
}

void set_count(std::optional<int>& count, const OptionValue& value) { count = static_cast<int>(value.number); }
void set_partitions(void* options, const OptionValue& value) {
    set_count(static_cast<KafkaOptions*>(options)->topics.partitions, value);
}
void set_replication(void* options, const OptionValue& value) {
    set_count(static_cast<KafkaOptions*>(options)->topics.replication, value);
}

Option topic_setting(std::string_view name, std::string_view help) {
    return {.name = name, .help = help, .otherwise = "the broker's", .over_rest = true, .set = set_topic_setting};
}

Option compression_called(std::string_view name) {
    return {.name = name,
            .help = "The same as compression.",
            .otherwise = "lz4",
            .over_rest = true,
            .set = into<&KafkaOptions::compression>};
}

Option in_flight_called(std::string_view name, std::string_view help) {
    return {.name = name,
            .help = help,
            .shape = OptionShape::size,
            .otherwise = "32MiB",
            .over_rest = true,
            .set = into<&KafkaOptions::in_flight_bytes>};
}

/// Adds what is no option of ours; what is nearer to one of them than to any property is misspelt.
Result<void> add_property(const std::string& name, const std::string& value, KafkaProperties& properties) {
    std::vector<std::string> all = KafkaProperties::names();
    for (const Option& own : kafka_options()) all.emplace_back(own.name);
    const std::string near = nearest_name(name, all);
    if (option_called(kafka_options(), near) != nullptr)
        return invalid("Kafka target has no such option (did you mean " + near + "?): " + name);
    return properties.add(name, value);
}

Result<void> take_options(const KafkaRequest& request, KafkaOptions& options) {
    if (auto file = request.options.find("config"); file != request.options.end()) {
        if (auto added = options.properties.add_file(file->second); !added) return added;
    }
    for (auto& [name, value] : request.options) {
        if (const Option* own = option_called(kafka_options(), name)) {
            auto read = read_option(*own, value);
            if (!read) return std::unexpected(read.error());
            own->set(&options, *read);
        } else if (auto added = add_property(name, value, options.properties); !added) {
            return added;
        }
    }
    return {};
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

/// True when every server is one that the secrets of the environment are for, and so is who gives tokens for them.
Result<bool> may_have_secrets(const KafkaOptions& options) {
    const char* bound = std::getenv("KAFKA_SASL_SERVERS");
    if (bound == nullptr) return true;
    for (const char* giver : {"sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.token.command"})
        if (options.properties.has(giver)) return false;
    auto known = with_ports(lower(bound));
    if (!known) return std::unexpected(known.error());
    const std::string& servers = options.servers;
    for (size_t from = 0; from < servers.size();) {
        const size_t comma = std::min(servers.find(',', from), servers.size());
        if (("," + *known + ",").find("," + lower(servers.substr(from, comma - from)) + ",") == std::string::npos)
            return false;
        from = comma + 1;
    }
    return true;
}

/// Adds the secrets of the environment where the servers of the target may have them.
Result<void> add_secrets(KafkaOptions& options) {
    auto is_ours = may_have_secrets(options);
    if (!is_ours) return std::unexpected(is_ours.error());
    options.is_bound = *is_ours;
    const bool logs_in = lower(options.properties.value("security.protocol")).starts_with("sasl");
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
        if (!*is_ours && logs_in)
            return invalid("Password of Kafka is for the servers of the settings only: " + options.servers);
        if (!*is_ours) continue;
        if (auto added = options.properties.add(name, value); !added) return added;
    }
    return options.properties.settle();
}

}  // namespace

const std::vector<Option>& kafka_options() {
    static const std::vector<Option> options{
        {.name = "topics",
         .help = "create: missing topics are made, others checked; accept: missing ones are made, others taken as they "
                 "are; "
                 "check: a missing one is an error; off: left to the broker.",
         .shape = OptionShape::choice,
         .otherwise = "create",
         .choices = {"create", "accept", "check", "off"},
         .over_rest = true,
         .set = set_policy},
        {.name = "partitions",
         .help = "Of a topic that is made; one that is there must have as many.",
         .shape = OptionShape::whole,
         .otherwise = "6",
         .least = 1,
         .most = 100'000,
         .over_rest = true,
         .set = set_partitions},
        {.name = "replication",
         .help = "Copies of a topic that is made; no more than there are brokers.",
         .shape = OptionShape::whole,
         .otherwise = "the broker's",
         .least = 1,
         .most = 100'000,
         .over_rest = true,
         .set = set_replication},
        topic_setting("retention.ms", "How long a topic that is made keeps records, in milliseconds; -1: for ever."),
        topic_setting("cleanup.policy", "Of a topic that is made: delete, or compact."),
        topic_setting("min.insync.replicas", "Of a topic that is made: copies that must have a record."),
        topic_setting("max.message.bytes", "Of a topic that is made: the largest record."),
        {.name = "timestamp",
         .help = "Time of the records: their event time, or when they are written.",
         .shape = OptionShape::choice,
         .otherwise = "event",
         .choices = {"event", "now"},
         .over_rest = true,
         .set = set_timestamp},
        in_flight_called("in_flight", "Memory for records that are not acknowledged yet."),
        in_flight_called("buffer.memory", "The same as in_flight."),
        compression_called("compression.type"),
        compression_called("compression.codec"),
        {.name = "config",
         .help = "Properties as Java's clients read them; may hold secrets.",
         .shape = OptionShape::file,
         .set = [](void*, const OptionValue&) {}},  // read before all others
    };
    return options;
}

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
    if (auto added = add_secrets(options); !added) return std::unexpected(added.error());
    if (!options.is_bound) options.guard = request.guard;
    options.topic = address->topic.empty() ? "$(stream)" : address->topic;
    if (request.is_answer_key && address->topic.empty())
        return fail(
            ErrorKind::invalid,
            "Answer key needs a topic of its own, as kafka://localhost:9092/answers has: kafka:" + request.address);
    if (auto checked = check_topic(options.topic); !checked) return std::unexpected(checked.error());
    if (!request.compression.empty()) options.compression = request.compression;
    const auto& codecs = kafka_kind.compressions;
    if (std::ranges::find(codecs, options.compression) == codecs.end())
        return fail(ErrorKind::invalid, "Compression is none of " + listed(codecs) + ": " + options.compression);
    options.identity_headers = request.identity == "headers";
    const auto policy = options.topics.config.find("cleanup.policy");
    options.keeps_latest = policy != options.topics.config.end() && policy->second == "compact";
    return options;
}

std::vector<std::pair<std::string, uint16_t>> kafka_servers(const std::string& servers) {
    std::vector<std::pair<std::string, uint16_t>> all;
    for (const std::string_view server : split(servers, ',')) {
        const size_t colon = server.rfind(':');
        all.emplace_back(server.substr(0, colon),
                         static_cast<uint16_t>(number_in(std::string(server.substr(colon + 1))).value_or(0)));
    }
    return all;
}

std::string topic_of(const std::string& pattern, const std::string& stream) { return fill_stream(pattern, stream); }

}  // namespace headwater
