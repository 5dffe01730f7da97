// For reading JSON from outside without its traps: depth, repeated names, numbers that nobody can hold.
#include "service/json_text.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// Builds the tree from the parser's events, so that what is doubtful can be refused on the way.
class Builder final : public nlohmann::json_sax<Json> {
  public:
    explicit Builder(Json& root) : root_(root) {}

    std::string complaint;

    bool null() override { return put(Json()); }
    bool boolean(bool value) override { return put(Json(value)); }
    bool number_integer(number_integer_t value) override { return put(Json(value)); }
    bool number_unsigned(number_unsigned_t value) override { return put(Json(value)); }
    bool number_float(number_float_t value, const string_t& text) override {
        const bool is_whole = text.find_first_of(".eE") == std::string::npos;
        if (is_whole || !std::isfinite(value)) return refuse("Number is too large: " + text.substr(0, 40));
        return put(Json(value));
    }
    bool string(string_t& value) override {
        if (value.size() > longest_json_text) return refuse("Text is too long, in bytes: " + size_of(value));
        return put(Json(std::move(value)));
    }
    bool binary(binary_t&) override { return refuse("Bytes are not JSON"); }

    bool start_object(size_t) override { return open(Json::object()); }
    bool key(string_t& name) override {
        if (!names_.back().insert(name).second) return refuse("Name is given twice: " + name);
        if (names_.back().size() > most_json_names) return refuse("Object has too many names");
        key_ = std::move(name);
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }

    bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
        std::string text = error.what();
        const size_t mark = text.find("] ");
        return refuse("Body is no JSON: " + text.substr(mark == std::string::npos ? 0 : mark + 2));
    }

  private:
    static std::string size_of(const std::string& text) { return std::to_string(text.size()); }

    bool refuse(std::string why) {
        if (complaint.empty()) complaint = std::move(why);
        return false;
    }

    Json* place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        // Names are known to be new, so nothing has to be looked for.
        auto& entries = parent.get_ref<Json::object_t&>();
        entries.emplace_back(std::move(key_), std::move(value));
        return &entries.back().second;
    }

    bool put(Json value) {
        if (!open_.empty() && open_.back()->is_array() && open_.back()->size() == most_json_items)
            return refuse("Array has too many items");
        place(std::move(value));
        return true;
    }

    bool open(Json value) {
        if (open_.size() == deepest_json) return refuse("Body is nested too deep: 64 levels are allowed");
        if (!open_.empty() && open_.back()->is_array() && open_.back()->size() == most_json_items)
            return refuse("Array has too many items");
        open_.push_back(place(std::move(value)));
        names_.emplace_back();
        return true;
    }

    bool close() {
        open_.pop_back();
        names_.pop_back();
        return true;
    }

    Json& root_;
    std::vector<Json*> open_;
    std::vector<std::unordered_set<std::string>> names_;
    std::string key_;
};

}  // namespace

std::optional<std::string> read_json(std::string_view text, Json& json) {
    if (text.starts_with("\xef\xbb\xbf")) return "Body begins with a byte order mark";
    // For the parser below it would be the end of the text.
    if (text.find('\0') != std::string_view::npos) return "Body is no JSON: it holds a NUL byte";
    Builder builder(json);
    const bool is_read = Json::sax_parse(text.begin(), text.end(), &builder);
    if (is_read) return std::nullopt;
    return builder.complaint.empty() ? "Body is no JSON" : builder.complaint;
}

}  // namespace headwater
