// For telling what kind of value a field of a sample holds.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <set>

#include "base/take.h"
#include "base/text.h"
#include "base/time.h"
#include "pack/sample.h"

namespace headwater {

namespace {

using Is = FieldShape::Is;
using Texts = std::vector<std::string>;

bool is_small_hex(char c) { return hex_value(c) >= 0 && !is_upper(c); }
bool all_of(const Texts& texts, const std::function<bool(const std::string&)>& holds) {
    return std::all_of(texts.begin(), texts.end(), holds);
}

/// True when the text has the form: 9 a digit, x a hex digit of either case, others themselves.
bool has_form(std::string_view text, std::string_view form) {
    if (text.size() != form.size()) return false;
    for (size_t i = 0; i < form.size(); ++i) {
        const bool fits = form[i] == '9'   ? is_digit(text[i])
                          : form[i] == 'x' ? hex_value(text[i]) >= 0
                                           : text[i] == form[i];
        if (!fits) return false;
    }
    return true;
}

bool is_uuid(const std::string& text) { return has_form(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"); }
bool is_date(const std::string& text) { return has_form(text, "9999-99-99") && parse_instant(text).has_value(); }

bool is_email(const std::string& text) {
    const size_t at = text.find('@');
    return at != std::string::npos && at > 0 && text.find('.', at) != std::string::npos &&
           text.find(' ') == std::string::npos && text.back() != '.';
}

bool is_ipv4(const std::string& text) {
    int dots = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '.')
            ++dots;
        else if (!is_digit(text[i]))
            return false;
    }
    return dots == 3 && text.size() >= 7 && text.size() <= 15 && is_digit(text.front()) && is_digit(text.back());
}

bool is_phone(const std::string& text) {
    const auto digits = std::count_if(text.begin(), text.end(), is_digit);
    const bool marked = text[0] == '+' || text[0] == '(' || std::count(text.begin(), text.end(), '-') >= 2;
    return marked && digits >= 7 && digits <= 15 && text.find_first_not_of("0123456789 +-()./") == std::string::npos;
}

/// How an instant is written: date, T or a blank, time, fraction, zone.
struct WrittenInstant {
    bool is_one = false, spaced = false;
    size_t fraction = 0;
    InstantForm form = InstantForm::iso;
    int64_t micros = 0;
};

WrittenInstant read_written_instant(const std::string& text) {
    WrittenInstant written;
    if (text.size() < 19 ||
        !(has_form(text.substr(0, 19), "9999-99-99T99:99:99") || has_form(text.substr(0, 19), "9999-99-99 99:99:99")))
        return written;
    std::string straight = text;
    written.spaced = text[10] == ' ';
    straight[10] = 'T';
    std::string zone = text.substr(19);
    if (!zone.empty() && zone[0] == '.') {
        const size_t end = std::min(zone.find_first_not_of("0123456789", 1), zone.size());
        written.fraction = end - 1;
        zone = zone.substr(end);
        if (written.fraction > 6) straight = straight.substr(0, 26) + zone;
    }
    written.form = zone == "Z" ? InstantForm::iso : zone.empty() ? InstantForm::local : InstantForm::offset;
    const auto micros = parse_instant(straight);
    written.is_one = micros.has_value();
    written.micros = micros.value_or(0);
    return written;
}

bool shape_instants(const Texts& texts, FieldShape& shape) {
    const WrittenInstant first = read_written_instant(texts[0]);
    size_t fraction = 0;
    if (!first.is_one) return false;
    shape.low = shape.high = first.micros;
    for (const std::string& text : texts) {
        const WrittenInstant one = read_written_instant(text);
        if (!one.is_one || one.form != first.form || one.spaced != first.spaced) return false;
        fraction = std::max(fraction, one.fraction);
        shape.low = std::min(shape.low, one.micros);
        shape.high = std::max(shape.high, one.micros);
    }
    shape.is = first.spaced ? Is::spaced_instant : Is::instant;
    shape.form = first.form;
    shape.unit = fraction == 0 ? TimeUnit::second : fraction <= 3 ? TimeUnit::milli : TimeUnit::micro;
    return true;
}

/// Makes a pattern of texts of one length: # for digits, ? for capitals that vary, others as they are; "" when that says nothing.
std::string pattern_of(const Texts& texts) {
    const std::string& first = texts[0];
    if (first.empty() || first.size() > 64 ||
        !all_of(texts, [&](const std::string& text) { return text.size() == first.size(); }))
        return "";
    std::string pattern;
    size_t digits = 0, open = 0;
    for (size_t i = 0; i < first.size(); ++i) {
        const bool same = all_of(texts, [&](const std::string& text) { return text[i] == first[i]; });
        const auto each = [&](bool (*fits)(char)) {
            return all_of(texts, [&](const std::string& text) { return fits(text[i]); });
        };
        if (static_cast<unsigned char>(first[i]) >= 0x80) return "";
        if (each(is_digit)) {
            pattern += '#';
            ++digits;
        } else if (same) {
            if (std::string_view("#?\\").find(first[i]) != std::string_view::npos) pattern += '\\';
            pattern += first[i];
        } else if (each(is_upper)) {
            pattern += '?';
            ++open;
        } else {
            return "";
        }
    }
    return digits + open > 0 && (digits >= 2 || open > 0) ? pattern : "";
}

/// Counts values in the order in which they are first seen; stops keeping new ones at `most_choices`.
std::vector<std::pair<std::string, int64_t>> count_choices(const Texts& texts, size_t* distinct) {
    std::map<std::string, size_t> places;
    std::vector<std::pair<std::string, int64_t>> counts;
    std::set<std::string> others;
    for (const std::string& text : texts) {
        if (const auto found = places.find(text); found != places.end()) {
            ++counts[found->second].second;
        } else if (counts.size() < most_choices) {
            places[text] = counts.size();
            counts.emplace_back(text, 1);
        } else {
            others.insert(text);
        }
    }
    *distinct = counts.size() + others.size();
    return counts;
}

/// True when so few values were seen so often that there are hardly more.
bool repeat(size_t distinct, size_t seen, size_t few) { return seen >= 4 && distinct <= few && seen >= 2 * distinct; }

void take_choices(const Texts& texts, size_t few, FieldShape& shape) {
    size_t distinct = 0;
    shape.choices = count_choices(texts, &distinct);
    shape.choices_are_all = repeat(distinct, texts.size(), few);
    shape.is_distinct = distinct == texts.size();
}

bool looks_like_time(const std::string& name) {
    static const std::set<std::string> words = {"time",     "ts",   "timestamp", "at",    "epoch", "created", "updated",
                                                "modified", "date", "when",      "start", "end",   "expires", "seen"};
    const Texts parts = words_of_name(name);
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& word) { return words.contains(word); });
}

/// Takes whole numbers that count seconds, ms or us since 1970 under a name that speaks of time.
bool shape_epoch(FieldShape& shape) {
    if (!looks_like_time(shape.name)) return false;
    int64_t per_second = 1;
    for (TimeUnit unit : {TimeUnit::second, TimeUnit::milli, TimeUnit::micro}) {
        const int64_t from_2000 = 946'684'800 * per_second, to_2100 = 4'102'444'800 * per_second;
        if (shape.low >= from_2000 && shape.high < to_2100) {
            shape.is = Is::instant;
            shape.form = InstantForm::epoch;
            shape.unit = unit;
            shape.low *= micros_per_second / per_second;
            shape.high *= micros_per_second / per_second;
            shape.choices.clear();
            return true;
        }
        per_second *= 1000;
    }
    return false;
}

}  // namespace

std::vector<std::string> words_of_name(std::string_view name) {
    Texts words(1);
    for (size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool starts =
            is_upper(c) && i > 0 &&
            (is_lower(name[i - 1]) || (i + 1 < name.size() && is_upper(name[i - 1]) && is_lower(name[i + 1])));
        if (starts && !words.back().empty()) words.emplace_back();
        if (is_letter_or_digit(c))
            words.back() += lower(c);
        else if (!words.back().empty())
            words.emplace_back();
    }
    if (words.back().empty() && words.size() > 1) words.pop_back();
    return words;
}

bool is_json_number(std::string_view text) {
    size_t i = !text.empty() && text[0] == '-' ? 1 : 0;
    const size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == first || (text[first] == '0' && i > first + 1)) return false;
    if (i < text.size() && text[i] == '.') {
        const size_t point = i++;
        while (i < text.size() && is_digit(text[i])) ++i;
        if (i == point + 1) return false;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        if (++i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
        const size_t exponent = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        if (i == exponent) return false;
    }
    return i == text.size();
}

void shape_numbers(const Texts& numbers, FieldShape& shape) {
    size_t scale = 0, whole = 0;
    bool exact = true;
    for (const std::string& number : numbers) {
        const size_t point = number.find('.');
        exact = exact && number.find_first_of("eE") == std::string::npos;
        if (point != std::string::npos) scale = std::max(scale, number.size() - point - 1);
        whole = std::max(whole, std::min(point, number.size()));
    }
    if (!exact || scale > 9 || whole + scale > 17) {
        shape.is = Is::real;
        shape.real_low = shape.real_high = std::strtod(numbers[0].c_str(), nullptr);
        for (const std::string& number : numbers) {
            shape.real_low = std::min(shape.real_low, std::strtod(number.c_str(), nullptr));
            shape.real_high = std::max(shape.real_high, std::strtod(number.c_str(), nullptr));
        }
        return;
    }
    shape.is = scale > 0 ? Is::decimal : Is::integer;
    shape.scale = static_cast<int>(scale);
    bool first = true;
    for (const std::string& number : numbers) {
        const size_t point = number.find('.');
        const size_t written = point == std::string::npos ? 0 : number.size() - point - 1;
        std::string digits = number;
        if (point != std::string::npos) digits.erase(point, 1);
        digits.append(scale - written, '0');
        const int64_t value = std::strtoll(digits.c_str(), nullptr, 10);
        shape.low = first ? value : std::min(shape.low, value);
        shape.high = first ? value : std::max(shape.high, value);
        first = false;
    }
    if (scale > 0) return;
    take_choices(numbers, 8, shape);
    if (!shape_epoch(shape) && !shape.choices_are_all) shape.choices.clear();
}

void shape_texts(const Texts& texts, FieldShape& shape) {
    shape.is = Is::text;
    take_choices(texts, 20, shape);
    if (all_of(texts, is_uuid))
        shape.is = Is::uuid;
    else if (all_of(texts, is_email))
        shape.is = Is::email;
    else if (all_of(texts, is_ipv4))
        shape.is = Is::ipv4;
    else if (all_of(texts, is_date)) {
        shape.is = Is::date;
        shape.low = INT64_MAX;
        shape.high = INT64_MIN;
        for (const std::string& text : texts) {
            shape.low = std::min(shape.low, day_of(*parse_instant(text)));
            shape.high = std::max(shape.high, day_of(*parse_instant(text)));
        }
    } else if (shape_instants(texts, shape)) {
        shape.choices.clear();
    } else if (all_of(texts, [](const std::string& text) {
                   return text.starts_with("http://") || text.starts_with("https://");
               }))
        shape.is = Is::url;
    else if (!shape.choices_are_all &&
             all_of(texts, [](const std::string& text) { return !text.empty() && is_phone(text); }))
        shape.is = Is::phone;
    else if (!shape.choices_are_all && texts[0].size() >= 8 &&
             all_of(texts,
                    [&](const std::string& text) {
                        return text.size() == texts[0].size() && std::ranges::all_of(text, is_small_hex);
                    }) &&
             texts[0].find_first_of("abcdef") != std::string::npos) {
        shape.is = Is::hex;
        shape.low = shape.high = static_cast<int64_t>(texts[0].size());
    } else if (!shape.choices_are_all) {
        shape.pattern = pattern_of(texts);
    }
}

Observed& Observed::member(const std::string& name) {
    auto& place = members_[name];
    if (!place) {
        place = std::make_unique<Observed>();
        names_.push_back(name);
    }
    return *place;
}

Observed& Observed::add_list(int64_t items) {
    ++lists_;
    least_ = std::min(least_, items);
    most_ = std::max(most_, items);
    if (!item_) item_ = std::make_unique<Observed>();
    return *item_;
}

int64_t Observed::seen() const {
    return trues_ + falses_ + objects_ + lists_ + static_cast<int64_t>(numbers_.size() + texts_.size());
}

FieldShape Observed::shape(const std::string& name) const {
    FieldShape shape;
    shape.name = name;
    shape.seen = seen();
    shape.nullable = nulls_ > 0;
    shape.null_share = nulls_ == 0 ? 0 : static_cast<double>(nulls_) / static_cast<double>(nulls_ + shape.seen);
    if (objects_ > 0) {
        shape.is = Is::record;
        for (const std::string& member : names_) {
            const Observed& place = *members_.at(member);
            FieldShape child = place.shape(member);
            if (const int64_t missing = objects_ - place.seen() - place.nulls_; missing > 0) {
                child.nullable = true;
                child.null_share = static_cast<double>(missing + place.nulls_) / static_cast<double>(objects_);
            }
            shape.children.push_back(std::move(child));
        }
    } else if (lists_ > 0) {
        shape.is = Is::list;
        shape.least = least_;
        shape.most = most_;
        shape.children.push_back(item_->shape("item"));
    } else if (!texts_.empty()) {
        Texts all = texts_;
        all.insert(all.end(), numbers_.begin(), numbers_.end());
        if (trues_ > 0) all.push_back("true");
        if (falses_ > 0) all.push_back("false");
        shape_texts(all, shape);
    } else if (!numbers_.empty()) {
        shape_numbers(numbers_, shape);
    } else if (trues_ + falses_ > 0) {
        shape.is = Is::boolean;
        shape.true_share = static_cast<double>(trues_ + 1) / static_cast<double>(trues_ + falses_ + 2);
    }
    return shape;
}

}  // namespace headwater
