// For the text instructions on one value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headwater {

/// Fills a pattern (see Op::pattern): each word of the sequence serves two places, its high half first.
std::string fill_pattern(std::string_view pattern, uint64_t word);
/// Prints an instant by yyyy MM dd HH mm ss SSS EEE MMM; text between quotes and all other characters stand for themselves, '' for one quote.
std::string format_time(std::string_view format, int64_t micros);
std::string lower_text(std::string_view text);
std::string upper_text(std::string_view text);
/// Keeps ASCII letters, lower-cased, and digits.
std::string slug_text(std::string_view text);
int64_t scalar_text_size(std::string_view text);

}  // namespace headwater
