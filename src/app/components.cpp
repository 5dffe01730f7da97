// For naming the concrete formats and targets: the one place that knows them all.
#include "app/components.h"

#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "app/failpoint.h"
#include "app/kafka_module.h"
#include "app/parquet_module.h"
#include "app/s3_target.h"
#include "app/target.h"
#include "engine/objects.h"
#include "format/csv/csv.h"
#include "format/json/json.h"
#include "format/upsert.h"
#include "sink/compress.h"
#include "sink/discard/discard.h"
#include "sink/file/file.h"
#include "sink/kafka/options.h"
#include "sink/stdout/stdout.h"

namespace headwater {

namespace {

constexpr std::string_view known_formats = "json, json-array, csv, parquet";

using Options = std::map<std::string, std::string>;

std::unexpected<Error> unknown_option(const std::string& format, const std::string& name) {
    return fail(ErrorKind::invalid, "Format " + format + " has no such option: " + name);
}

std::unexpected<Error> bad_option(const std::string& name, const std::string& allowed, const std::string& value) {
    return fail(ErrorKind::invalid, "Option " + name + " is not " + allowed + ": " + value);
}

Result<CsvOptions> csv_options(const Options& options) {
    CsvOptions csv;
    for (auto& [name, value] : options) {
        if (name == "header") {
            if (value != "true" && value != "false") return bad_option(name, "true or false", value);
            csv.header = value == "true";
        } else if (name == "line_end") {
            if (value != "lf" && value != "crlf") return bad_option(name, "lf or crlf", value);
            csv.line_end = value == "lf" ? "\n" : "\r\n";
        } else if (name == "delimiter") {
            csv.delimiter = value == "tab" ? "\t" : value;
        } else {
            return unknown_option("csv", name);
        }
    }
    if (auto checked = check_csv_options(csv); !checked) return std::unexpected(checked.error());
    return csv;
}

Result<int64_t> whole_number(const std::string& name, const std::string& value) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < 1)
        return bad_option(name, "a whole number above 0", value);
    return number;
}

Result<ParquetOptions> parquet_options(const OutputPlan& output) {
    ParquetOptions parquet;
    parquet.compression = output.compression;
    for (auto& [name, value] : output.options) {
        if (name != "row_group_rows" && name != "compression_level") return unknown_option("parquet", name);
        auto number = whole_number(name, value);
        if (!number) return std::unexpected(number.error());
        if (name == "row_group_rows") parquet.row_group_rows = *number;
        if (name == "compression_level") parquet.compression_level = static_cast<int>(*number);
    }
    return parquet;
}

bool is_format_option(const std::string& name) { return name == "header" || name == "line_end" || name == "delimiter"; }

Result<KafkaOptions> kafka_options(const OutputPlan& output, bool is_answer_key) {
    KafkaRequest request{
        .compression = output.compression, .identity = output.identity, .is_answer_key = is_answer_key};
    request.address = output.to.substr(std::string_view("kafka:").size());
    for (auto& option : output.options)
        if (!is_format_option(option.first)) request.options.insert(option);
    // Of rows that are put one over the other only the last is of use.
    if (output.envelope == "upsert" && !is_answer_key) request.options.try_emplace("cleanup.policy", "compact");
    return read_kafka_options(request);
}

/// Takes out the options that are of the target, so that those of the format are left.
OutputPlan without_target_options(OutputPlan output) {
    if (output.to.starts_with("s3:"))
        std::erase_if(output.options, [](const auto& option) { return is_s3_option(option.first); });
    return output;
}

Result<Target> s3_target(const std::string& path, const Options& options, const Clock& clock, const TargetUse& use) {
    auto s3 = s3_target_of(path, options);
    if (!s3) return std::unexpected(s3.error());
    s3->options.gives_up = use.gives_up;
    auto sink = load_s3_sink(s3->options, clock);
    if (!sink) return std::unexpected(sink.error());
    Target target;
    target.name = "s3";
    target.root = "s3://" + s3->options.bucket + (s3->options.prefix.empty() ? "" : "/" + s3->options.prefix);
    target.folder = s3->folder;
    target.objects = std::move(*sink);
    return target;
}

Result<void> check_compression(const OutputPlan& output) {
    for (const char* known : {"none", "zstd", "gzip", "lz4"})
        if (output.compression == known) return {};
    return fail(ErrorKind::invalid, "Compression is none of none, zstd, gzip, lz4: " + output.compression);
}

}  // namespace

Result<std::unique_ptr<Format>> BuiltInComponents::format(const OutputPlan& all) const {
    if (all.to.starts_with("kafka:")) return kafka_format(all);
    const OutputPlan output = without_target_options(all);
    if (output.format == "parquet") {
        auto options = parquet_options(output);
        if (!options) return std::unexpected(options.error());
        return load_parquet_format(*options);
    }
    if (auto checked = check_compression(output); !checked) return std::unexpected(checked.error());
    if (output.format == "csv") {
        auto options = csv_options(output.options);
        if (!options) return std::unexpected(options.error());
        return make_csv_format(*options);
    }
    if (output.format != "json" && output.format != "json-array")
        return fail(ErrorKind::invalid, "Format is none of " + std::string(known_formats) + ": " + output.format);
    if (!output.options.empty()) return unknown_option(output.format, output.options.begin()->first);
    return make_json_format(output.format == "json-array");
}

Result<std::unique_ptr<Format>> BuiltInComponents::kafka_format(const OutputPlan& output) const {
    if (auto options = kafka_options(output, false); !options) return std::unexpected(options.error());
    OutputPlan own = output;
    own.to = "discard:";
    own.compression = "none";
    std::erase_if(own.options, [](const auto& option) { return !is_format_option(option.first); });
    auto made = format(own);
    if (!made || output.envelope != "upsert") return made;
    return make_upsert_format(std::move(*made));
}

Result<Target> BuiltInComponents::target(const OutputPlan& output, const Format& format, const TargetUse& use) const {
    auto address = address_of(output.to);
    if (!address) return std::unexpected(address.error());
    Target target;
    target.name = address->scheme;
    if (address->scheme == "s3") return s3_target(address->path, output.options, clock_, use);
    if (address->scheme == "stdout") {
        target.records = make_stdout_sink();
    } else if (address->scheme == "discard") {
        target.keeps_objects = false;
        if (format.makes_objects())
            target.objects = make_discard_object_sink();
        else
            target.records = make_discard_sink();
    } else if (address->scheme == "kafka") {
        auto options = kafka_options(output, use.is_answer_key);
        if (!options) return std::unexpected(options.error());
        auto sink = load_kafka_sink(
            *options, {use.run, use.streams, use.age_us, notice_, use.gives_up, failpoint_from_environment()});
        if (!sink) return std::unexpected(sink.error());
        target.compresses_records = true;
        target.records = std::move(*sink);
    } else {
        ObjectPlace place = place_of(address->path);
        target.root = place.root;
        target.folder = place.folder;
        target.objects = make_file_sink(place.root);
    }
    return target;
}

}  // namespace headwater
