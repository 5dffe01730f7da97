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
        payload.rows = static_cast<uint32_t>(keep);
    }
    for (size_t i = 0; i < parcel.batches.size(); ++i) {
        Batch& batch = parcel.batches.at(i);
        batch.rows = static_cast<uint32_t>(std::min<size_t>(batch.rows, keep));
        keep -= batch.rows;
    }
    if (parcel.owners.size() > static_cast<size_t>(std::max<int64_t>(rows, 0)))
        parcel.owners.resize(static_cast<size_t>(rows));
}

Payload record_at(const Payload& payload, size_t i) {
    Payload one;
    one.line_end_bytes = payload.line_end_bytes;
    one.rows = 1;
    one.first_row = i < payload.numbers.size() ? payload.numbers[i] : payload.first_row + static_cast<int64_t>(i);
    const uint32_t begin = i == 0 ? 0 : payload.ends[i - 1];
    one.bytes = payload.bytes.substr(begin, payload.ends[i] - begin);
    one.ends = {static_cast<uint32_t>(one.bytes.size())};
    if (i < payload.times.size()) one.times = {payload.times[i]};
    if (i < payload.key_ends.size()) {
        const uint32_t key_begin = i == 0 ? 0 : payload.key_ends[i - 1];
        one.key_bytes = payload.key_bytes.substr(key_begin, payload.key_ends[i] - key_begin);
        one.key_ends = {static_cast<uint32_t>(one.key_bytes.size())};
    }
    if (i < payload.numbers.size()) one.numbers = {payload.numbers[i]};
    if (i < payload.entities.size()) one.entities = {payload.entities[i]};
    return one;
}

}  // namespace headwater
