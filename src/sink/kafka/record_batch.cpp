#include "sink/kafka/record_batch.h"

#include "base/check.h"
#include "sink/kafka/crc32c.h"

namespace headwater {

namespace {

constexpr size_t checked_from = 21;  ///< the checksum covers what lies behind itself
constexpr char magic = 2;

template <typename T>
void put_number(char* at, T value) {
    for (size_t i = 0; i < sizeof value; ++i)
        at[i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * (sizeof value - 1 - i)));
}

/// Takes a whole number off the front of some bytes.
std::optional<uint64_t> take_varint(std::string_view& from) {
    uint64_t value = 0;
    for (unsigned i = 0, shift = 0; i < from.size() && shift < 64; ++i, shift += 7) {
        const auto byte = static_cast<uint8_t>(from[i]);
        value |= static_cast<uint64_t>(byte & 127) << shift;
        if (byte >= 128) continue;
        from.remove_prefix(i + 1);
        return value;
    }
    return std::nullopt;
}

std::optional<int64_t> take_signed(std::string_view& from) {
    auto value = take_varint(from);
    if (!value) return std::nullopt;
    return static_cast<int64_t>(*value >> 1) ^ -static_cast<int64_t>(*value & 1);
}

/// Takes a length and so many bytes; -1 stands for none, which `is_null` tells.
std::optional<std::string_view> take_bytes(std::string_view& from, bool& is_null) {
    auto size = take_signed(from);
    is_null = size == -1;
    if (is_null) return std::string_view();
    if (!size || *size < 0 || static_cast<uint64_t>(*size) > from.size()) return std::nullopt;
    std::string_view bytes = from.substr(0, static_cast<size_t>(*size));
    from.remove_prefix(bytes.size());
    return bytes;
}

}  // namespace

void RecordBatch::write_head(char* head, const BatchWriter& writer, int16_t codec, std::string_view compressed) const {
    put_number<int64_t>(head, 0);
    put_number<int32_t>(head + 8, static_cast<int32_t>(head_bytes - 12 + compressed.size()));
    put_number<int32_t>(head + 12, -1);
    head[16] = magic;
    put_number<int16_t>(head + 21, codec);
    put_number<int32_t>(head + 23, count_ - 1);
    put_number<int64_t>(head + 27, first_time_ms_);
    put_number<int64_t>(head + 35, latest_time_ms_);
    put_number<int64_t>(head + 43, writer.producer_id);
    put_number<int16_t>(head + 51, writer.epoch);
    put_number<int32_t>(head + 53, writer.sequence);
    put_number<int32_t>(head + 57, count_);
    const uint32_t of_head = crc32c({head + checked_from, head_bytes - checked_from});
    put_number<uint32_t>(head + 17, crc32c_of_both(of_head, crc32c(compressed), compressed.size()));
}

RecordBatch RecordBatch::compact() const {
    RecordBatch copy(records().size());
    copy.end_ = put(copy.end_, records());
    copy.count_ = count_;
    copy.first_time_ms_ = first_time_ms_;
    copy.latest_time_ms_ = latest_time_ms_;
    return copy;
}

void RecordBatch::append_again(const BatchRecord& record) {
    const std::string headers = std::string(record.headers) + std::string(32, '\0');
    HW_CHECK(append({.has_key = record.has_key,
                     .has_value = record.has_value,
                     .key = record.key,
                     .value = record.value,
                     .headers = std::string_view(headers).substr(0, record.headers.size()),
                     .time_ms = record.time_ms}));
}

std::optional<BatchRecord> BatchReader::next() {
    std::string_view from = left_;
    bool is_null = false;
    auto body = take_bytes(from, is_null);
    if (!body || body->empty()) return std::nullopt;
    std::string_view inside = body->substr(1);
    BatchRecord record;
    auto later = take_signed(inside);
    if (!later || !take_signed(inside)) return std::nullopt;
    // Times may be anything; a sum that wraps is as good as another.
    record.time_ms = static_cast<int64_t>(static_cast<uint64_t>(first_time_ms_) + static_cast<uint64_t>(*later));
    auto key = take_bytes(inside, is_null);
    if (!key) return std::nullopt;
    record.key = *key;
    record.has_key = !is_null;
    auto value = take_bytes(inside, is_null);
    if (!value) return std::nullopt;
    record.value = *value;
    record.has_value = !is_null;
    record.headers = inside;
    left_ = from;
    return record;
}

std::optional<std::string_view> header_in(std::string_view headers, std::string_view name) {
    auto count = take_signed(headers);
    bool is_null = false;
    for (int64_t i = 0; count && i < *count; ++i) {
        auto key = take_bytes(headers, is_null);
        auto value = key ? take_bytes(headers, is_null) : std::nullopt;
        if (!value) return std::nullopt;
        if (*key == name) return value;
    }
    return std::nullopt;
}

}  // namespace headwater
