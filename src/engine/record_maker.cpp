// For making records of the rows of one schema: what goes around them, then their bytes.
#include "engine/record_maker.h"

#include <cstring>

#include "data/print.h"
#include "engine/objects.h"

namespace headwater {

namespace {

/// Leaves of each record that is its key alone nothing but the line end; `first` is that of the batch.
void empty_gone(const Enveloped& rows, size_t first, uint32_t line_end_bytes, Payload& payload) {
    const Batch& batch = *rows.batch;
    uint32_t from = first == 0 ? 0 : payload.ends[first - 1], to = from;
    for (uint32_t i = 0; i < batch.rows; ++i) {
        uint32_t& end = payload.ends[first + i];
        const bool is_gone = rows.gone[batch.order ? batch.order[i] : i] != 0;
        const uint32_t kept_from = is_gone ? end - line_end_bytes : from;
        const uint32_t size = end - kept_from;
        std::memmove(payload.bytes.data() + to, payload.bytes.data() + kept_from, size);
        from = end;
        end = to += size;
    }
    payload.bytes.resize(to);
    payload.has_tombstones = true;
}

}  // namespace

RecordMaker::RecordMaker(const std::shared_ptr<const Schema>& schema, const std::shared_ptr<const Schema>& whole,
                         const FeedEncoding& encoding)
    : encoding_(encoding), keyed_(encoding.envelope == nullptr ? whole : encoding.envelope->schema_of(whole)) {
    if (encoding.envelope != nullptr) envelope_ = encoding.envelope->open(schema);
    if (encoding.as_batches) return;
    if (encoding.with_keys && !keyed_->key.empty()) key_ = find_field(*keyed_, keyed_->key);
    encoder_ =
        encoding.format->record_encoder(envelope_ == nullptr ? *schema : *envelope_->schema(), encoding.identity);
}

void RecordMaker::add(const Batch& batch, bool has_versions, Parcel& parcel) {
    const Enveloped rows = envelope_ == nullptr ? Enveloped{&batch, nullptr} : envelope_->wrap(batch);
    if (encoding_.as_batches) return parcel.batches.append(*rows.batch);
    Payload& payload = parcel.payload;
    if (payload.ends.empty()) payload.first_row = batch.first_row;
    const int64_t first_row = payload.first_row;
    const size_t first = payload.ends.size();
    encoder_->encode(*rows.batch, payload);
    if (rows.gone != nullptr) empty_gone(rows, first, encoder_->line_end_bytes(), payload);
    payload.first_row = first_row;
    payload.rows = static_cast<uint32_t>(payload.ends.size());
    payload.line_end_bytes = encoder_->line_end_bytes();
    if (key_ != nullptr) encoder_->encode_keys(*rows.batch, *key_, payload);
    if (encoding_.with_identity) append_identity(batch, payload);
    if (has_versions) payload.versions.resize(payload.ends.size(), batch.schema->version);
}

}  // namespace headwater
