// For encoding the records of an outgoing stream: each in its own shape, as often as it is delivered, damaged where asked.
#include "engine/outgoing_feed.h"

#include <algorithm>
#include <utility>

namespace headwater {

OutgoingFeed::OutgoingFeed(std::shared_ptr<const OutgoingStream> stream, const FeedEncoding& encoding)
    : stream_(std::move(stream)), encoding_(encoding) {}

RecordMaker& OutgoingFeed::maker_of(uint32_t version, uint32_t shape) {
    const std::pair place{version, shape};
    auto found = makers_.find(place);
    if (found != makers_.end()) return found->second;
    const OutgoingStream& stream = stream_->version(version);
    return makers_.try_emplace(place, stream.schema_of(shape), stream.schema(), encoding_).first->second;
}

void OutgoingFeed::add(const OutgoingBatch& outgoing, uint32_t version, int64_t before, Parcel& parcel) {
    const std::vector<OutgoingRow>& rows = outgoing.rows();
    Batch view = outgoing.batch();
    for (size_t from = 0; from < rows.size();) {
        order_.clear();
        size_t to = from;
        while (to < rows.size() && rows[to].shape == rows[from].shape && to - from < Batch::max_rows)
            order_.push_back(rows[to++].row);
        view.order = order_.data();
        view.rows = static_cast<uint32_t>(order_.size());
        const auto first = static_cast<size_t>(parcel.rows());
        maker_of(version, rows[from].shape).add(view, stream_->versions() > 1, parcel);
        bool is_damaged = false;
        for (size_t i = from; i < to; ++i) {
            const OutgoingRow& row = rows[i];
            is_damaged = is_damaged || row.damage_begin != row.damage_end;
            if (row.due != INT64_MIN || row.passes > 0)
                parcel.held.push_back({static_cast<int64_t>(first + i - from), row.due, row.passes});
            parcel.owners.push_back(static_cast<uint32_t>(before) + row.place);
        }
        if (is_damaged) damage(outgoing, version, from, to, first, parcel);
        from = to;
    }
}

/// Writes the records of rows [from, to), which are those from `first` on, anew.
void OutgoingFeed::damage(const OutgoingBatch& outgoing, uint32_t version, size_t from, size_t to, size_t first,
                          Parcel& parcel) {
    const OutgoingStream& stream = stream_->version(version);
    std::swap(parcel, whole_);
    parcel.clear();
    const Parcel& whole = whole_;
    append_records(whole.payload, 0, first, parcel.payload);
    parcel.payload.first_row = whole.payload.first_row;
    parcel.payload.line_end_bytes = whole.payload.line_end_bytes;
    parcel.payload.has_tombstones = whole.payload.has_tombstones;
    parcel.owners.assign(whole.owners.begin(), whole.owners.begin() + static_cast<ptrdiff_t>(first));
    size_t held = 0;
    for (; held < whole.held.size() && whole.held[held].row < static_cast<int64_t>(first); ++held)
        parcel.held.push_back(whole.held[held]);
    size_t whole_from = first;  // records that are delivered as they are, up to the one looked at
    auto keep_whole = [&](size_t end) {
        append_records(whole.payload, whole_from, end, parcel.payload);
        parcel.owners.insert(parcel.owners.end(), whole.owners.begin() + static_cast<ptrdiff_t>(whole_from),
                             whole.owners.begin() + static_cast<ptrdiff_t>(end));
        whole_from = end;
    };
    std::vector<std::string> pieces;
    for (size_t i = from; i < to; ++i) {
        const size_t record = first + i - from;
        const OutgoingRow& row = outgoing.rows()[i];
        const bool is_held = held < whole.held.size() && whole.held[held].row == static_cast<int64_t>(record);
        const bool is_damaged = row.damage_begin != row.damage_end;
        if (is_held || is_damaged) keep_whole(record);
        if (!is_damaged) {
            if (!is_held) continue;
            parcel.held.push_back(whole.held[held++]);
            parcel.held.back().row = static_cast<int64_t>(parcel.payload.ends.size());
            continue;
        }
        Payload one = record_at(whole.payload, record);
        const std::string line_end = one.bytes.substr(one.bytes.size() - one.line_end_bytes);
        one.bytes.resize(one.bytes.size() - line_end.size());
        pieces.assign(1, one.bytes);
        for (uint32_t d = row.damage_begin; d < row.damage_end; ++d) {
            const Damage& damage = outgoing.damages()[d];
            stream.fault(damage.fault).damage(pieces, damage.base);
        }
        for (const std::string& piece : pieces) {
            one.bytes = piece + line_end;
            one.ends = {static_cast<uint32_t>(one.bytes.size())};
            if (is_held) {
                parcel.held.push_back(whole.held[held]);
                parcel.held.back().row = static_cast<int64_t>(parcel.payload.ends.size());
            }
            append_records(one, 0, 1, parcel.payload);
            parcel.owners.push_back(whole.owners[record]);
        }
        held += is_held;
        whole_from = record + 1;
    }
    keep_whole(first + to - from);
}

}  // namespace headwater
