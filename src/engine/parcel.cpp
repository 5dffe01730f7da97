// For what one task made for one lane, on its way from the worker that made it to the lane that delivers it.
#include "engine/parcel.h"

#include <algorithm>

namespace headwater {

void truncate(Parcel& parcel, int64_t rows) {
    Payload& payload = parcel.payload;
    auto keep = static_cast<size_t>(std::max<int64_t>(rows, 0));
    if (keep < payload.ends.size()) {
        payload.ends.resize(keep);
        payload.bytes.resize(keep == 0 ? 0 : payload.ends.back());
        if (payload.times.size() > keep) payload.times.resize(keep);
        if (payload.key_ends.size() > keep) {
            payload.key_ends.resize(keep);
            payload.key_bytes.resize(keep == 0 ? 0 : payload.key_ends.back());
        }
        if (payload.numbers.size() > keep) payload.numbers.resize(keep);
        if (payload.entities.size() > keep) payload.entities.resize(keep);
        if (payload.versions.size() > keep) payload.versions.resize(keep);
        payload.words.resize(std::min(payload.words.size(), keep * payload.words_each));
        payload.rows = static_cast<uint32_t>(keep);
    }
    for (size_t i = 0; i < parcel.batches.size(); ++i) {
        Batch& batch = parcel.batches.at(i);
        batch.rows = static_cast<uint32_t>(std::min<size_t>(batch.rows, keep));
        keep -= batch.rows;
    }
    if (parcel.owners.size() > static_cast<size_t>(std::max<int64_t>(rows, 0)))
        parcel.owners.resize(static_cast<size_t>(rows));
    std::erase_if(parcel.held, [rows](const HeldRow& held) { return held.row >= rows; });
}

Parcel front_of(const Parcel& parcel, int64_t rows) {
    Parcel front;
    append_records(parcel.payload, 0, std::min(static_cast<size_t>(rows), parcel.payload.ends.size()), front.payload);
    for (size_t i = 0; i < parcel.batches.size(); ++i) front.batches.append(parcel.batches.at(i));
    front.owners = parcel.owners;
    front.held = parcel.held;
    front.first_record = parcel.first_record;
    front.end_record = parcel.end_record;
    front.dropped = parcel.dropped;
    truncate(front, rows);
    return front;
}

int64_t Parcel::rows() const {
    auto rows = static_cast<int64_t>(payload.ends.size());
    for (size_t i = 0; i < batches.size(); ++i) rows += batches.at(i).rows;
    return rows;
}

Mark Parcel::mark_of(int64_t i) const {
    if (owners.empty()) return {first_record + i, 0};
    auto row = static_cast<size_t>(i);
    size_t first = row;
    while (first > 0 && owners[first - 1] == owners[row]) --first;
    return {first_record + owners[row], static_cast<int64_t>(row - first) + (first == 0 ? dropped : 0)};
}

int64_t Parcel::rows_before(const Mark& mark) const {
    int64_t all = rows();
    int64_t record = mark.record - first_record;
    if (owners.empty()) return std::clamp<int64_t>(record, 0, all);
    auto first = std::ranges::lower_bound(owners, record, {}, [](uint32_t owner) { return int64_t{owner}; });
    int64_t before = first - owners.begin();
    bool is_here = first != owners.end() && *first == record;
    return is_here ? std::min(before + mark.drop, all) : before;
}

void drop_front(Parcel& parcel, int64_t rows) {
    if (rows <= 0) return;
    if (!parcel.owners.empty() && rows < parcel.rows()) parcel.dropped = parcel.mark_of(rows).drop;
    if (parcel.owners.empty())
        parcel.first_record += rows;
    else
        parcel.owners.erase(parcel.owners.begin(), parcel.owners.begin() + rows);
    std::erase_if(parcel.held, [rows](const HeldRow& held) { return held.row < rows; });
    for (HeldRow& held : parcel.held) held.row -= rows;
    auto left = static_cast<size_t>(rows);
    drop_front(parcel.payload, std::min(left, parcel.payload.ends.size()));
    for (size_t i = 0; i < parcel.batches.size() && left > 0; ++i) left -= parcel.batches.drop_front(i, left);
}

void drop_front(Payload& payload, size_t rows) {
    if (rows == 0) return;
    const uint32_t begin = payload.ends[rows - 1];
    payload.bytes.erase(0, begin);
    payload.ends.erase(payload.ends.begin(), payload.ends.begin() + static_cast<ptrdiff_t>(rows));
    for (uint32_t& end : payload.ends) end -= begin;
    const auto erase = [rows](auto& values, size_t each = 1) {
        values.erase(values.begin(), values.begin() + static_cast<ptrdiff_t>(std::min(rows * each, values.size())));
    };
    if (payload.key_ends.size() >= rows) {
        const uint32_t keys = payload.key_ends[rows - 1];
        payload.key_bytes.erase(0, keys);
        erase(payload.key_ends);
        for (uint32_t& end : payload.key_ends) end -= keys;
    }
    erase(payload.times);
    erase(payload.numbers);
    erase(payload.entities);
    erase(payload.versions);
    erase(payload.words, payload.words_each);
    payload.first_row += static_cast<int64_t>(rows);
    payload.rows = static_cast<uint32_t>(payload.ends.size());
}

void append_records(const Payload& from, size_t begin, size_t end, Payload& to) {
    if (begin == end) return;
    if (to.ends.empty()) to.first_row = from.first_row + static_cast<int64_t>(begin);
    auto append = [&](const auto& values, auto& out, size_t each = 1) {
        if (values.size() < end * each) return;
        out.insert(out.end(), values.begin() + static_cast<ptrdiff_t>(begin * each),
                   values.begin() + static_cast<ptrdiff_t>(end * each));
    };
    auto append_bytes = [&](const std::string& bytes, const std::vector<uint32_t>& ends, std::string& out,
                            std::vector<uint32_t>& out_ends) {
        if (ends.size() < end) return;
        const uint32_t first = begin == 0 ? 0 : ends[begin - 1];
        const auto before = static_cast<uint32_t>(out.size());
        out.append(bytes, first, ends[end - 1] - first);
        for (size_t i = begin; i < end; ++i) out_ends.push_back(ends[i] - first + before);
    };
    append_bytes(from.bytes, from.ends, to.bytes, to.ends);
    append_bytes(from.key_bytes, from.key_ends, to.key_bytes, to.key_ends);
    append(from.times, to.times);
    append(from.numbers, to.numbers);
    append(from.entities, to.entities);
    append(from.versions, to.versions);
    append(from.words, to.words, from.words_each);
    to.words_each = from.words_each;
    to.line_end_bytes = from.line_end_bytes;
    to.has_tombstones = from.has_tombstones;
    to.rows = static_cast<uint32_t>(to.ends.size());
}

Payload record_at(const Payload& payload, size_t i) {
    Payload one;
    append_records(payload, i, i + 1, one);
    if (i < payload.numbers.size()) one.first_row = payload.numbers[i];
    return one;
}

}  // namespace headwater
