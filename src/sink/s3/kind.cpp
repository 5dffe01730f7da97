// For describing the target s3, without the libraries that speak to it.
#include <utility>

#include "base/text.h"
#include "sink/object_path.h"
#include "sink/s3/place.h"
#include "sink/s3/settings.h"

namespace headwater {

namespace {

/// People try these; a secret in a target would be kept by manifest and journal.
Option secret(std::string_view name) {
    return {.name = name, .help = "Refused.", .secret = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"};
}

Result<void> settle_path(std::string& path, const std::string& text) {
    if (!path.starts_with("//")) return fail(ErrorKind::invalid, "Target is not s3://BUCKET/PREFIX: " + text);
    path.erase(0, 2);
    while (path.ends_with('/')) path.pop_back();
    if (path.empty()) return fail(ErrorKind::invalid, "Target names no bucket, as s3://BUCKET/PREFIX does: " + text);
    return {};
}

std::vector<std::string> places(const TargetRequest& request, const std::string& stream) {
    const auto place = s3_place_of(request);
    if (!place) return {};  // said where options are checked
    const S3Options& options = place->options;
    const std::string prefix = options.prefix.empty() ? "" : options.prefix + "/";
    std::string endpoint = lower(options.endpoint);
    if (endpoint.ends_with('/')) endpoint.pop_back();
    return {"s3://" + options.bucket + "/" + prefix + fill_stream(place->folder, stream) + " at " + endpoint};
}

Result<void> check(const TargetRequest& request) {
    auto place = s3_place_of(request);
    return place ? Result<void>{} : std::unexpected(place.error());
}

Result<void> confine(TargetRequest& request, const ServicePlace& place) {
    const auto asked = s3_place_of(request);
    if (!asked) return std::unexpected(asked.error());
    const auto endpoint = s3::endpoint_of_options(asked->options, s3::process_environment());
    if (!endpoint) return std::unexpected(endpoint.error());
    if (!*endpoint) return {};
    const std::string why = place.why_not((*endpoint)->name, (*endpoint)->port);
    return why.empty() ? Result<void>{} : fail(ErrorKind::invalid, why);
}

}  // namespace

Result<S3Place> s3_place_of(const TargetRequest& request) {
    auto options = read_options<S3Options>(s3_kind.options, request.options, "Target s3:");
    if (!options) return std::unexpected(options.error());
    const size_t slash = request.path.find('/');
    ObjectPlace below = place_of(slash == std::string::npos ? "" : request.path.substr(slash + 1));
    S3Place place{.options = std::move(*options), .folder = std::move(below.folder)};
    place.options.bucket = request.path.substr(0, slash);
    place.options.prefix = below.root == "." ? "" : below.root;
    if (auto checked = check_s3_options(place.options); !checked) return std::unexpected(checked.error());
    return place;
}

const TargetKind s3_kind{
    .scheme = "s3",
    .form = "s3://BUCKET/PREFIX",
    .help = "Objects in a bucket of S3, MinIO or whatever speaks like them.",
    .options = {{.name = "endpoint",
                 .help = "Server: http(s)://HOST[:PORT].",
                 .otherwise = "AWS, or what variables and profile say",
                 .over_rest = true,
                 .set = into<&S3Options::endpoint>},
                {.name = "region",
                 .help = "Region of the bucket.",
                 .otherwise = "us-east-1, or what variables and profile say",
                 .over_rest = true,
                 .set = into<&S3Options::region>},
                {.name = "profile",
                 .help = "Profile of AWS's files that gives keys.",
                 .set = into<&S3Options::profile>},
                {.name = "ca_file",
                 .help = "Certificates to trust instead of the system's.",
                 .shape = OptionShape::file,
                 .set = into<&S3Options::ca_file>},
                {.name = "path_style",
                 .help = "Bucket in the path, not in the name of the host.",
                 .shape = OptionShape::boolean,
                 .otherwise = "true but at AWS",
                 .over_rest = true,
                 .set = into<&S3Options::path_style>},
                {.name = "create_bucket",
                 .help = "Make a bucket that is missing.",
                 .shape = OptionShape::boolean,
                 .otherwise = "true but at AWS",
                 .over_rest = true,
                 .set = into<&S3Options::create_bucket>},
                {.name = "part_size",
                 .help = "5MiB to 5GiB: an object up to this size is one request; a larger one is sent in parts of it.",
                 .shape = OptionShape::size,
                 .otherwise = "8MiB",
                 .over_rest = true,
                 .set = into<&S3Options::part_size_bytes>},
                {.name = "parts_in_flight",
                 .help = "Parts of one object that are sent at the same time.",
                 .shape = OptionShape::whole,
                 .otherwise = "4",
                 .least = 1,
                 .most = 64,
                 .over_rest = true,
                 .set = into<&S3Options::parts_in_flight>},
                {.name = "copy_part_size",
                 .help = "5MiB to 5GiB: a larger object gets its name by copying in parts of it.",
                 .shape = OptionShape::size,
                 .otherwise = "5GiB",
                 .over_rest = true,
                 .set = into<&S3Options::copy_part_size_bytes>},
                secret("access_key"),
                secret("access_key_id"),
                secret("secret_key"),
                secret("secret_access_key"),
                secret("session_token")},
    .takes_objects = true,
    .has_reader = true,
    .is_cleaned = true,
    .module = "s3",
    .settle_path = settle_path,
    .places = places,
    .check = check,
    .confine = confine,
};

}  // namespace headwater
