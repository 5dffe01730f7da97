// For opening landed copies by their addresses, as --from has them: file:, s3:, kafka:.
#include "app/copy_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "app/kafka_module.h"
#include "app/parquet_module.h"
#include "app/s3_target.h"
#include "app/target.h"
#include "pack/plan.h"
#include "sink/file/file_source.h"
#include "sink/kafka/options.h"

namespace headwater {

namespace {

Result<CopyOptions> options_of(OutputPlan& output, const CopyRequest& request) {
    CopyOptions options{.format = request.format, .objects = request.objects};
    if (auto format = output.options.find("format"); format != output.options.end()) {
        options.format = format->second;
        output.options.erase(format);
    }
    if (auto delimiter = output.options.find("delimiter"); delimiter != output.options.end()) {
        const std::string& text = delimiter->second;
        options.delimiter = text == "tab" ? '\t' : text.size() == 1 ? text[0] : '\0';
        if (std::string_view(",;\t|").find(options.delimiter) == std::string_view::npos)
            return fail(ErrorKind::invalid, "CSV delimiter must be one of , ; tab |: " + text);
        output.options.erase(delimiter);
    }
    constexpr std::array known{"", "json", "json-array", "csv", "parquet"};
    if (std::ranges::find(known, options.format) == known.end())
        return fail(ErrorKind::invalid, "Format is none of json, json-array, csv, parquet: " + options.format);
    return options;
}

/// Puts the options behind ? beside the address.
Result<OutputPlan> split_options(const std::string& from) {
    OutputPlan output;
    const size_t mark = std::min(from.find('?'), from.size());
    output.to = from.substr(0, mark);
    std::string query = mark < from.size() ? from.substr(mark + 1) : "";
    while (!query.empty()) {
        const size_t end = std::min(query.find('&'), query.size());
        const std::string option = query.substr(0, end);
        query.erase(0, end + 1);
        const size_t equals = option.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorKind::invalid, "Option is not name=value: " + option);
        const std::string name = option.substr(0, equals);
        if (from.starts_with("kafka:") && is_secret_of_kafka(name))
            return fail(ErrorKind::invalid,
                        "Address is seen by others and so takes no secrets; give them by KAFKA_SASL_PASSWORD or in a "
                        "file of properties (config=FILE): " +
                            name);
        output.options[name] = option.substr(equals + 1);
    }
    return output;
}

Result<std::unique_ptr<Copy>> open_topics(const OutputPlan& output, CopyOptions options, const CopyRequest& request) {
    if (options.format == "parquet" || options.format == "json-array")
        return fail(ErrorKind::invalid, "Topics hold json or csv, not: " + options.format);
    KafkaRequest kafka{.address = output.to.substr(std::string_view("kafka:").size()), .options = output.options};
    auto settled = read_kafka_options(kafka);
    if (!settled) return std::unexpected(settled.error());
    std::vector<std::string> topics;
    for (const std::string& stream : request.streams) {
        std::string topic = topic_of(settled->topic, stream);
        if (std::ranges::find(topics, topic) == topics.end()) topics.push_back(std::move(topic));
    }
    auto source = load_kafka_source(*settled);
    if (!source) return std::unexpected(source.error());
    return make_topic_copy(std::move(*source), std::move(topics), std::move(options));
}

Result<std::unique_ptr<Copy>> open_bucket(const OutputPlan& output, const std::string& path, CopyOptions options,
                                          const Clock& clock) {
    for (const auto& [name, value] : output.options)
        if (!is_s3_option(name)) return fail(ErrorKind::invalid, "Address s3: has no such option: " + name);
    auto target = s3_target_of(path, output.options);
    if (!target) return std::unexpected(target.error());
    auto source = load_s3_source(target->options, clock);
    if (!source) return std::unexpected(source.error());
    return make_object_copy(std::move(*source), std::move(options), open_parquet_by_module);
}

}  // namespace

Result<std::unique_ptr<Copy>> open_copy(const CopyRequest& request, const Clock& clock) {
    auto output = split_options(request.from);
    if (!output) return std::unexpected(output.error());
    auto address = address_of(output->to);
    if (!address) return std::unexpected(address.error());
    auto options = options_of(*output, request);
    if (!options) return std::unexpected(options.error());
    if (address->scheme == "kafka") return open_topics(*output, std::move(*options), request);
    if (address->scheme == "s3") return open_bucket(*output, address->path, std::move(*options), clock);
    if (address->scheme != "file")
        return fail(
            ErrorKind::invalid,
            "Copy can be read from none but file:DIR s3://BUCKET/PREFIX kafka://HOST:PORT/TOPIC: " + request.from);
    if (!output->options.empty())
        return fail(ErrorKind::invalid, "Address file: has no such option: " + output->options.begin()->first);
    return make_object_copy(make_file_source(address->path), std::move(*options), open_parquet_by_module);
}

}  // namespace headwater
