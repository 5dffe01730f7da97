#include "pack/reader.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/time.h"

namespace headwater {

std::optional<DurationRange> read_durations(const std::string& text) {
    const size_t dots = text.find("..");
    const auto low = parse_duration(text.substr(0, dots));
    const auto high = dots == std::string::npos ? low : parse_duration(text.substr(dots + 2));
    if (!low || !high || *low < 0 || *high < *low) return std::nullopt;
    return DurationRange{*low, *high};
}

std::optional<double> read_share(const std::string& text) {
    Quantity quantity;
    if (!read_quantity(text, quantity)) return std::nullopt;
    const bool fits = quantity.kind == Quantity::Kind::share || quantity.kind == Quantity::Kind::number;
    if (!fits || quantity.value < 0 || quantity.value > 1) return std::nullopt;
    return quantity.value;
}

std::optional<double> read_rate(const std::string& text) {
    Quantity quantity;
    if (!read_quantity(text, quantity) || quantity.kind != Quantity::Kind::rate || quantity.value < 0)
        return std::nullopt;
    return quantity.value;
}

std::optional<int64_t> read_count(const std::string& text) {
    Quantity quantity;
    if (!read_quantity(text, quantity) || quantity.kind != Quantity::Kind::number) return std::nullopt;
    if (quantity.value < 0 || quantity.value > 9e15 || quantity.value != std::floor(quantity.value))
        return std::nullopt;
    return static_cast<int64_t>(quantity.value);
}

std::optional<uint64_t> read_size(const std::string& text) {
    const auto bytes = parse_size(text);
    return bytes && *bytes > 0 ? bytes : std::nullopt;
}

Section::Section(const Reading& reading, const Node* node, std::string path)
    : reading_(reading), node_(node), path_(std::move(path)) {
    if (node_ && node_->is_null()) node_ = nullptr;
    if (node_ && !node_->is_map()) {
        reading_.error(node_->at, path_,
                       "A map of keys and values is expected here" + (node_->is_scalar() ? ": " + node_->text : ""),
                       "");
        node_ = nullptr;
    }
}

const Node* Section::take(std::string_view key) {
    known_.emplace(key);
    const Node* value = node_ ? node_->find(key) : nullptr;
    return value;
}

const Node* Section::scalar(std::string_view key) {
    const Node* value = take(key);
    if (!value) return nullptr;
    if (value->is_scalar()) return value;
    reading_.error(value->at, path_of(key), "One value is expected here, not a list or a map: " + std::string(key));
    return nullptr;
}

std::optional<std::string> Section::text(std::string_view key) {
    const Node* value = scalar(key);
    return value ? std::optional(value->text) : std::nullopt;
}

std::optional<bool> Section::boolean(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (!value->quoted && (value->text == "true" || value->text == "false")) return value->text == "true";
    reading_.error(value->at, path_of(key), "true or false is expected here: " + value->text);
    return std::nullopt;
}

std::optional<int64_t> Section::duration(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (const auto micros = parse_duration(value->text)) return micros;
    const bool bare = !value->text.empty() && value->text.find_first_not_of("0123456789.") == std::string::npos;
    reading_.error(value->at, path_of(key), (bare ? "A duration needs a unit: " : "Not a duration: ") + value->text,
                   bare ? "Write " + value->text + "s for seconds; units are us ms s min h d w y."
                        : "Write for example 30s, 5min or 90d.");
    return std::nullopt;
}

std::optional<double> Section::share(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (const auto share = read_share(value->text)) return share;
    reading_.error(value->at, path_of(key), "Not a share between 0% and 100%: " + value->text,
                   "Write for example 2.5%.");
    return std::nullopt;
}

std::optional<double> Section::rate(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (const auto rate = read_rate(value->text)) return rate;
    const bool bare = read_count(value->text).has_value();
    reading_.error(value->at, path_of(key), (bare ? "A rate needs a unit of time: " : "Not a rate: ") + value->text,
                   bare ? "Write " + value->text + "/s." : "Write for example 200/s, 5k/s or 1/5d.");
    return std::nullopt;
}

std::optional<int64_t> Section::count(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (const auto count = read_count(value->text)) return count;
    reading_.error(value->at, path_of(key), "Not a count: " + value->text,
                   "Write a whole number such as 9000, 10k or 1M.");
    return std::nullopt;
}

std::optional<int64_t> Section::instant(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (const auto instant = parse_instant(value->text)) return instant;
    reading_.error(value->at, path_of(key), "Not an instant: " + value->text,
                   "Write for example 2026-11-01T00:00:00Z.");
    return std::nullopt;
}

std::optional<uint64_t> Section::size(std::string_view key) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (const auto size = read_size(value->text)) return size;
    reading_.error(value->at, path_of(key), "Not a size: " + value->text,
                   "Write for example " + std::string(size_examples) + ".");
    return std::nullopt;
}

std::optional<std::string> Section::choice(std::string_view key, const std::vector<std::string>& allowed) {
    const Node* value = scalar(key);
    if (!value) return std::nullopt;
    if (std::find(allowed.begin(), allowed.end(), value->text) != allowed.end()) return value->text;
    reading_.error(value->at, path_of(key), "Unknown " + std::string(key) + ": " + value->text,
                   suggest(value->text, allowed));
    return std::nullopt;
}

std::vector<std::string> Section::texts(std::string_view key) {
    const Node* value = take(key);
    std::vector<std::string> texts;
    if (!value) return texts;
    if (value->is_scalar()) return {value->text};
    if (value->is_sequence()) {
        for (const Node& item : value->items) {
            if (item.is_scalar()) {
                texts.push_back(item.text);
            } else {
                reading_.error(item.at, path_of(key), "A text is expected here, not a list or a map");
            }
        }
        return texts;
    }
    reading_.error(value->at, path_of(key), "A text or a list of texts is expected here");
    return texts;
}

bool Section::finish() {
    if (!node_) return true;
    bool all_known = true;
    std::vector<std::string> known(known_.begin(), known_.end());
    for (const Node::Entry& entry : node_->entries) {
        if (entry.key == "because" || known_.contains(entry.key)) continue;
        all_known = false;
        reading_.error(entry.key_at, path_.empty() ? entry.key : path_, "Unknown key: " + entry.key,
                       suggest(entry.key, known));
    }
    return all_known;
}

}  // namespace headwater
