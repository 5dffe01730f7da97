#include "sample/inflate_values.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "language/compiler.h"
#include "pack/world.h"

namespace headwater {

namespace {

using Is = FieldLook::Is;

/// From so many values on, what was seen is taken for all there is.
constexpr int64_t enough_values = 10;

/// Gives the greatest of 1, 2, 5, 10, 20, ... that is not above a value above 0.
int64_t round_down(int64_t value) {
    if (value < 0) return -std::abs(value) * 2;
    int64_t best = 0;
    for (int64_t power = 1; power <= value && power < INT64_MAX / 100; power *= 10) {
        for (int64_t step : {1, 2, 5}) {
            if (step * power <= value) best = step * power;
        }
    }
    return best;
}

/// Gives the least of 1, 2, 5, 10, 20, ... that is above a value above 0.
int64_t round_up(int64_t value) {
    if (value <= 0) return value == 0 ? 10 : 0;
    for (int64_t power = 1; power < INT64_MAX / 100; power *= 10) {
        for (int64_t step : {1, 2, 5}) {
            if (step * power > value) return step * power;
        }
    }
    return value;
}

/// Gives the ends of a range of whole numbers: as seen, or rounded outwards where few were seen.
std::pair<int64_t, int64_t> ends_of(const FieldLook& field) {
    if (field.seen == 0 || (field.seen >= enough_values && field.low < field.high)) return {field.low, field.high};
    return {round_down(field.low), round_up(field.high)};
}

std::string spell_scaled(int64_t value, int scale) {
    std::string digits = std::to_string(std::abs(value));
    const auto wanted = static_cast<size_t>(scale) + 1;
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    digits.insert(digits.size() - static_cast<size_t>(scale), ".");
    return (value < 0 ? "-" : "") + digits;
}

std::string spell_real(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.6f", value);
    std::string digits = text;
    while (digits.ends_with("0") && !digits.ends_with(".0")) digits.pop_back();
    return digits;
}

std::string spell_percent(double part) {
    const double percent = std::clamp(std::round(part * 1000) / 10, 0.1, 99.9);
    std::string text = spell_real(percent);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text + "%";
}

std::string range(const std::string& low, const std::string& high) { return low + ".." + high; }

const char* unit_word(TimeUnit unit) { return unit == TimeUnit::second ? "s" : unit == TimeUnit::milli ? "ms" : "us"; }

bool has_word(const std::vector<std::string>& words, std::initializer_list<const char*> wanted) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const char* word) { return std::find(words.begin(), words.end(), word) != words.end(); });
}

/// True when every text that was seen has words as names of people have.
bool look_like_names(const FieldLook& field, bool two_words) {
    return std::all_of(field.choices.begin(), field.choices.end(), [&](const auto& choice) {
        const std::string& text = choice.first;
        const bool letters = std::none_of(text.begin(), text.end(), [](char c) {
            return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/';
        });
        return letters && !text.empty() && (text.find(' ') != std::string::npos) == two_words;
    });
}

}  // namespace

std::string TakenNames::take(const std::string& wanted) {
    static const std::set<std::string> given = {"time",    "start", "number", "rule",  "index", "born", "phase",
                                                "because", "item",  "true",   "false", "null",  "if",   "then",
                                                "else",    "and",   "or",     "not",   "in",    "mod"};
    std::string name = wanted;
    for (int i = 2; taken_.contains(name) || given.contains(name) || find_function(name) != nullptr; ++i)
        name = wanted + "_" + std::to_string(i);
    taken_.insert(name);
    return name;
}

std::string name_from(const std::string& text) {
    std::string name;
    for (char c : text)
        name += std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80 ? c : '_';
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) name.insert(0, "_");
    return name.substr(0, 100);
}

std::string expression_text(const std::string& text) {
    std::string quoted = "\"";
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted += '"';
        if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '(') quoted += '$';
        quoted += text[i];
    }
    return quoted + "\"";
}

std::string yaml_value(const std::string& text) {
    const bool odd = std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (odd) return quote_json(text);
    const bool plain = !text.empty() && text[0] == '=' && text.find(": ") == std::string::npos &&
                       text.find(" #") == std::string::npos && text.back() != ':' && text.back() != ' ';
    if (plain) return text;
    std::string quoted = "'";
    for (char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + "'";
}

std::string yaml_key(const std::string& text) {
    static const std::set<std::string> words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    return is_name(text) && !words.contains(lower(text)) ? text : quote_json(text);
}

std::string spell_span(int64_t micros) {
    const int64_t seconds = micros / micros_per_second;
    if (seconds >= 2 * 86'400) return std::to_string(seconds / 86'400) + "d";
    if (seconds >= 2 * 3'600) return std::to_string(seconds / 3'600) + "h";
    return std::to_string(seconds) + "s";
}

ValueWriter::ValueWriter(NewSections& sections, const StreamLook& stream, bool of_entity)
    : sections_(sections), stream_(stream.name), of_entity_(of_entity) {
    find_first_instant(stream.fields);
}

void ValueWriter::find_first_instant(const std::vector<FieldLook>& fields) {
    for (const FieldLook& field : fields) {
        if (field.is == Is::instant || field.is == Is::spaced_instant) {
            first_instant_ = field.low;
            return;
        }
    }
}

std::string ValueWriter::value(const FieldLook& field, const std::string& path) {
    declare(field, path);
    const std::string plain = plain_value(field, path);
    if (!field.nullable || field.null_share <= 0 || field.is == Is::unknown) return plain;
    return "if chance(" + spell_percent(field.null_share) + ") then null else " + plain;
}

void ValueWriter::declare(const FieldLook& field, const std::string& path) {
    const std::string null = field.nullable ? " or null" : "";
    switch (field.is) {
        case Is::instant: {
            const std::string unit = unit_word(field.unit);
            const char* form = field.form == InstantForm::offset  ? ", offset"
                               : field.form == InstantForm::local ? ", local"
                                                                  : "";
            types.emplace_back(
                path, (field.form == InstantForm::epoch ? "epoch(" + unit : "instant(" + unit + form) + ")" + null);
            break;
        }
        case Is::unknown: types.emplace_back(path, "text or null"); break;
        case Is::email:
        case Is::phone: types.emplace_back(path, "text" + null + " pii"); break;
        default: break;
    }
}

std::string ValueWriter::map_type(const FieldLook& item) {
    switch (item.is) {
        case Is::boolean: return "bool";
        case Is::integer: return "int";
        case Is::decimal: return "decimal(" + std::to_string(item.scale) + ")";
        case Is::real: return "float";
        case Is::uuid: return "uuid";
        case Is::date: return "date";
        case Is::instant: return std::string("instant(") + unit_word(item.unit) + ")";
        default: return "text";
    }
}

std::string ValueWriter::plain_value(const FieldLook& field, const std::string& path) {
    switch (field.is) {
        case Is::boolean: return "chance(" + spell_percent(field.true_share) + ")";
        case Is::integer: return integer_value(field, path);
        case Is::decimal: {
            const auto [low, high] = ends_of(field);
            return "decimal(" + range(spell_scaled(low, field.scale), spell_scaled(high, field.scale)) + ")";
        }
        case Is::real: {
            const bool enough = field.seen == 0 || (field.seen >= enough_values && field.real_low < field.real_high);
            const double low = enough ? field.real_low : field.real_low < 0 ? 2 * field.real_low : 0;
            const double high = enough ? field.real_high : field.real_high > 0 ? 2 * field.real_high : 0;
            return "uniform(" + range(spell_real(low), spell_real(std::max(high, low + 0.000001))) + ")";
        }
        case Is::uuid: return "uuid()";
        case Is::email: return person("email");
        case Is::phone: return person("phone");
        case Is::ipv4: return "ipv4()";
        case Is::url: {
            const std::string& seen = field.choices[0].first;
            std::string text = expression_text(seen.substr(0, std::min(seen.find('/', 8), seen.find('?'))) + "/");
            text.pop_back();
            return text + "$(hex(8))\"";
        }
        case Is::hex: return "hex(" + std::to_string(std::clamp<int64_t>(field.low, 1, 64)) + ")";
        case Is::date: return date_value(field, path);
        case Is::instant: return instant_value(field);
        case Is::spaced_instant:
            return "format(" + instant_value(field) + ", \"yyyy-MM-dd HH:mm:ss" +
                   (field.unit == TimeUnit::second ? "" : ".SSS") + "\")";
        case Is::text: return text_value(field, path);
        default: return "null";
    }
}

std::string ValueWriter::integer_value(const FieldLook& field, const std::string& path) {
    if (field.choices_are_all) return pick_from(field, path, true);
    const auto words = words_of_name(field.name);
    auto [low, high] = ends_of(field);
    if (field.seen > 0 && field.seen < enough_values && words.back() == "year") {
        low = field.low - 2;
        high = field.high + 2;
    } else if (field.seen > 0 && field.seen < enough_values && words.back() == "id" && field.low > 0) {
        low = 1;
        for (int64_t rest = field.low; rest >= 10; rest /= 10) low *= 10;
        high = std::max(low * 10 - 1, field.high);
    }
    return "integer(" + range(std::to_string(low), std::to_string(std::max(low, high))) + ")";
}

std::string ValueWriter::text_value(const FieldLook& field, const std::string& path) {
    if (field.choices_are_all) return pick_from(field, path, false);
    if (auto known = value_by_name(field)) return *known;
    if (!field.pattern.empty()) return "pattern(" + expression_text(field.pattern) + ")";
    if (!field.choices.empty()) return pick_from(field, path, false);
    const int64_t most = field.high > 0 ? field.high : 8;
    return "letters(" + std::to_string(std::min<int64_t>(most, 8)) + ")";
}

std::optional<std::string> ValueWriter::value_by_name(const FieldLook& field) {
    const auto words = words_of_name(field.name);
    std::string joined;
    for (const std::string& word : words) joined += word;
    const std::string& last = words.back();
    const bool of_people = has_word(words, {"full", "customer", "user", "person", "contact", "holder", "patient",
                                            "employee", "passenger", "guest", "author", "member", "client"}) ||
                           has_word(words_of_name(stream_), {"customer", "customers", "user", "users", "people",
                                                             "person", "employee", "employees", "patient", "patients"});
    if (joined.ends_with("firstname") || joined == "givenname" || joined == "forename") return person("first_name");
    if (joined.ends_with("lastname") || joined == "surname" || joined == "familyname") return person("last_name");
    if (last == "email" && field.seen == 0) return person("email");
    if ((last == "phone" || last == "mobile" || joined == "phonenumber") && field.seen == 0) return person("phone");
    if ((joined == "username" || last == "login" || last == "handle") && look_like_names(field, false))
        return person("username");
    if (joined == "useragent") return "user_agent()";
    if (has_word(words, {"company", "merchant", "vendor", "employer", "organization", "organisation", "supplier"}) &&
        (last == "name" || words.size() == 1))
        return "company()";
    if ((last == "name" || last == "person") && (of_people || (joined == "name" && field.seen > 0)) &&
        look_like_names(field, true))
        return person("name");
    if (last == "city" || last == "town") return place("city");
    if (last == "street" || joined == "streetaddress") return place("street");
    if (last == "address" && words.front() != "ip" && words.front() != "mac") return place("address");
    if (last == "zip" || last == "zipcode" || last == "postcode" || joined.ends_with("postalcode"))
        return place("postal_code");
    if (last == "country" || joined == "countrycode") {
        const bool codes = std::all_of(field.choices.begin(), field.choices.end(),
                                       [](const auto& choice) { return choice.first.size() == 2; });
        return place(codes && (field.seen > 0 || field.high == 2 || last == "code") ? "country" : "country_name");
    }
    return std::nullopt;
}

std::string ValueWriter::instant_value(const FieldLook& field) {
    if (of_entity_) return "start - uniform(0d..730d)";
    if (!has_time_) {
        has_time_ = true;
        return "time";
    }
    const int64_t distance = field.low - first_instant_;
    if (field.seen == 0) {
        const bool later = has_word(words_of_name(field.name), {"end", "ended", "expires", "updated", "delivered",
                                                                "closed", "finished", "shipped", "logout"});
        return std::string("time ") + (later ? "+" : "-") + " uniform(0s..1h)";
    }
    if (std::abs(distance) < 2 * micros_per_second) return "time + uniform(0s..2s)";
    return std::string("time ") + (distance > 0 ? "+" : "-") + " uniform(" +
           range(spell_span(std::abs(distance) / 2), spell_span(std::abs(distance) / 2 * 3)) + ")";
}

std::string ValueWriter::date_value(const FieldLook& field, const std::string& path) {
    const auto words = words_of_name(field.name);
    const bool of_birth = has_word(words, {"birth", "birthday", "birthdate", "dob", "born"});
    if (of_birth && field.seen < enough_values) return person("birth_date");
    const int64_t days = std::max<int64_t>(field.high - field.low + 1, field.seen < enough_values ? 365 : 1);
    const int64_t low = field.seen > 0 && field.seen < enough_values ? field.high - days + 1 : field.low;
    const std::string from = sections_.names.take(name_from(path) + "_from");
    sections_.parameters += "  " + from +
                            ": {type: instant, default: " + spell_instant(low * micros_per_day).substr(0, 10) +
                            ", help: First day of " + name_from(path) + ".}\n";
    return "date(" + from + " + uniform(0d.." + std::to_string(days) + "d))";
}

std::string ValueWriter::pick_from(const FieldLook& field, const std::string& path, bool of_numbers) {
    const std::string list = sections_.names.take(name_from(path) + "s_seen");
    std::string items;
    for (const auto& [text, count] : field.choices) {
        if (text == "because" && !of_numbers) continue;
        if (of_numbers)
            items += "    - {value: " + text + ", weight: " + std::to_string(count) + "}\n";
        else
            items += "    " + yaml_key(text.substr(0, 300)) + ": " + std::to_string(count) + "\n";
    }
    sections_.lists += "  " + list + ":" + (field.choices_are_all ? "" : "  # add what else there is") + "\n" + items;
    return "pick(" + list + ")" + (of_numbers ? ".value" : "");
}

std::string ValueWriter::person(const std::string& member) {
    if (person_.empty()) {
        person_ = sections_.names.take("who");
        lets.emplace_back(person_, "person()");
    }
    return person_ + "." + member;
}

std::string ValueWriter::place(const std::string& member) {
    if (place_.empty()) {
        place_ = sections_.names.take("somewhere");
        lets.emplace_back(place_, "place()");
    }
    return place_ + "." + member;
}

std::string ValueWriter::key_value(const FieldLook& field, const std::string& path) {
    declare(field, path);
    if (field.is == Is::uuid) return "uuid()";
    if (field.is == Is::hex && field.low >= 12) return "hex(" + std::to_string(std::min<int64_t>(field.low, 64)) + ")";
    if (field.is == Is::integer) return field.low > 1 ? std::to_string(field.low - 1) + " + number" : "number";
    if (field.is != Is::text) return value(field, path);
    const std::string& pattern = field.pattern;
    const size_t first = pattern.find('#'), last = pattern.rfind('#');
    const bool one_run = first != std::string::npos && pattern.find_first_not_of('#', first) > last &&
                         pattern.find('?') == std::string::npos && pattern.find('\\') == std::string::npos;
    if (one_run && last - first < 15) {
        std::string base = "1" + std::string(last - first, '0');
        const std::string text = expression_text(pattern.substr(0, first) + "\x01" + pattern.substr(last + 1));
        const size_t hole = text.find('\x01');
        return text.substr(0, hole) + "$(" + base + " + number)" + text.substr(hole + 1);
    }
    return "\"" + name_from(field.name) + "-$(number)\"";
}

}  // namespace headwater
