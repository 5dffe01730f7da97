// For executing a row plan one row after the other, whatever its columns are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/row_entries.h"
#include "format/row_plan.h"

namespace headwater {

/// Grows a payload's bytes without clearing what will be written anyway.
class RowOutput {
  public:
    explicit RowOutput(std::string& bytes) : bytes_(bytes), size_(bytes.size()) {}
    /// Gives a place with `room` bytes; `at` is the end of what was written so far, or null at first.
    char* reserve(char* at, size_t room) {
        if (at != nullptr && at + room <= limit_) [[likely]]
            return at;
        return grow(at, room);
    }
    char* data() { return bytes_.data(); }
    /// Cuts the bytes at the end of what was written.
    void finish(const char* at) {
        if (at != nullptr) size_ = static_cast<size_t>(at - bytes_.data());
        bytes_.resize(size_);
    }

  private:
    char* grow(char* at, size_t room);

    std::string& bytes_;
    size_t size_;
    char* limit_ = nullptr;
};

/// Prints instants, remembering the text of the one before: most instants change only a few of its digits.
class InstantText {
  public:
    InstantText(InstantForm form, TimeUnit unit);

    /// Writes an instant of at most 32 characters; stores 32 bytes.
    char* write(char* at, int64_t micros) {
        if (!holds(micros)) [[unlikely]]
            micros = turn_to(micros);
        const auto fraction = static_cast<uint32_t>(micros - second_);
        store32(at, text_);
        if (unit_ == TimeUnit::milli) {
            const uint32_t digits = digits4(fraction / 1000) >> 8;
            std::memcpy(at + 20, &digits, 2);
            at[22] = static_cast<char>(digits >> 16);
        } else if (unit_ == TimeUnit::micro) {
            const uint64_t digits = digits8(fraction) >> 16;
            std::memcpy(at + 20, &digits, 6);
        }
        return at + size_;
    }

    /// Gives the first microsecond of the second that an instant prints with.
    int64_t second_of(int64_t micros) {
        if (!holds(micros)) turn_to(micros);
        return second_;
    }

  private:
    bool holds(int64_t micros) const {
        return static_cast<uint64_t>(micros) - static_cast<uint64_t>(second_) < 1'000'000;
    }
    /// Makes the text that of another second; gives the instant, held to the years that can be printed.
    int64_t turn_to(int64_t micros);

    InstantForm form_;
    TimeUnit unit_;
    int64_t second_ = INT64_MIN;  ///< first microsecond of the text's second
    int64_t day_ = INT64_MIN;     ///< and of its day
    uint32_t size_ = 0;
    char text_[64] = {};
};

struct RowOp;

/// Runs the steps of a plan row by row. One worker owns one program.
class RowProgram {
  public:
    explicit RowProgram(const std::vector<RowStep>& steps);
    RowProgram(RowProgram&&) noexcept;
    RowProgram& operator=(RowProgram&&) noexcept;
    ~RowProgram();

    /// Points the program at the batch's columns; must come before `write`.
    void bind(const Batch& batch);
    /// Writes row `row` behind `at`; gives the end. `at` may be null at first, and memory may move.
    char* write(RowOutput& out, char* at, uint32_t row);

  private:
    std::vector<RowOp> ops_;
    size_t bound_ = 0;  ///< bytes of a row apart from text and bodies, slack included
};

}  // namespace headwater
