// For turning whole columns of numbers into ASCII at once, in loops that a compiler makes vectors of.
#pragma once

#include <cstdint>

namespace headwater {

/// Values below this have at most eight digits.
inline constexpr int64_t digits8_end = 100'000'000;
/// Magnitudes below this leave room for a sign.
inline constexpr int64_t signed_digits8_end = 10'000'000;
/// Whole parts below this leave room for a sign and the point.
inline constexpr int64_t decimal_whole_end = 1'000'000;
/// Whole parts below this are printed with half the work.
inline constexpr int64_t decimal_short_end = 1'000;
/// Most digits behind the point that print_decimals writes.
inline constexpr unsigned decimal_max_scale = 4;

/// Prints 0 <= value < digits8_end: its characters at the low end of a word, and how many they are.
void print_integers(const uint32_t* values, uint32_t rows, uint64_t* words, uint8_t* sizes);

/// Prints magnitudes below signed_digits8_end with their sign.
void print_signed_integers(const int32_t* values, uint32_t rows, uint64_t* words, uint8_t* sizes);

/// Prints decimals of 1 <= scale <= decimal_max_scale and a whole part below decimal_whole_end: sign, whole part and point as
/// `words` and `sizes`, the digits behind the point at the low end of `fractions`.
void print_decimals(const int32_t* values, uint32_t rows, unsigned scale, uint64_t* words, uint8_t* sizes,
                    uint32_t* fractions);
/// The same for whole parts below decimal_short_end.
void print_short_decimals(const int32_t* values, uint32_t rows, unsigned scale, uint64_t* words, uint8_t* sizes,
                          uint32_t* fractions);

/// True when all instants lie in the second that begins at `second`.
bool share_second(const int64_t* micros, uint32_t rows, int64_t second);

/// Prints the milliseconds of instants of one second as three digits and a Z.
void print_millis(const int64_t* micros, uint32_t rows, int64_t second, uint32_t* words);

}  // namespace headwater
