// For describing an option once: what it is called, what may be said, what holds when nothing is said, and where the value goes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace headwater {

/// Says how the value of an option is written.
enum class OptionShape : uint8_t {
    text,
    boolean,  ///< true or false
    whole,    ///< a whole number from Option::least to Option::most
    size,     ///< a count of bytes from Option::least to Option::most, such as 8MiB
    choice,   ///< one of Option::choices
    file,     ///< names a file of this machine, or a folder
};

/// The value of an option, read as its shape says.
struct OptionValue {
    std::string name;      ///< of the option
    std::string text;      ///< as written
    bool is_true = false;  ///< of boolean
    uint64_t number = 0;   ///< of whole and size
};

/// One option of a format, an envelope, a target or an output.
struct Option {
    std::string_view name;
    std::string_view help;
    OptionShape shape = OptionShape::text;
    std::string_view otherwise = "";  ///< what holds where nothing is said, for people
    std::vector<std::string_view> choices{};
    uint64_t least = 0;
    uint64_t most = INT64_MAX;
    std::string_view secret = "";  ///< refused in addresses, which others see; says how it is given instead
    bool over_rest = false;        ///< clients of the service may say it
    void (*set)(void* settings, const OptionValue& value) = nullptr;  ///< puts the value into the settings of its kind
};

/// Options as written, by name.
using GivenOptions = std::map<std::string, std::string>;

/// What a member of settings is made of.
template <typename Settings, typename Member>
Settings settings_of(Member Settings::*);

/// Gives a setter that puts a value into a member of the settings: into<&CsvOptions::header>.
template <auto member>
constexpr auto into = [](void* settings, const OptionValue& value) {
    auto& place = static_cast<decltype(settings_of(member))*>(settings)->*member;
    using Place = std::remove_reference_t<decltype(place)>;
    if constexpr (std::is_same_v<Place, std::string>)
        place = value.text;
    else if constexpr (std::is_same_v<Place, bool> || std::is_same_v<Place, std::optional<bool>>)
        place = value.is_true;
    else if constexpr (std::is_same_v<Place, std::optional<int>>)
        place = static_cast<int>(value.number);
    else
        place = static_cast<Place>(value.number);
};

/// Finds an option by its name; null where there is none.
const Option* option_called(std::span<const Option> options, std::string_view name);

/// Reads the text of an option. What cannot be is invalid, and the message says what can.
Result<OptionValue> read_option(const Option& option, const std::string& text);

/// Reads given options into settings; one that is not known is invalid: "`whose` has no such option".
Result<void> read_options(std::span<const Option> options, const GivenOptions& given, const std::string& whose,
                          void* settings);

/// Reads given options over the defaults of their settings.
template <typename Settings>
Result<Settings> read_options(std::span<const Option> options, const GivenOptions& given, const std::string& whose) {
    Settings settings;
    if (auto read = read_options(options, given, whose, &settings); !read) return std::unexpected(read.error());
    return settings;
}

/// Says what may be written, for help and messages: none|zstd, SIZE, true|false.
std::string spelling_of(const Option& option);

/// Gives the flag of a command that says an option: --target-size.
std::string flag_of(const Option& option);

/// Puts words together: json, csv.
std::string listed(std::span<const std::string_view> words, std::string_view between = ", ");

}  // namespace headwater
