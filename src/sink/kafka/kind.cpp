// For describing the target kafka, without the libraries that speak to it.
#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "sink/kafka/kind.h"

namespace headwater {

namespace {

std::vector<Option> all_options() {
    std::vector<Option> all = kafka_options();
    const std::vector<Option>& properties = kafka_properties();
    all.insert(all.end(), properties.begin(), properties.end());
    return all;
}

Result<void> settle_path(std::string& path, const std::string&) { return check_kafka_address(path); }

Result<void> check(const TargetRequest& request) {
    auto options = read_kafka_options(kafka_request_of(request));
    return options ? Result<void>{} : std::unexpected(options.error());
}

/// Gives a topic at each of its servers, of which two outputs may name different ones.
std::vector<std::string> places(const TargetRequest& request, const std::string& stream) {
    const auto options = read_kafka_options(kafka_request_of(request));
    if (!options) return {};  // said where options are checked
    std::vector<std::string> all;
    for (const std::string_view one : split(lower(options->servers), ',')) {
        const size_t colon = one.rfind(':');
        const bool is_here = one.substr(0, colon) == "localhost" || one.substr(0, colon) == "[::1]";
        const std::string server = is_here ? "127.0.0.1" + std::string(one.substr(colon)) : std::string(one);
        all.push_back("kafka://" + server + "/" + topic_of(options->topic, stream));
    }
    return all;
}

std::string warn(const TargetRequest& request, int64_t age_us) {
    const auto option = [&](const std::string& name) {
        auto found = request.options.find(name);
        return found == request.options.end() ? std::string() : found->second;
    };
    const std::string asked = option("retention.ms");
    int64_t retention_ms = -1;
    std::from_chars(asked.data(), asked.data() + asked.size(), retention_ms);
    if (retention_ms < 0 || option("timestamp") == "now" || age_us / 1000 <= retention_ms) return "";
    return "Topic will delete the first records at once, as they are older than it keeps any; retention.ms=-1 or "
           "timestamp=now keeps them: retention.ms=" +
           asked;
}

Result<void> confine(TargetRequest& request, const ServicePlace& place) {
    const auto options = read_kafka_options(kafka_request_of(request));
    if (!options) return std::unexpected(options.error());
    if (options->is_bound) return {};
    for (const auto& [host, port] : kafka_servers(options->servers))
        if (std::string why = place.why_not(host, port); !why.empty()) return fail(ErrorKind::invalid, std::move(why));
    return {};
}

}  // namespace

KafkaRequest kafka_request_of(const TargetRequest& request) {
    KafkaRequest own{.address = request.path,
                     .options = request.options,
                     .compression = request.compression,
                     .identity = request.identity,
                     .is_answer_key = request.is_answer_key,
                     .guard = request.bounds.guard};
    if (request.keeps_latest && !request.is_answer_key) own.options.try_emplace("cleanup.policy", "compact");
    return own;
}

const TargetKind kafka_kind{
    .scheme = "kafka",
    .form = "kafka://HOST:PORT/TOPIC",
    .help = "Topics of Kafka; each record exactly once.",
    .options = all_options(),
    .takes_records = true,
    .takes_messages = true,
    .has_reader = true,
    .is_cleaned = true,
    .compressions = {"none", "gzip", "snappy", "lz4", "zstd"},
    .identity = "headers",
    .module = "kafka",
    .settle_path = settle_path,
    .places = places,
    .check = check,
    .takes_more = true,
    .warn = warn,
    .confine = confine,
};

}  // namespace headwater
