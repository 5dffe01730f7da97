// For reading targets as users type them: file:out?format=csv&layout=chunked.
#include "app/target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "app/s3_target.h"
#include "base/text.h"
#include "sink/kafka/options.h"

namespace headwater {

namespace {

constexpr std::array later_schemes{"http", "https", "kinesis", "postgres"};
constexpr std::string_view known_targets = "stdout: discard: file:DIR s3://BUCKET/PREFIX kafka://HOST:PORT/TOPIC";

Result<void> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

Result<void> set_size(uint64_t& size, std::string_view name, std::string_view value) {
    auto parsed = parse_size(value);
    if (!parsed || *parsed == 0)
        return invalid("Option " + std::string(name) + " is not a size, such as " + std::string(size_examples) + ": " +
                       std::string(value));
    size = *parsed;
    return {};
}

Result<void> set_option(OutputPlan& output, const std::string& name, const std::string& value) {
    if (name == "target_size") return set_size(output.target_size_bytes, name, value);
    if (name == "max_chunk_size") return set_size(output.max_chunk_size_bytes, name, value);
    for (auto [known, member] : {std::pair{"format", &output.format},
                                 {"compression", &output.compression},
                                 {"layout", &output.layout},
                                 {"identity", &output.identity}}) {
        if (name != known) continue;
        *member = value;
        return {};
    }
    output.options[name] = value;
    return {};
}

}  // namespace

Result<TargetAddress> address_of(std::string_view to) {
    std::string text(to);
    if (text == "stdout" || text == "discard") text += ":";
    size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0)
        return fail(ErrorKind::invalid, "Target has no scheme (for a folder write file:" + text + "): " + text);
    TargetAddress address{text.substr(0, colon), text.substr(colon + 1)};
    if (std::ranges::find(later_schemes, address.scheme) != later_schemes.end())
        return fail(ErrorKind::invalid,
                    "Target is not in this version, which has " + std::string(known_targets) + ": " + text);
    if (address.scheme == "file") {
        if (address.path.starts_with("//")) address.path.erase(0, address.path.starts_with("///") ? 2 : 0);
        while (address.path.size() > 1 && address.path.ends_with('/')) address.path.pop_back();
        if (address.path.empty()) return fail(ErrorKind::invalid, "Target names no folder, as file:out does: " + text);
        if (address.path.starts_with("//"))
            return fail(ErrorKind::invalid, "Target file: has no host; write file:DIR or file:///DIR: " + text);
        return address;
    }
    if (address.scheme == "kafka") {
        auto checked = check_kafka_address(address.path);
        return checked ? Result<TargetAddress>(address) : std::unexpected(checked.error());
    }
    if (address.scheme == "s3") {
        if (!address.path.starts_with("//"))
            return fail(ErrorKind::invalid, "Target is not s3://BUCKET/PREFIX: " + text);
        address.path.erase(0, 2);
        while (address.path.ends_with('/')) address.path.pop_back();
        if (address.path.empty())
            return fail(ErrorKind::invalid, "Target names no bucket, as s3://BUCKET/PREFIX does: " + text);
        return address;
    }
    if (address.scheme != "stdout" && address.scheme != "discard")
        return fail(ErrorKind::invalid, "Target is none of " + std::string(known_targets) + ": " + text);
    if (!address.path.empty())
        return fail(ErrorKind::invalid, "Target " + address.scheme + ": takes nothing behind the colon: " + text);
    return address;
}

Result<void> settle(OutputPlan& output) {
    size_t mark = output.to.find('?');
    const std::string query = mark == std::string::npos ? "" : output.to.substr(mark + 1);
    if (mark != std::string::npos) output.to.resize(mark);
    bool is_kafka = output.to.starts_with("kafka:");
    for (const std::string_view option : split(query, '&')) {
        if (option.empty()) continue;
        const std::vector<std::string_view> parts = split(option, '=', 2);
        if (parts.size() < 2 || parts[0].empty())
            return invalid("Target option is not name=value: " + std::string(option));
        const std::string name(parts[0]);
        if (is_kafka && is_secret_of_kafka(name))
            return invalid(
                "Target is seen by others and so takes no secrets; give them by KAFKA_SASL_PASSWORD or in a file "
                "of properties (config=FILE): " +
                name);
        if (auto set = set_option(output, name, std::string(parts[1])); !set) return set;
    }
    if (output.format.empty()) output.format = "json";
    if (output.identity.empty()) output.identity = is_kafka ? "headers" : "none";
    if (is_kafka && output.format != "json" && output.format != "csv")
        return invalid("Kafka takes records one by one, as format json or csv gives them, not: " + output.format);
    // Parquet is compressed inside, by zstd unless something else is asked for.
    if (output.compression.empty() && !is_kafka) output.compression = output.format == "parquet" ? "zstd" : "none";
    auto address = address_of(output.to);
    if (!address) return std::unexpected(address.error());
    if (address->scheme != "s3") return {};
    auto s3 = s3_target_of(address->path, output.options);
    return s3 ? Result<void>{} : std::unexpected(s3.error());
}

std::string warning_of(const OutputPlan& output, int64_t age_us) {
    if (!output.to.starts_with("kafka:")) return "";
    const auto option = [&](const std::string& name) {
        auto found = output.options.find(name);
        return found == output.options.end() ? std::string() : found->second;
    };
    const std::string asked = option("retention.ms");
    int64_t retention_ms = -1;
    std::from_chars(asked.data(), asked.data() + asked.size(), retention_ms);
    if (retention_ms < 0 || option("timestamp") == "now" || age_us / 1000 <= retention_ms) return "";
    return "Topic will delete the first records at once, as they are older than it keeps any; retention.ms=-1 or "
           "timestamp=now keeps them: retention.ms=" +
           asked;
}

}  // namespace headwater
