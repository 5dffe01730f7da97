#include "base/shell_word.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace headwater {

std::string shell_quoted(const std::string& word) {
    auto is_plain = [](char c) {
        return is_letter_or_digit(c) || std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
    std::string quoted = "'";
    for (char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

}  // namespace headwater
