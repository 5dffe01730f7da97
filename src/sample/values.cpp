// For telling what kind of value a field of a sample holds.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <set>

#include "base/take.h"
#include "base/text.h"
#include "base/time.h"
#include "sample/sample.h"

namespace headwater {

namespace {

using Is = FieldLook::Is;
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

bool look_at_instants(const Texts& texts, FieldLook& look) {
    const WrittenInstant first = read_written_instant(texts[0]);
    size_t fraction = 0;
    if (!first.is_one) return false;
    look.low = look.high = first.micros;
    for (const std::string& text : texts) {
        const WrittenInstant one = read_written_instant(text);
        if (!one.is_one || one.form != first.form || one.spaced != first.spaced) return false;
        fraction = std::max(fraction, one.fraction);
        look.low = std::min(look.low, one.micros);
        look.high = std::max(look.high, one.micros);
    }
    look.is = first.spaced ? Is::spaced_instant : Is::instant;
    look.form = first.form;
    look.unit = fraction == 0 ? TimeUnit::second : fraction <= 3 ? TimeUnit::milli : TimeUnit::micro;
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

void take_choices(const Texts& texts, size_t few, FieldLook& look) {
    size_t distinct = 0;
    look.choices = count_choices(texts, &distinct);
    look.choices_are_all = repeat(distinct, texts.size(), few);
    look.is_distinct = distinct == texts.size();
}

bool looks_like_time(const std::string& name) {
    static const std::set<std::string> words = {"time",     "ts",   "timestamp", "at",    "epoch", "created", "updated",
                                                "modified", "date", "when",      "start", "end",   "expires", "seen"};
    const Texts parts = words_of_name(name);
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& word) { return words.contains(word); });
}

/// Takes whole numbers that count seconds, ms or us since 1970 under a name that speaks of time.
bool look_at_epoch(FieldLook& look) {
    if (!looks_like_time(look.name)) return false;
    int64_t per_second = 1;
    for (TimeUnit unit : {TimeUnit::second, TimeUnit::milli, TimeUnit::micro}) {
        const int64_t from_2000 = 946'684'800 * per_second, to_2100 = 4'102'444'800 * per_second;
        if (look.low >= from_2000 && look.high < to_2100) {
            look.is = Is::instant;
            look.form = InstantForm::epoch;
            look.unit = unit;
            look.low *= micros_per_second / per_second;
            look.high *= micros_per_second / per_second;
            look.choices.clear();
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

void look_at_numbers(const Texts& numbers, FieldLook& look) {
    size_t scale = 0, whole = 0;
    bool exact = true;
    for (const std::string& number : numbers) {
        const size_t point = number.find('.');
        exact = exact && number.find_first_of("eE") == std::string::npos;
        if (point != std::string::npos) scale = std::max(scale, number.size() - point - 1);
        whole = std::max(whole, std::min(point, number.size()));
    }
    if (!exact || scale > 9 || whole + scale > 17) {
        look.is = Is::real;
        look.real_low = look.real_high = std::strtod(numbers[0].c_str(), nullptr);
        for (const std::string& number : numbers) {
            look.real_low = std::min(look.real_low, std::strtod(number.c_str(), nullptr));
            look.real_high = std::max(look.real_high, std::strtod(number.c_str(), nullptr));
        }
        return;
    }
    look.is = scale > 0 ? Is::decimal : Is::integer;
    look.scale = static_cast<int>(scale);
    bool first = true;
    for (const std::string& number : numbers) {
        const size_t point = number.find('.');
        const size_t written = point == std::string::npos ? 0 : number.size() - point - 1;
        std::string digits = number;
        if (point != std::string::npos) digits.erase(point, 1);
        digits.append(scale - written, '0');
        const int64_t value = std::strtoll(digits.c_str(), nullptr, 10);
        look.low = first ? value : std::min(look.low, value);
        look.high = first ? value : std::max(look.high, value);
        first = false;
    }
    if (scale > 0) return;
    take_choices(numbers, 8, look);
    if (!look_at_epoch(look) && !look.choices_are_all) look.choices.clear();
}

void look_at_texts(const Texts& texts, FieldLook& look) {
    look.is = Is::text;
    take_choices(texts, 20, look);
    if (all_of(texts, is_uuid))
        look.is = Is::uuid;
    else if (all_of(texts, is_email))
        look.is = Is::email;
    else if (all_of(texts, is_ipv4))
        look.is = Is::ipv4;
    else if (all_of(texts, is_date)) {
        look.is = Is::date;
        look.low = INT64_MAX;
        look.high = INT64_MIN;
        for (const std::string& text : texts) {
            look.low = std::min(look.low, day_of(*parse_instant(text)));
            look.high = std::max(look.high, day_of(*parse_instant(text)));
        }
    } else if (look_at_instants(texts, look)) {
        look.choices.clear();
    } else if (all_of(texts, [](const std::string& text) {
                   return text.starts_with("http://") || text.starts_with("https://");
               }))
        look.is = Is::url;
    else if (!look.choices_are_all &&
             all_of(texts, [](const std::string& text) { return !text.empty() && is_phone(text); }))
        look.is = Is::phone;
    else if (!look.choices_are_all && texts[0].size() >= 8 &&
             all_of(texts,
                    [&](const std::string& text) {
                        return text.size() == texts[0].size() && std::ranges::all_of(text, is_small_hex);
                    }) &&
             texts[0].find_first_of("abcdef") != std::string::npos) {
        look.is = Is::hex;
        look.low = look.high = static_cast<int64_t>(texts[0].size());
    } else if (!look.choices_are_all) {
        look.pattern = pattern_of(texts);
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

FieldLook Observed::look(const std::string& name) const {
    FieldLook look;
    look.name = name;
    look.seen = seen();
    look.nullable = nulls_ > 0;
    look.null_share = nulls_ == 0 ? 0 : static_cast<double>(nulls_) / static_cast<double>(nulls_ + look.seen);
    if (objects_ > 0) {
        look.is = Is::record;
        for (const std::string& member : names_) {
            const Observed& place = *members_.at(member);
            FieldLook child = place.look(member);
            if (const int64_t missing = objects_ - place.seen() - place.nulls_; missing > 0) {
                child.nullable = true;
                child.null_share = static_cast<double>(missing + place.nulls_) / static_cast<double>(objects_);
            }
            look.children.push_back(std::move(child));
        }
    } else if (lists_ > 0) {
        look.is = Is::list;
        look.least = least_;
        look.most = most_;
        look.children.push_back(item_->look("item"));
    } else if (!texts_.empty()) {
        Texts all = texts_;
        all.insert(all.end(), numbers_.begin(), numbers_.end());
        if (trues_ > 0) all.push_back("true");
        if (falses_ > 0) all.push_back("false");
        look_at_texts(all, look);
    } else if (!numbers_.empty()) {
        look_at_numbers(numbers_, look);
    } else if (trues_ + falses_ > 0) {
        look.is = Is::boolean;
        look.true_share = static_cast<double>(trues_ + 1) / static_cast<double>(trues_ + falses_ + 2);
    }
    return look;
}

}  // namespace headwater
