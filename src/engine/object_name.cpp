// For names of objects as the reference page has them, with the holes of the folder settled.
#include "engine/object_name.h"

#include <algorithm>

#include "base/print.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {
namespace {

constexpr size_t longest_name_bytes = 160;  ///< file systems take 255 with all that is added

bool is_safe(char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; }

void replace_all(std::string& text, std::string_view hole, std::string_view value) {
    for (size_t at = text.find(hole); at != std::string::npos; at = text.find(hole, at + value.size())) {
        text.replace(at, hole.size(), value);
    }
}

std::string date_text(int64_t micros) {
    char text[16];
    return std::string(text, print_date(text, day_of(micros)));
}

int64_t floor_divide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

std::string encode_name(std::string_view text) {
    std::string name;
    for (const char c : text) {
        if (name.size() >= longest_name_bytes) break;
        if (is_safe(c) && !(c == '.' && name.empty())) {
            name += c;
            continue;
        }
        append_percent(name, c);
    }
    return name;
}

ObjectNames::ObjectNames(const Schema& schema, const LaneOptions& options, std::string ending)
    : folder_(options.folder), layout_(options.layout), parted_(options.parts > 1) {
    const size_t dot = schema.stream.rfind('.');
    stream_ = encode_name(dot == std::string::npos ? schema.stream : schema.stream.substr(dot + 1));
    pack_ = encode_name(dot == std::string::npos ? "" : schema.stream.substr(0, dot));
    ending_ = "-" + encode_name(options.run) + "." + ending;
    if (parted_ && options.count_rows) part_ = "p" + std::to_string(options.part) + "-";
    if (parted_) part_of_none_ = "p" + std::to_string(options.part) + "-";
    if (layout_ == Layout::hive || folder_.find("$(date)") != std::string::npos) period_us_ = micros_per_day;
    if (folder_.find("$(hour)") != std::string::npos) period_us_ = micros_per_hour;
    replace_all(folder_, "$(stream)", stream_);
    replace_all(folder_, "$(pack)", pack_);
}

int64_t ObjectNames::period_of(int64_t time) const { return period_us_ == 0 ? 0 : floor_divide(time, period_us_); }

std::string ObjectNames::folder(int64_t period) const {
    const int64_t time = period * period_us_;
    std::string text = folder_;
    if (period_us_ != 0) {
        const int64_t hour = (time - day_of(time) * micros_per_day) / micros_per_hour;
        replace_all(text, "$(date)", date_text(time));
        replace_all(text, "$(hour)", (hour < 10 ? "0" : "") + std::to_string(hour));
    }
    if (!text.empty()) text += '/';
    if (layout_ == Layout::hive) text += "dt=" + date_text(time) + "/";
    return text;
}

std::string ObjectNames::rows(int64_t first_row, int64_t last_row) const {
    const std::string kind = layout_ == Layout::hive ? stream_ + "-" : "aggregated_";
    return kind + part_ + std::to_string(first_row) + "-" + std::to_string(last_row);
}

std::string ObjectNames::hint(int64_t period, int64_t first_row) const {
    return folder(period) + stream_ + "-" + part_ + std::to_string(first_row) + ending_;
}

std::string ObjectNames::name(int64_t period, int64_t first_row, int64_t last_row) const {
    return folder(period) + rows(first_row, last_row) + ending_;
}

std::string ObjectNames::name_of_none(int64_t period) const {
    const std::string kind = layout_ == Layout::hive ? stream_ + "-" : "aggregated_";
    return folder(period) + kind + part_of_none_ + "none" + ending_;
}

std::string ObjectNames::name_of_key(int64_t period, std::string_view key, int64_t row) {
    std::string base = encode_name(key);
    if (base.empty()) base = part_ + std::to_string(row);
    const std::string number = "-" + part_ + std::to_string(row);
    if (parted_) base += number;
    while (!keys_.insert(key_of(base)).second) base += number;
    return folder(period) + base + ending_;
}

void ObjectNames::remember(const std::string& name) {
    if (layout_ != Layout::single) return;
    const size_t slash = name.rfind('/');
    const std::string base = slash == std::string::npos ? name : name.substr(slash + 1);
    keys_.insert(key_of(std::string_view(base).substr(0, base.size() - std::min(base.size(), ending_.size()))));
}

std::string ObjectNames::prefix() const {
    const size_t hole = folder_.find("$(");
    if (hole != std::string::npos) return folder_.substr(0, hole);
    return folder_.empty() ? "" : folder_ + "/";
}

}  // namespace headwater
