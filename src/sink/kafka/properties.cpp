// For the properties of a Kafka client as people have them: names of librdkafka or of Java, from a target or a file.
#include "sink/kafka/properties.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "sink/kafka/bearer.h"
#include "sink/kafka/kind.h"

namespace headwater {

namespace {

/// What is handed on to the clients.
constexpr std::array allowed{
    std::pair{"batch.num.messages", "Records of one batch, at most."},
    std::pair{"batch.size", "Bytes of one batch, at most; 1,000,000 where nothing is said."},
    std::pair{"broker.address.family", "v4, v6 or any."},
    std::pair{"client.id", "Name of the client; headwater where nothing is said."},
    std::pair{"compression.level", "Level of the compression."},
    std::pair{"connections.max.idle.ms", "Close connections that are idle for longer."},
    std::pair{"enable.ssl.certificate.verification", "Check the broker's certificate."},
    std::pair{"https.ca.location", "Certificates to trust where tokens come from: a file or a folder."},
    std::pair{"linger.ms",
              "How long a batch waits for more records; where nothing is said 20, and 1 from where a run is live."},
    std::pair{"max.in.flight.requests.per.connection", "Requests without an answer, 1 to 5."},
    std::pair{"message.max.bytes", "The largest record that is sent."},
    std::pair{"metadata.max.age.ms", "How often the cluster is looked at."},
    std::pair{"reconnect.backoff.max.ms", "Longest pause before a connection is tried again."},
    std::pair{"reconnect.backoff.ms", "First pause before a connection is tried again."},
    std::pair{"request.timeout.ms", "How long the broker may gather acknowledgements."},
    std::pair{"retry.backoff.ms", "Pause before a request is sent again."},
    std::pair{"sasl.mechanism", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."},
    std::pair{"sasl.oauthbearer.client.id", "Client that asks for tokens."},
    std::pair{"sasl.oauthbearer.client.secret", "Secret of that client."},
    std::pair{"sasl.oauthbearer.extensions", "Extensions of a login by token: name=value,name=value."},
    std::pair{"sasl.oauthbearer.method", "oidc: tokens come from an endpoint."},
    std::pair{"sasl.oauthbearer.scope", "Scope of tokens."},
    std::pair{"sasl.oauthbearer.token.command", "Command that prints a token."},
    std::pair{"sasl.oauthbearer.token.endpoint.url", "Where tokens come from."},
    std::pair{"sasl.password", "Password."},
    std::pair{"sasl.username", "User."},
    std::pair{"security.protocol", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."},
    std::pair{"socket.connection.setup.timeout.ms", "How long a connection may take to be made."},
    std::pair{"socket.keepalive.enable", "Keep connections alive by TCP."},
    std::pair{"socket.nagle.disable", "Send small packets at once."},
    std::pair{"socket.receive.buffer.bytes", "Buffer of the socket for what is received."},
    std::pair{"socket.send.buffer.bytes", "Buffer of the socket for what is sent."},
    std::pair{"socket.timeout.ms", "How long an answer may take."},
    std::pair{"ssl.ca.location", "Certificates to trust: a file or a folder."},
    std::pair{"ssl.ca.pem", "Certificates to trust, as text."},
    std::pair{"ssl.certificate.location", "Certificate of the client."},
    std::pair{"ssl.certificate.pem", "Certificate of the client, as text."},
    std::pair{"ssl.cipher.suites", "Ciphers of TLS."},
    std::pair{"ssl.crl.location", "Certificates that were revoked."},
    std::pair{"ssl.curves.list", "Curves of TLS."},
    std::pair{"ssl.endpoint.identification.algorithm", "Check the broker's name by its certificate: https, or none."},
    std::pair{"ssl.key.location", "Key of the client."},
    std::pair{"ssl.key.password", "Password of the key."},
    std::pair{"ssl.key.pem", "Key of the client, as text."},
    std::pair{"ssl.sigalgs.list", "Signatures of TLS."},
    std::pair{"topic.metadata.propagation.max.ms", "How long a topic that was made may take to be seen."},
    std::pair{"topic.metadata.refresh.interval.ms", "How often the cluster is looked at."},
};

/// Other spellings of what is allowed.
constexpr std::array aliases{
    std::pair{"sasl.mechanisms", "sasl.mechanism"},
    std::pair{"sasl.oauthbearer.client.credentials.client.id", "sasl.oauthbearer.client.id"},
    std::pair{"sasl.oauthbearer.client.credentials.client.secret", "sasl.oauthbearer.client.secret"},
    std::pair{"queue.buffering.max.ms", "linger.ms"},
    std::pair{"max.request.size", "message.max.bytes"},
    std::pair{"max.in.flight", "max.in.flight.requests.per.connection"},
    std::pair{"send.buffer.bytes", "socket.send.buffer.bytes"},
    std::pair{"receive.buffer.bytes", "socket.receive.buffer.bytes"},
    std::pair{"ssl.truststore.certificates", "ssl.ca.pem"},
    std::pair{"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    std::pair{"ssl.keystore.key", "ssl.key.pem"},
};

/// What Java's clients call otherwise, what only they have, and what delivery settles.
constexpr std::array of_java{
    std::pair{"acks", "all: records are written exactly once."},
    std::pair{"bootstrap.servers", "Servers, where the address names none."},
    std::pair{"metadata.broker.list", "Servers, where the address names none."},
    std::pair{"enable.idempotence", "true: records are written exactly once."},
    std::pair{"enable.gapless.guarantee", "false: records are written exactly once all the same."},
    std::pair{"request.required.acks", "all: records are written exactly once."},
    std::pair{"key.serializer", "One of texts or bytes."},
    std::pair{"value.serializer", "One of texts or bytes."},
    std::pair{"partitioner", "murmur2: partitions are chosen as Java's clients do."},
    std::pair{"partitioner.class", "murmur2: partitions are chosen as Java's clients do."},
    std::pair{"sasl.jaas.config", "User and password of a PlainLoginModule or ScramLoginModule."},
    std::pair{"ssl.keystore.location", "Key and certificate of the client: PEM or PKCS12."},
    std::pair{"ssl.keystore.password", "Password of the store."},
    std::pair{"ssl.keystore.type", "PEM or PKCS12."},
    std::pair{"ssl.truststore.location", "Certificates to trust: PEM."},
    std::pair{"ssl.truststore.password", "Password of the store."},
    std::pair{"ssl.truststore.type", "PEM."},
};

/// What works otherwise here, so that the value changes nothing; the text says how.
constexpr std::array without_effect{
    std::pair{"retries", "delivery is tried until it succeeds"},
    std::pair{"message.send.max.retries", "delivery is tried until it succeeds"},
    std::pair{"delivery.timeout.ms", "no record is given up because time has passed"},
    std::pair{"message.timeout.ms", "no record is given up because time has passed"},
    std::pair{"max.block.ms", "a slow broker slows the run down"},
    std::pair{"queue.buffering.max.messages", "records on their way are bounded by in_flight=32MiB"},
    std::pair{"queue.buffering.max.kbytes", "records on their way are bounded by in_flight=32MiB"},
    std::pair{"auto.register.schemas", "there is no schema registry in this version"},
    std::pair{"broker.address.ttl", "names are looked up whenever a connection is made"},
    std::pair{"queue.buffering.backpressure.threshold", "batches are filled further while the broker is busy"},
    std::pair{"socket.max.fails", "a connection ends with the first request that is not answered"},
    std::pair{"client.dns.lookup", "all addresses of a name are tried"},
    std::pair{"sasl.login.connect.timeout.ms", "a token is waited for ten seconds"},
    std::pair{"sasl.login.read.timeout.ms", "a token is waited for ten seconds"},
    std::pair{"sasl.login.retry.backoff.ms", "a token is fetched again after a second"},
    std::pair{"sasl.login.retry.backoff.max.ms", "a token is fetched again after a second"},
    std::pair{"sasl.login.refresh.window.factor", "a token is fetched again when seven tenths of its time have passed"},
    std::pair{"sasl.login.refresh.window.jitter", "a token is fetched again when seven tenths of its time have passed"},
    std::pair{"sasl.login.refresh.min.period.seconds",
              "a token is fetched again when seven tenths of its time have passed"},
    std::pair{"sasl.login.refresh.buffer.seconds",
              "a token is fetched again when seven tenths of its time have passed"},
    std::pair{"ssl.enabled.protocols", "the best protocol both sides know is taken"},
    std::pair{"ssl.protocol", "the best protocol both sides know is taken"},
};

/// What is refused by the beginning of its name; the text says why.
constexpr std::array refused{
    std::pair{"plugin.", "it would load foreign code"},
    std::pair{"interceptor.", "it would load foreign code"},
    std::pair{"ssl.engine", "it would load foreign code"},
    std::pair{"ssl.providers", "it would load foreign code"},
    std::pair{"debug", "it would print secrets"},
    std::pair{"sasl.login.class", "it would load foreign code"},
    std::pair{"enable.sasl.oauthbearer", "an unsigned token shows nothing; sasl.oauthbearer.token.command gives any"},
    std::pair{"sasl.kerberos.", "Kerberos is not in this version; PLAIN, SCRAM and OAUTHBEARER are"},
    std::pair{"sasl.client.callback.handler.class", "it would load foreign code"},
    std::pair{"metric.reporters", "it would load foreign code"},
    std::pair{"security.providers", "it would load foreign code"},
    std::pair{"transactional.id", "records are written exactly once without transactions"},
    std::pair{"schema.registry.", "there is no schema registry in this version"},
};

Result<void> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings) {
    return std::ranges::any_of(endings, [&](std::string_view ending) { return text.ends_with(ending); });
}

/// Counts the single-letter edits that make `b` of `a` (Levenshtein).
size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i + 1);
        for (size_t j = 0; j < b.size(); ++j) {
            size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

/// Reads lines of a file of properties, joined where a backslash ends them, without comments and blanks in front.
std::vector<std::string> logical_lines(std::istream& file) {
    std::vector<std::string> lines;
    bool goes_on = false;
    for (std::string line; std::getline(file, line);) {
        if (line.ends_with('\r')) line.pop_back();
        line.erase(0, std::min(line.find_first_not_of(" \t\f"), line.size()));
        if (!goes_on && (line.empty() || line[0] == '#' || line[0] == '!')) continue;
        size_t slashes = line.size() - std::min(line.size(), line.find_last_not_of('\\') + 1);
        bool continues = slashes % 2 == 1;
        if (continues) line.pop_back();
        if (goes_on)
            lines.back() += line;
        else
            lines.push_back(line);
        goes_on = continues;
    }
    return lines;
}

/// Takes the escapes of Java's properties out of a text.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        char next = text[++i];
        plain += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
    }
    return plain;
}

/// Reads the `name="value"` of a login as Java writes it; quotes may be missing.
Result<std::map<std::string, std::string>> login_fields_in(const std::string& config) {
    std::map<std::string, std::string> fields;
    for (size_t equals = config.find('='); equals != std::string::npos;) {
        const size_t blank = config.find_last_of(" \t\n", equals);
        const size_t first = blank == std::string::npos ? 0 : blank + 1;
        const std::string name = config.substr(first, equals - first);
        const size_t at = equals + 1;
        const char quote = at < config.size() && (config[at] == '"' || config[at] == '\'') ? config[at] : '\0';
        const size_t begin = quote == '\0' ? at : at + 1;
        const size_t end =
            quote == '\0' ? std::min(config.find_first_of(" ;", begin), config.size()) : config.find(quote, begin);
        if (end == std::string::npos)
            return fail(ErrorKind::invalid, "Kafka property sasl.jaas.config has an open quote behind its " + name);
        fields[name] = config.substr(begin, end - begin);
        equals = config.find('=', end);
    }
    return fields;
}

/// True for an address to which secrets would go for all to read.
bool is_unprotected(std::string_view url) {
    if (!url.starts_with("http://")) return false;
    const std::string_view host = url.substr(7, url.find_first_of(":/", 7) - 7);
    return host != "localhost" && host != "127.0.0.1" && !url.starts_with("http://[::1]");
}

}  // namespace

const std::vector<Option>& kafka_properties() {
    static const std::vector<Option> options = [] {
        std::vector<Option> all;
        const auto add = [&](std::string_view name, std::string_view help) {
            const bool names_file = name.ends_with(".location");
            const std::string_view secret =
                is_secret_of_kafka(name) ? "give them by KAFKA_SASL_PASSWORD or in a file of properties (config=FILE)"
                                         : "";
            all.push_back({.name = name,
                           .help = help,
                           .shape = names_file ? OptionShape::file : OptionShape::text,
                           .secret = secret,
                           .over_rest = !names_file && secret.empty() && !name.starts_with("sasl.oauthbearer.")});
        };
        for (auto [name, help] : allowed) add(name, help);
        for (auto [name, help] : of_java) add(name, help);
        for (auto [spelling, name] : aliases) add(spelling, "Another name of a property above.");
        for (auto [name, why] : without_effect) add(name, "Has no effect.");
        return all;
    }();
    return options;
}

std::vector<std::string> KafkaProperties::names() {
    std::vector<std::string> names;
    for (const Option& one : kafka_properties())
        if (std::ranges::none_of(without_effect, [&](auto& other) { return other.first == one.name; }))
            names.emplace_back(one.name);
    return names;
}

Result<void> KafkaProperties::add(const std::string& name, const std::string& value) {
    for (auto [begin, why] : refused)
        if (name.starts_with(begin)) return invalid("Kafka property cannot be set, " + std::string(why) + ": " + name);
    for (auto [known, why] : without_effect) {
        if (name != known) continue;
        notices_.push_back("Kafka property has no effect, " + std::string(why) + ": " + name);
        return {};
    }
    for (auto taken : {add_fixed(name, value), add_java(name, value)}) {
        if (!taken) return std::unexpected(taken.error());
        if (*taken) return {};
    }
    std::string canonical = name;
    for (auto [spelling, known] : aliases)
        if (name == spelling) canonical = known;
    if (std::ranges::none_of(allowed, [&](auto& one) { return one.first == canonical; })) {
        std::string near = nearest_name(name, names());
        return invalid("Kafka target has no such option" + (near.empty() ? "" : " (did you mean " + near + "?)") +
                       ": " + name);
    }
    if (canonical == "ssl.endpoint.identification.algorithm" && value.empty())
        values_[canonical] = "none";  // Java switches it off so
    else
        values_[canonical] = value;
    return {};
}

/// What exactly-once delivery settles: other values are refused.
Result<bool> KafkaProperties::add_fixed(const std::string& name, const std::string& value) {
    auto only = [&](bool is_fine, const std::string& what) -> Result<bool> {
        if (is_fine) return true;
        return fail(ErrorKind::invalid,
                    "Records are written exactly once, which needs " + what + ": " + name + "=" + value);
    };
    if (name == "acks" || name == "request.required.acks") return only(value == "all" || value == "-1", "acks=all");
    if (name == "enable.idempotence") return only(value == "true", "enable.idempotence=true");
    if (name == "enable.gapless.guarantee") return only(value == "false", "enable.gapless.guarantee=false");
    if (name == "max.in.flight" || name == "max.in.flight.requests.per.connection") {
        auto fine = only(value.size() == 1 && value[0] >= '1' && value[0] <= '5', "1 to 5 requests in flight");
        if (fine) values_["max.in.flight.requests.per.connection"] = value;
        return fine;
    }
    if (name == "partitioner" || name == "partitioner.class") {
        bool is_java = value == "murmur2" || value == "murmur2_random" || value.ends_with("DefaultPartitioner");
        if (is_java) return true;
        return fail(ErrorKind::invalid,
                    "Partitions are chosen as Java's clients do, by murmur2: " + name + "=" + value);
    }
    return false;
}

/// What Java's clients call otherwise, or need and we do not.
Result<bool> KafkaProperties::add_java(const std::string& name, const std::string& value) {
    if (name == "bootstrap.servers" || name == "metadata.broker.list") {
        servers_ = value;
        return true;
    }
    if (name == "key.serializer" || name == "value.serializer") {
        if (ends_with_any(value, {"StringSerializer", "ByteArraySerializer", "BytesSerializer"})) return true;
        return fail(
            ErrorKind::invalid,
            "Records are written as the format says (format=json or csv), not by a serializer: " + name + "=" + value);
    }
    if (name == "sasl.jaas.config") {
        auto added = add_login(value);
        if (!added) return std::unexpected(added.error());
        return true;
    }
    if (name == "sasl.login.callback.handler.class") {
        if (value.ends_with("OAuthBearerLoginCallbackHandler")) return true;
        return fail(
            ErrorKind::invalid,
            "Kafka property would load foreign code; sasl.oauthbearer.token.command runs a command that prints a "
            "token: " +
                name + "=" + value);
    }
    if (name.starts_with("ssl.truststore.") || name.starts_with("ssl.keystore.")) {
        constexpr std::array known{"location", "password", "type"};
        std::string last = name.substr(name.rfind('.') + 1);
        if (std::ranges::find(known, last) == known.end()) return false;
        stores_[name] = value;
        return true;
    }
    return false;
}

/// Reads `...PlainLoginModule required username="me" password="secret";`.
Result<void> KafkaProperties::add_login(const std::string& config) {
    const bool is_token = config.find("OAuthBearerLoginModule") != std::string::npos;
    const bool is_plain = config.find("PlainLoginModule") != std::string::npos;
    if (!is_token && !is_plain && config.find("ScramLoginModule") == std::string::npos)
        return invalid(
            "Kafka property names a login other than PlainLoginModule, ScramLoginModule and OAuthBearerLoginModule: "
            "sasl.jaas.config");
    auto fields = login_fields_in(config);
    if (!fields) return std::unexpected(fields.error());
    if (is_token) return add_token_login(*fields);
    for (auto [field, property] : {std::pair{"username", "sasl.username"}, {"password", "sasl.password"}}) {
        auto found = fields->find(field);
        if (found == fields->end()) return invalid("Kafka property sasl.jaas.config lacks its " + std::string(field));
        values_[property] = found->second;
    }
    if (is_plain && !values_.contains("sasl.mechanism")) values_["sasl.mechanism"] = "PLAIN";
    return {};
}

/// Takes what Java's login by token has beside its properties; all of it may also be said by those.
Result<void> KafkaProperties::add_token_login(const std::map<std::string, std::string>& fields) {
    constexpr std::string_view extension = "extension_";
    std::string extensions;
    for (const auto& [field, value] : fields) {
        if (field == "clientId") values_["sasl.oauthbearer.client.id"] = value;
        if (field == "clientSecret") values_["sasl.oauthbearer.client.secret"] = value;
        if (field == "scope") values_["sasl.oauthbearer.scope"] = value;
        if (field.starts_with("unsecuredLogin"))
            return invalid("Kafka property sasl.jaas.config asks for an unsigned token, which shows nothing: " + field);
        if (field.starts_with(extension))
            extensions += (extensions.empty() ? "" : ",") + field.substr(extension.size()) + "=" + value;
    }
    if (!extensions.empty()) values_["sasl.oauthbearer.extensions"] = extensions;
    if (!values_.contains("sasl.mechanism")) values_["sasl.mechanism"] = "OAUTHBEARER";
    return {};
}

Result<void> KafkaProperties::add_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) return invalid("Kafka properties cannot be read (" + std::string(std::strerror(errno)) + "): " + path);
    for (const std::string& line : logical_lines(file)) {
        size_t end = 0;
        while (end < line.size() && std::string_view("=: \t").find(line[end]) == std::string_view::npos)
            end += line[end] == '\\' ? 2 : 1;
        end = std::min(end, line.size());
        size_t begin = std::min(line.find_first_not_of(" \t", end), line.size());
        if (begin < line.size() && (line[begin] == '=' || line[begin] == ':')) ++begin;
        begin = std::min(line.find_first_not_of(" \t", begin), line.size());
        auto added = add(unescaped(line.substr(0, end)), unescaped(line.substr(begin)));
        if (!added) return invalid(added.error().message + " (in " + path + ")");
    }
    return {};
}

Result<void> KafkaProperties::settle() {
    if (auto settled = settle_stores(); !settled) return settled;
    std::string mechanism = value("sasl.mechanism");
    constexpr std::array mechanisms{"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};
    if (std::ranges::find(mechanisms, mechanism) == mechanisms.end())
        return invalid("SASL mechanism is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER: " + mechanism);
    std::string protocol = value("security.protocol");
    constexpr std::array protocols{"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
    bool is_known = std::ranges::any_of(protocols, [&](const char* one) { return is_same_but_case(protocol, one); });
    if (!protocol.empty() && !is_known)
        return invalid("security.protocol is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL: " + protocol);
    const bool uses_sasl = is_same_but_case(protocol.substr(0, 4), "sasl");
    if (uses_sasl && mechanism.empty())
        return invalid("security.protocol needs sasl.mechanism=PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER: " +
                       protocol);
    if (uses_sasl && mechanism == "OAUTHBEARER") return settle_token();
    if (uses_sasl && (!has("sasl.username") || !has("sasl.password")))
        return invalid(
            "security.protocol needs a user and a password, by sasl.username and sasl.password or the variables "
            "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: " +
            protocol);
    if (!uses_sasl && !mechanism.empty())
        return invalid("sasl.mechanism needs security.protocol=SASL_SSL or SASL_PLAINTEXT: " + mechanism);
    return {};
}

/// A token comes from an endpoint or a command, and one of them only.
Result<void> KafkaProperties::settle_token() {
    const std::string method = value("sasl.oauthbearer.method"),
                      endpoint = value("sasl.oauthbearer.token.endpoint.url");
    if (!method.empty() && method != "oidc" && method != "default")
        return invalid("sasl.oauthbearer.method is neither oidc nor default: " + method);
    if (!read_bearer_extensions(value("sasl.oauthbearer.extensions")))
        return invalid("sasl.oauthbearer.extensions is not name=value,name=value, the names of letters: " +
                       value("sasl.oauthbearer.extensions"));
    const bool has_command = !value("sasl.oauthbearer.token.command").empty();
    if (has_command && (!endpoint.empty() || method == "oidc"))
        return invalid("Token comes from an endpoint or a command, not from both: sasl.oauthbearer.token.command");
    if (has_command) return {};
    if (!endpoint.starts_with("https://") && !endpoint.starts_with("http://"))
        return invalid(
            "sasl.mechanism=OAUTHBEARER needs the address that gives tokens, by "
            "sasl.oauthbearer.token.endpoint.url=https://..., "
            "or a command that prints one, by sasl.oauthbearer.token.command in a file of properties or the variable "
            "KAFKA_SASL_OAUTHBEARER_TOKEN_COMMAND: " +
            endpoint);
    if (value("sasl.oauthbearer.client.id").empty() || value("sasl.oauthbearer.client.secret").empty())
        return invalid(
            "Token endpoint needs a client and its secret, by sasl.oauthbearer.client.id and the variable "
            "KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET or a file of properties: " +
            endpoint);
    if (is_unprotected(endpoint))
        notices_.push_back("Secret of the client goes unprotected over the network, as the address is not https: " +
                           endpoint);
    return {};
}

/// Java keeps certificates in stores: those in PEM and PKCS#12 can be read.
Result<void> KafkaProperties::settle_stores() {
    for (std::string store : {"ssl.truststore.", "ssl.keystore."}) {
        auto found = stores_.find(store + "location");
        if (found == stores_.end()) continue;
        const std::string& path = found->second;
        auto type = stores_.find(store + "type");
        std::string kind = type != stores_.end()                           ? type->second
                           : ends_with_any(path, {".p12", ".pfx"})         ? "PKCS12"
                           : ends_with_any(path, {".pem", ".crt", ".cer"}) ? "PEM"
                                                                           : "JKS";
        bool is_trust = store == "ssl.truststore.";
        if (is_same_but_case(kind, "PEM")) {
            values_[is_trust ? "ssl.ca.location" : "ssl.certificate.location"] = path;
            if (!is_trust) values_["ssl.key.location"] = path;
        } else if (is_same_but_case(kind, "PKCS12") && !is_trust) {
            values_["ssl.keystore.location"] = path;
            auto password = stores_.find(store + "password");
            if (password != stores_.end()) values_["ssl.keystore.password"] = password->second;
        } else if (is_trust) {
            return invalid("Certificates to be trusted are read in PEM (keytool -exportcert -rfc -keystore " + path +
                           " makes it; then give ssl.ca.location), not as " + kind + ": " + path);
        } else {
            return invalid("Keys are read in PEM or PKCS12 (keytool -importkeystore -srckeystore " + path +
                           " -deststoretype PKCS12 makes it), not as " + kind + ": " + path);
        }
    }
    return {};
}

std::string KafkaProperties::value(const std::string& name) const {
    auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
}

bool is_secret_of_kafka(std::string_view name) {
    return ends_with_any(name,
                         {"password", "jaas.config", "key.pem", "keystore.key", "secret", "token", "token.command"});
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& names) {
    std::string nearest;
    size_t least = std::max<size_t>(2, name.size() / 3) + 1;
    for (const std::string& known : names) {
        size_t edits = edits_between(name, known);
        if (edits < least) {
            least = edits;
            nearest = known;
        }
    }
    return nearest;
}

}  // namespace headwater
