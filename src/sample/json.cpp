// For reading samples of records: JSON (an object, a list, or one a line) and CSV.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "pack/csv.h"
#include "sample/sample.h"

namespace headwater {

namespace {

using Json = nlohmann::json;

/// A JSON value that keeps numbers as they are written and members in their order.
struct WrittenValue {
    enum class Is { null, boolean, number, text, list, object } is = Is::null;
    bool truth = false;
    std::string text;
    std::vector<std::string> names;
    std::vector<WrittenValue> items;
};

/// Builds a tree of written values from what the parser sees.
class TreeBuilder : public nlohmann::json_sax<Json> {
  public:
    WrittenValue root;
    std::string mistake;

    bool null() override { return add({}); }
    bool boolean(bool value) override { return add({WrittenValue::Is::boolean, value, "", {}, {}}); }
    bool number_integer(number_integer_t value) override { return add_number(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return add_number(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& digits) override { return add_number(digits); }
    bool string(string_t& text) override { return add({WrittenValue::Is::text, false, text, {}, {}}); }
    bool binary(binary_t&) override { return false; }
    bool start_object(size_t) override { return open(WrittenValue::Is::object); }
    bool key(string_t& name) override {
        open_.back()->names.push_back(name);
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(size_t) override { return open(WrittenValue::Is::list); }
    bool end_array() override { return close(); }
    bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
        mistake = error.what();
        return false;
    }

  private:
    bool add_number(const std::string& digits) { return add({WrittenValue::Is::number, false, digits, {}, {}}); }
    bool add(WrittenValue value) {
        if (open_.empty())
            root = std::move(value);
        else
            open_.back()->items.push_back(std::move(value));
        return true;
    }
    bool open(WrittenValue::Is is) {
        if (open_.size() > 60) {
            mistake = "it is nested too deep";
            return false;
        }
        add({is, false, "", {}, {}});
        open_.push_back(open_.empty() ? &root : &open_.back()->items.back());
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    std::vector<WrittenValue*> open_;
};

void observe(const WrittenValue& value, Observed& place) {
    switch (value.is) {
        case WrittenValue::Is::null: place.add_null(); break;
        case WrittenValue::Is::boolean: place.add_boolean(value.truth); break;
        case WrittenValue::Is::number: place.add_number(value.text); break;
        case WrittenValue::Is::text: place.add_text(value.text); break;
        case WrittenValue::Is::list: {
            Observed& item = place.add_list(static_cast<int64_t>(value.items.size()));
            for (const WrittenValue& one : value.items) observe(one, item);
            break;
        }
        case WrittenValue::Is::object:
            place.add_object();
            for (size_t i = 0; i < value.items.size(); ++i) observe(value.items[i], place.member(value.names[i]));
            break;
    }
}

Result<std::vector<StreamLook>> look_of_records(const Observed& records, const std::string& name) {
    const FieldLook look = records.look(name);
    if (look.is != FieldLook::Is::record || look.children.empty())
        return fail(ErrorKind::invalid, "The sample holds no records with fields: " + name);
    return std::vector<StreamLook>{{name, look.children}};
}

/// Observes one value of the sample: a record, or a list of records.
Result<void> observe_top(const WrittenValue& value, Observed& records, int64_t& seen) {
    const bool is_list = value.is == WrittenValue::Is::list;
    for (size_t i = 0; i < (is_list ? value.items.size() : 1) && seen < most_sample_records; ++i, ++seen) {
        const WrittenValue& record = is_list ? value.items[i] : value;
        if (record.is != WrittenValue::Is::object)
            return fail(ErrorKind::invalid,
                        "The sample holds something else than records, at record " + std::to_string(seen + 1));
        observe(record, records);
    }
    return {};
}

}  // namespace

Result<std::vector<StreamLook>> look_at_json(const std::string& text, const std::string& name) {
    Observed records;
    int64_t seen = 0;
    TreeBuilder whole;
    if (Json::sax_parse(text, &whole)) {
        if (auto observed = observe_top(whole.root, records, seen); !observed) return std::unexpected(observed.error());
        return look_of_records(records, name);
    }
    int line_number = 0;
    for (size_t at = 0; at < text.size() && seen < most_sample_records;) {
        const size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        at = end + 1;
        ++line_number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        TreeBuilder one;
        if (!Json::sax_parse(line, &one)) {
            const std::string& mistake = line_number == 1 ? whole.mistake : one.mistake;
            return fail(ErrorKind::invalid, "The sample is neither JSON nor JSON lines (line " +
                                                std::to_string(line_number) + "): " + mistake);
        }
        if (auto observed = observe_top(one.root, records, seen); !observed) return std::unexpected(observed.error());
    }
    return look_of_records(records, name);
}

Result<std::vector<StreamLook>> look_at_csv(const std::string& text, const std::string& name) {
    Diagnostics diagnostics;
    const size_t skip = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
    const auto rows = read_csv(std::string_view(text).substr(skip), Reading{name, &diagnostics});
    if (diagnostics.has_errors())
        return fail(ErrorKind::invalid, "The sample is no CSV: " + diagnostics.sorted().front().message);
    if (rows.size() < 2) return fail(ErrorKind::invalid, "A CSV sample needs a header and at least one row: " + name);
    Observed records;
    std::vector<std::vector<std::string>> columns(rows[0].size());
    for (size_t r = 1; r < rows.size() && r <= static_cast<size_t>(most_sample_records); ++r) {
        if (rows[r].size() != rows[0].size())
            return fail(ErrorKind::invalid, "Row " + std::to_string(r + 1) +
                                                " of the sample has another number of cells than its header: " +
                                                std::to_string(rows[r].size()));
        records.add_object();
        for (size_t c = 0; c < columns.size(); ++c) columns[c].push_back(rows[r][c]);
    }
    for (size_t c = 0; c < columns.size(); ++c) {
        auto each = [&](auto holds) {
            return std::all_of(columns[c].begin(), columns[c].end(),
                               [&](const std::string& cell) { return cell.empty() || holds(cell); });
        };
        const bool numbers = each([](const std::string& cell) { return is_json_number(cell); });
        const bool booleans = each([](const std::string& cell) { return cell == "true" || cell == "false"; });
        Observed& place = records.member(rows[0][c]);
        for (const std::string& cell : columns[c]) {
            if (cell.empty())
                place.add_null();
            else if (numbers)
                place.add_number(cell);
            else if (booleans)
                place.add_boolean(cell == "true");
            else
                place.add_text(cell);
        }
    }
    return look_of_records(records, name);
}

}  // namespace headwater
