// For refusing options that no bucket can have.
#include "sink/s3/options.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace headwater {
namespace {

bool is_lower_or_digit(char c) { return is_lower(c) || is_digit(c); }

/// Says whether S3 takes the name of a bucket (AWS, "General purpose bucket naming rules").
bool is_bucket_name(std::string_view name) {
    if (name.size() < 3 || name.size() > 63 || name.find("..") != std::string_view::npos) return false;
    return is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
           std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
}

bool is_plain_path(std::string_view path) {
    for (const std::string_view segment : split(path, '/'))
        if (segment.empty() || segment == "." || segment == "..") return false;
    return path.find('\0') == std::string_view::npos;
}

}  // namespace

Result<void> check_s3_options(const S3Options& options) {
    const auto refuse = [](std::string message) { return fail(ErrorKind::invalid, std::move(message)); };
    if (options.bucket.find_first_of("@:") != std::string::npos)
        return refuse(
            "Target s3: takes no keys and no host; give them by AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
            "?endpoint=");
    if (options.bucket.find("$(") != std::string::npos)
        return refuse("Name of a bucket holds no holes, the prefix behind it may: " + options.bucket);
    if (!is_bucket_name(options.bucket))
        return refuse("Name of a bucket is 3 to 63 of a-z, 0-9, - and ., as in s3://bucket/prefix: " + options.bucket);
    if (!options.prefix.empty() && !is_plain_path(options.prefix))
        return refuse("Prefix must be a plain path: " + options.prefix);
    if (options.prefix.size() > 600) return refuse("Prefix is longer than 600 bytes: " + options.prefix);
    if (options.part_size_bytes < s3_smallest_part_bytes || options.part_size_bytes > s3_largest_part_bytes)
        return refuse("Option part_size is not from 5MiB to 5GiB: " + std::to_string(options.part_size_bytes));
    if (options.copy_part_size_bytes < s3_smallest_part_bytes || options.copy_part_size_bytes > s3_largest_part_bytes)
        return refuse("Option copy_part_size is not from 5MiB to 5GiB: " +
                      std::to_string(options.copy_part_size_bytes));
    if (options.parts_in_flight < 1 || options.parts_in_flight > 64)
        return refuse("Option parts_in_flight is not from 1 to 64: " + std::to_string(options.parts_in_flight));
    return {};
}

}  // namespace headwater
