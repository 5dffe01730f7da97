// For opening landed copies by their addresses, as --from has them: file:, s3:, kafka:.
#include "app/copy_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "app/kafka_module.h"
#include "app/parquet_module.h"
#include "app/s3_target.h"
#include "app/target.h"
#include "base/text.h"
#include "pack/plan.h"
#include "sink/file/file_source.h"
#include "sink/kafka/options.h"

namespace headwater {

namespace {

Result<CopyOptions> options_of(OutputPlan& output, const CopyRequest& request) {
    CopyOptions options{.format = request.format, .sent_format = request.sent_format, .objects = request.objects};
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
    const std::string query = mark < from.size() ? from.substr(mark + 1) : "";
    for (const std::string_view option : split(query, '&')) {
        if (option.empty()) continue;
        const std::vector<std::string_view> parts = split(option, '=', 2);
        if (parts.size() < 2 || parts[0].empty())
            return fail(ErrorKind::invalid, "Option is not name=value: " + std::string(option));
        const std::string name(parts[0]);
        if (from.starts_with("kafka:") && is_secret_of_kafka(name))
            return fail(ErrorKind::invalid,
                        "Address is seen by others and so takes no secrets; give them by KAFKA_SASL_PASSWORD or in a "
                        "file of properties (config=FILE): " +
                            name);
        output.options[name] = parts[1];
    }
    return output;
}

/// A place to read from, opened: topics or objects.
struct Opened {
    CopyOptions options;
    std::unique_ptr<TopicSource> topics;
    std::vector<std::string> names;  ///< of topics
    std::unique_ptr<ObjectSource> objects;
};

Result<void> open_topics(const OutputPlan& output, const CopyRequest& request, Opened& opened) {
    if (opened.options.format == "parquet" || opened.options.format == "json-array")
        return fail(ErrorKind::invalid, "Topics hold json or csv, not: " + opened.options.format);
    KafkaRequest kafka{.address = output.to.substr(std::string_view("kafka:").size()), .options = output.options};
    auto settled = read_kafka_options(kafka);
    if (!settled) return std::unexpected(settled.error());
    for (const std::string& stream : request.streams) {
        std::string topic = topic_of(settled->topic, stream);
        if (std::ranges::find(opened.names, topic) == opened.names.end()) opened.names.push_back(std::move(topic));
    }
    auto source = load_kafka_source(*settled);
    if (!source) return std::unexpected(source.error());
    opened.topics = std::move(*source);
    return {};
}

Result<void> open_bucket(const OutputPlan& output, const std::string& path, const Clock& clock, Opened& opened) {
    for (const auto& [name, value] : output.options)
        if (!is_s3_option(name)) return fail(ErrorKind::invalid, "Address s3: has no such option: " + name);
    auto target = s3_target_of(path, output.options);
    if (!target) return std::unexpected(target.error());
    auto source = load_s3_source(target->options, clock);
    if (!source) return std::unexpected(source.error());
    opened.objects = std::move(*source);
    return {};
}

Result<Opened> open(const CopyRequest& request, const Clock& clock) {
    auto output = split_options(request.from);
    if (!output) return std::unexpected(output.error());
    if (request.confine)
        if (auto confined = request.confine(*output); !confined) return std::unexpected(confined.error());
    auto address = address_of(output->to);
    if (!address) return std::unexpected(address.error());
    auto options = options_of(*output, request);
    if (!options) return std::unexpected(options.error());
    Opened opened{.options = std::move(*options)};
    Result<void> done;
    if (address->scheme == "kafka") {
        done = open_topics(*output, request, opened);
    } else if (address->scheme == "s3") {
        done = open_bucket(*output, address->path, clock, opened);
    } else if (address->scheme != "file") {
        return fail(
            ErrorKind::invalid,
            "Copy can be read from none but file:DIR s3://BUCKET/PREFIX kafka://HOST:PORT/TOPIC: " + request.from);
    } else if (!output->options.empty()) {
        return fail(ErrorKind::invalid, "Address file: has no such option: " + output->options.begin()->first);
    } else {
        opened.objects = make_file_source(address->path);
    }
    if (!done) return std::unexpected(done.error());
    return opened;
}

}  // namespace

Result<std::unique_ptr<Copy>> open_copy(const CopyRequest& request, const Clock& clock) {
    auto opened = open(request, clock);
    if (!opened) return std::unexpected(opened.error());
    if (opened->topics != nullptr)
        return make_topic_copy(std::move(opened->topics), std::move(opened->names), std::move(opened->options));
    return make_object_copy(std::move(opened->objects), std::move(opened->options), open_parquet_by_module);
}

Result<void> check_copy(const CopyRequest& request, const Clock& clock) {
    auto opened = open(request, clock);
    return opened ? Result<void>{} : std::unexpected(opened.error());
}

Result<void> read_letters(const CopyRequest& request, LetterBox& letters, const std::vector<Shape>& shapes,
                          const Clock& clock, const StopToken& stop) {
    auto opened = open(request, clock);
    if (!opened) return std::unexpected(opened.error());
    if (opened->topics != nullptr) return letters.read(*opened->topics, opened->names, shapes, stop);
    return letters.read(*opened->objects, shapes, stop);
}

}  // namespace headwater
