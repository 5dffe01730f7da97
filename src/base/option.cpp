#include "base/option.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace headwater {

namespace {

/// Spells a bound with the largest unit that divides it: 5MiB.
std::string spell_size(uint64_t bytes) {
    for (auto [unit, factor] :
         {std::pair{"GiB", uint64_t{1} << 30}, {"MiB", uint64_t{1} << 20}, {"KiB", uint64_t{1} << 10}})
        if (bytes > 0 && bytes % factor == 0) return std::to_string(bytes / factor) + unit;
    return std::to_string(bytes);
}

/// Says which values there are: a whole number above 0, a size, such as 8MiB.
std::string allowed_by(const Option& option) {
    const bool is_bounded = option.most != INT64_MAX;
    switch (option.shape) {
        case OptionShape::boolean: return "true or false";
        case OptionShape::whole:
            if (is_bounded)
                return "a whole number from " + std::to_string(option.least) + " to " + std::to_string(option.most);
            return option.least == 1 ? "a whole number above 0" : "a whole number";
        case OptionShape::size:
            if (is_bounded) return "a size from " + spell_size(option.least) + " to " + spell_size(option.most);
            return "a size, such as " + std::string(option.otherwise.empty() ? "8MiB" : option.otherwise);
        case OptionShape::choice: {
            std::string words;
            for (size_t i = 0; i < option.choices.size(); ++i)
                words += (i == 0 ? "" : i + 1 < option.choices.size() ? ", " : " or ") + std::string(option.choices[i]);
            return words;
        }
        default: return "a text";
    }
}

/// Reads a value; false where the shape does not have it.
bool read_value(const Option& option, const std::string& text, OptionValue& value) {
    switch (option.shape) {
        case OptionShape::boolean: value.is_true = text == "true"; return text == "true" || text == "false";
        case OptionShape::choice: return std::ranges::find(option.choices, text) != option.choices.end();
        case OptionShape::whole: {
            const char* const end = text.data() + text.size();
            auto [stopped, error] = std::from_chars(text.data(), end, value.number);
            return error == std::errc() && stopped == end && value.number >= option.least &&
                   value.number <= option.most;
        }
        case OptionShape::size: {
            const auto size = parse_size(text);
            value.number = size.value_or(0);
            return value.number > 0 && value.number >= option.least && value.number <= option.most;
        }
        default: return true;
    }
}

}  // namespace

const Option* option_called(std::span<const Option> options, std::string_view name) {
    const auto found = std::ranges::find(options, name, &Option::name);
    return found == options.end() ? nullptr : &*found;
}

Result<OptionValue> read_option(const Option& option, const std::string& text) {
    OptionValue value{.name = std::string(option.name), .text = text};
    if (read_value(option, text, value)) return value;
    return fail(ErrorKind::invalid,
                "Option " + std::string(option.name) + " is not " + allowed_by(option) + ": " + text);
}

Result<void> read_options(std::span<const Option> options, const GivenOptions& given, const std::string& whose,
                          void* settings) {
    for (const auto& [name, text] : given) {
        const Option* option = option_called(options, name);
        if (option == nullptr) return fail(ErrorKind::invalid, whose + " has no such option: " + name);
        auto value = read_option(*option, text);
        if (!value) return std::unexpected(value.error());
        option->set(settings, *value);
    }
    return {};
}

std::string spelling_of(const Option& option) {
    switch (option.shape) {
        case OptionShape::boolean: return "true|false";
        case OptionShape::whole: return "N";
        case OptionShape::size: return "SIZE";
        case OptionShape::choice: return listed(option.choices, "|");
        case OptionShape::file: return "FILE";
        case OptionShape::text: break;
    }
    return "TEXT";
}

std::string flag_of(const Option& option) {
    std::string flag = "--" + std::string(option.name);
    std::ranges::replace(flag, '_', '-');
    return flag;
}

std::string listed(std::span<const std::string_view> words, std::string_view between) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : between).append(word);
    return text;
}

}  // namespace headwater
