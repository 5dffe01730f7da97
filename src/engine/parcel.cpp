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

}  // namespace headwater
