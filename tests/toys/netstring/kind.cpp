// For proving that a format is added by its folder: JSON records as netstrings, `17:{"a":1,"b":"two"},` and a line end.
#include <algorithm>
#include <charconv>
#include <utility>

#include "format/format.h"
#include "format/json/json.h"

namespace headwater {

namespace {

struct NetstringOptions {
    uint64_t digits = 0;
};

class NetstringEncoder final : public RecordEncoder {
  public:
    NetstringEncoder(std::unique_ptr<RecordEncoder> json, size_t digits) : json_(std::move(json)), digits_(digits) {}

    void encode(const Batch& batch, Payload& payload) override {
        plain_.clear();
        json_->encode(batch, plain_);
        uint32_t begin = 0;
        for (const uint32_t end : plain_.ends) {
            const std::string_view record = std::string_view(plain_.bytes).substr(begin, end - begin - 1);
            std::string size = std::to_string(record.size());
            size.insert(0, std::max(digits_, size.size()) - size.size(), '0');
            payload.bytes.append(size).append(":").append(record).append(",\n");
            payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
            begin = end;
        }
        payload.times.insert(payload.times.end(), plain_.times.begin(), plain_.times.end());
    }
    uint32_t line_end_bytes() const override { return 1; }

  private:
    std::unique_ptr<RecordEncoder> json_;
    size_t digits_;
    Payload plain_;  ///< memory, used again
};

class NetstringFormat final : public Format {
  public:
    NetstringFormat(const FormatKind& kind, const NetstringOptions& options) : Format(kind), options_(options) {}

    /// Takes no stream of more than 200 fields, so that a refusal can be seen.
    Result<void> prepare(const std::vector<std::shared_ptr<const Schema>>& schemas, const IdentityOptions&) override {
        for (const auto& schema : schemas)
            if (schema->fields.size() > 200)
                return fail(ErrorKind::invalid, "Format netstring takes at most 200 fields: " + schema->stream);
        return {};
    }
    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema,
                                                  const IdentityOptions& identity) const override {
        return std::make_unique<NetstringEncoder>(json_->record_encoder(schema, identity), options_.digits);
    }

  private:
    NetstringOptions options_;
    std::unique_ptr<Format> json_ = make_json_format(false);
};

Result<std::unique_ptr<Format>> make(const FormatKind& kind, const FormatRequest& request) {
    auto options = read_options<NetstringOptions>(kind.options, request.options, "Format netstring");
    if (!options) return std::unexpected(options.error());
    return std::make_unique<NetstringFormat>(kind, *options);
}

/// A record lies in one line, so what is no record ends with its line.
size_t next(std::string_view text, std::string& json) {
    json.clear();
    const size_t line_end = text.find('\n');
    const std::string_view line = text.substr(0, line_end);
    size_t size = 0;
    const auto [colon, error] = std::from_chars(line.data(), line.data() + line.size(), size);
    const std::string_view rest = line.substr(static_cast<size_t>(colon - line.data()));
    if (error == std::errc() && rest.size() == size + 2 && rest.front() == ':' && rest.back() == ',')
        json = rest.substr(1, size);
    else if (line_end == std::string_view::npos)
        return 0;
    return std::min(line.size() + 1, text.size());
}

}  // namespace

extern const FormatKind netstring_kind;
const FormatKind netstring_kind{
    .name = "netstring",
    .help = "JSON objects as netstrings.",
    .extension = "netstring",
    .content_type = "application/x-netstring",
    .options = {{.name = "digits",
                 .help = "Digits of every length, at least.",
                 .shape = OptionShape::whole,
                 .otherwise = "0",
                 .most = 9,
                 .over_rest = true,
                 .set = into<&NetstringOptions::digits>}},
    .mixes_schemas = true,
    .stands_alone = true,
    .reading = FormatReading::records,
    .built_in = {.make = make, .next = next},
};

}  // namespace headwater
