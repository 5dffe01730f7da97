// For turning batches into bytes: records with boundaries, or whole objects with header and footer.
#include "format/format.h"

#include "data/print.h"

namespace headwater {

void RecordEncoder::encode_keys(const Batch& batch, const Field& key, Payload& payload) {
    for (uint32_t i = 0; i < batch.rows; ++i) {
        append_value(payload.key_bytes, key, batch, batch.order != nullptr ? batch.order[i] : i);
        payload.key_ends.push_back(static_cast<uint32_t>(payload.key_bytes.size()));
    }
}

}  // namespace headwater
