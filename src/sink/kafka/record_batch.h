// For records in the form in which Kafka keeps them: batches of version 2 (KIP-98), written once and sent as they are.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// What a batch says of who wrote it.
struct BatchWriter {
    int64_t producer_id = -1;
    int16_t epoch = -1;
    int32_t sequence = -1;  ///< of the first record
};

/// One record, as it lies in a batch.
struct BatchRecord {
    bool has_key = false;
    bool has_value = true;
    std::string_view key;
    std::string_view value;
    std::string_view headers;  ///< their count, then each
    int64_t time_ms = 0;
};

/// One record to be written; `headers` are its count and all that records of the stream share, 32 bytes of which may be read
/// behind the end, then comes the `row` as the last header's value.
struct RecordParts {
    bool has_key = false;
    bool has_value = true;
    std::string_view key;
    std::string_view value;
    std::string_view headers;
    std::string_view row;
    bool has_row = false;
    int64_t time_ms = 0;
};

/// Puts a whole number in front of a place, in the way of Kafka's records: seven bits a byte, the lowest first.
inline char* put_varint(char* at, uint64_t value) {
    for (; value >= 128; value >>= 7) *at++ = static_cast<char>(value | 128);
    *at++ = static_cast<char>(value);
    return at;
}
/// Gives how many bytes that takes.
inline size_t varint_bytes(uint64_t value) { return static_cast<size_t>(70 - __builtin_clzll(value | 1)) / 7; }
/// Makes small numbers of those near zero, of either sign.
inline uint64_t zigzag(int64_t value) { return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63); }

/// Records of one partition, up to a number of bytes that is settled when it is made.
class RecordBatch {
  public:
    static constexpr size_t head_bytes = 61;

    /// Makes room for records of so many bytes.
    explicit RecordBatch(size_t capacity)
        : capacity_(capacity), buffer_(std::make_unique_for_overwrite<char[]>(head_bytes + capacity + slack_bytes)) {
        clear();
    }
    void clear() {
        end_ = buffer_.get() + head_bytes;
        count_ = 0;
    }

    /// Appends a record; false when there is no room.
    bool append(const RecordParts& record) {
        const int64_t base = count_ == 0 ? record.time_ms : first_time_ms_;
        const uint64_t later =
            zigzag(static_cast<int64_t>(static_cast<uint64_t>(record.time_ms) - static_cast<uint64_t>(base)));
        const auto place = static_cast<uint64_t>(count_) << 1;
        const size_t key_bytes = record.has_key ? varint_bytes(record.key.size() << 1) + record.key.size() : size_t{1};
        const size_t row_bytes = record.has_row ? varint_bytes(record.row.size() << 1) + record.row.size() : 0;
        const size_t value_bytes =
            record.has_value ? varint_bytes(record.value.size() << 1) + record.value.size() : size_t{1};
        const size_t body =
            1 + varint_bytes(later) + varint_bytes(place) + key_bytes + value_bytes + record.headers.size() + row_bytes;
        if (body + varint_bytes(body << 1) > room_bytes()) return false;
        char* at = put_varint(end_, body << 1);
        *at++ = 0;  // no attributes
        at = put_varint(put_varint(at, later), place);
        if (record.has_key)
            at = put(put_varint(at, record.key.size() << 1), record.key);
        else
            *at++ = 1;  // a length of -1
        if (record.has_value)
            at = put(put_varint(at, record.value.size() << 1), record.value);
        else
            *at++ = 1;
        at = put_shared(at, record.headers);
        if (record.has_row) at = put(put_varint(at, record.row.size() << 1), record.row);
        end_ = at;
        first_time_ms_ = base;
        latest_time_ms_ = count_ == 0 || record.time_ms > latest_time_ms_ ? record.time_ms : latest_time_ms_;
        ++count_;
        return true;
    }

    /// Appends a record as it lay in another batch; there must be room.
    void append_again(const BatchRecord& record);

    /// Makes a batch of the same records with no room for more.
    RecordBatch compact() const;

    /// Gives the records, uncompressed.
    std::string_view records() const {
        return {buffer_.get() + head_bytes, static_cast<size_t>(end_ - buffer_.get()) - head_bytes};
    }
    /// Gives the head and the records behind it; seal() must have been called.
    std::string_view whole() const { return {buffer_.get(), head_bytes + records().size()}; }
    /// Writes the head for records as they lie here.
    void seal(const BatchWriter& writer) { write_head(buffer_.get(), writer, 0, records()); }
    /// Writes the head for `compressed` records to `head`, which has room for head_bytes.
    void write_head(char* head, const BatchWriter& writer, int16_t codec, std::string_view compressed) const;

    int32_t count() const { return count_; }
    size_t capacity() const { return capacity_; }
    size_t room_bytes() const { return capacity_ - records().size(); }
    int64_t first_time_ms() const { return first_time_ms_; }

  private:
    static constexpr size_t slack_bytes = 64;  ///< what copies may write behind the end
    static char* put(char* at, std::string_view bytes) {
        std::memcpy(at, bytes.data(), bytes.size());
        return at + bytes.size();
    }
    /// Copies what may be read 32 bytes further, in steps of 32.
    static char* put_shared(char* at, std::string_view bytes) {
        for (size_t i = 0; i < bytes.size(); i += 32) std::memcpy(at + i, bytes.data() + i, 32);
        return at + bytes.size();
    }

    size_t capacity_;
    std::unique_ptr<char[]> buffer_;
    char* end_ = nullptr;
    int32_t count_ = 0;
    int64_t first_time_ms_ = 0;
    int64_t latest_time_ms_ = 0;
};

/// Reads records one after the other; what is not a record ends the reading.
class BatchReader {
  public:
    BatchReader(std::string_view records, int64_t first_time_ms) : left_(records), first_time_ms_(first_time_ms) {}
    /// Gives the next record, none at the end or where the bytes are none.
    std::optional<BatchRecord> next();
    /// True when all bytes were records.
    bool is_at_end() const { return left_.empty(); }

  private:
    std::string_view left_;
    int64_t first_time_ms_;
};

/// Gives the value of a header by its name in the headers of a record, or none.
std::optional<std::string_view> header_in(std::string_view headers, std::string_view name);

}  // namespace headwater
