// For the numbers and texts of Kafka's protocol: written to a string, read from bytes that may be anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headwater {

/// Appends what a request is made of, highest byte first.
class WireWriter {
  public:
    explicit WireWriter(std::string& out) : out_(out) {}

    void i8(int8_t value) { number(value); }
    void i16(int16_t value) { number(value); }
    void i32(int32_t value) { number(value); }
    void i64(int64_t value) { number(value); }
    void text(std::string_view value) {
        i16(static_cast<int16_t>(value.size()));
        out_ += value;
    }
    void no_text() { i16(-1); }
    void bytes(std::string_view value) {
        i32(static_cast<int32_t>(value.size()));
        out_ += value;
    }

  private:
    template <typename T>
    void number(T value) {
        for (size_t i = sizeof value; i-- > 0;) out_ += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    }
    std::string& out_;
};

/// Takes what an answer is made of. Behind the end, or after a length that cannot be, everything is 0 or empty and is_broken().
class WireReader {
  public:
    explicit WireReader(std::string_view bytes) : left_(bytes) {}

    int8_t i8() { return number<int8_t>(); }
    int16_t i16() { return number<int16_t>(); }
    int32_t i32() { return number<int32_t>(); }
    int64_t i64() { return number<int64_t>(); }
    /// Takes a text; "" where there is none.
    std::string_view text() { return piece(i16()); }
    /// Takes bytes; none where they are null.
    std::string_view bytes() { return piece(i32()); }
    /// Takes the count of a list whose entries have so many bytes at least; 0 where it is null.
    int32_t count(size_t least_bytes) {
        const int32_t count = i32();
        if (count >= -1 && static_cast<uint64_t>(count < 0 ? 0 : count) * least_bytes <= left_.size())
            return count < 0 ? 0 : count;
        is_broken_ = true;
        return 0;
    }
    bool is_broken() const { return is_broken_; }
    /// True when all was read and was whole.
    bool is_done() const { return !is_broken_ && left_.empty(); }

  private:
    template <typename T>
    T number() {
        if (is_broken_ || left_.size() < sizeof(T)) {
            is_broken_ = true;
            return 0;
        }
        uint64_t value = 0;
        for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<uint8_t>(left_[i]);
        left_.remove_prefix(sizeof(T));
        return static_cast<T>(value);
    }
    std::string_view piece(int32_t size) {
        if (is_broken_ || size < -1 || (size > 0 && static_cast<size_t>(size) > left_.size())) {
            is_broken_ = true;
            return {};
        }
        std::string_view found = left_.substr(0, size < 0 ? 0 : static_cast<size_t>(size));
        left_.remove_prefix(found.size());
        return found;
    }

    std::string_view left_;
    bool is_broken_ = false;
};

}  // namespace headwater
