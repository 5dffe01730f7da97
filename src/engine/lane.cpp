// For delivering what workers made, in order: one lane per output (targets of records) or per stream and output (objects).
#include "engine/lane.h"

#include <algorithm>
#include <utility>

namespace headwater {

namespace {

/// The encoder's head goes in front of the first record of a stream, its separators between all records of the target,
/// and its tail behind the last one.
class RecordLane final : public Lane {
  public:
    RecordLane(std::unique_ptr<RecordSink> sink, std::shared_ptr<const Format> format,
               std::map<int, std::shared_ptr<const Schema>> schemas, const IdentityOptions& identity)
        : sink_(std::move(sink)), format_(std::move(format)) {
        for (auto& [stream, schema] : schemas)
            ends_[stream] = {schema->stream, format_->record_encoder(*schema, identity), false};
    }

    Result<void> open() override { return sink_->open(); }
    bool wants_keys() const override { return sink_->wants_keys(); }
    bool wants_identity() const override { return sink_->wants_identity(); }

    Result<void> close() override {
        if (!ends_.empty() && !sink_->takes_messages()) {
            End& any = ends_.begin()->second;
            std::string_view tail = any.encoder->tail();
            if (!is_begun_ && !tail.empty()) {
                if (auto written = write_text(any, any.encoder->head()); !written) return written;
            }
            if (auto written = write_text(any, tail); !written) return written;
        }
        return sink_->flush();
    }

  protected:
    Result<void> deliver(int stream, const Parcel& parcel) override {
        if (parcel.payload.ends.empty()) return {};
        End& end = ends_.at(stream);
        if (sink_->takes_messages()) return sink_->write(end.name, parcel.payload);
        // A format with a tail makes one whole of everything; any other begins each stream by itself.
        bool needs_head = end.encoder->tail().empty() ? !end.is_begun : !is_begun_;
        if (needs_head) {
            if (auto written = write_text(end, end.encoder->head()); !written) return written;
        }
        std::string_view between = end.encoder->between();
        bool follows = is_begun_;
        is_begun_ = end.is_begun = true;
        if (between.empty()) return sink_->write(end.name, parcel.payload);
        separate(parcel.payload, between, follows);
        return sink_->write(end.name, separated_);
    }

  private:
    struct End {
        std::string name;
        std::unique_ptr<RecordEncoder> encoder;
        bool is_begun = false;
    };

    Result<void> write_text(const End& end, std::string_view text) {
        if (text.empty()) return {};
        Payload payload;
        payload.bytes = text;
        return sink_->write(end.name, payload);
    }

    void separate(const Payload& payload, std::string_view between, bool follows) {
        separated_.clear();
        separated_.first_row = payload.first_row;
        separated_.rows = payload.rows;
        separated_.times = payload.times;
        uint32_t begin = 0;
        for (uint32_t end : payload.ends) {
            if (follows) separated_.bytes += between;
            follows = true;
            separated_.bytes.append(payload.bytes, begin, end - begin);
            separated_.ends.push_back(static_cast<uint32_t>(separated_.bytes.size()));
            begin = end;
        }
    }

    std::unique_ptr<RecordSink> sink_;
    std::shared_ptr<const Format> format_;
    std::map<int, End> ends_;
    Payload separated_;
    bool is_begun_ = false;
};

class StreamObjectsLane final : public Lane {
  public:
    StreamObjectsLane(std::unique_ptr<ObjectSink> sink, std::shared_ptr<const Format> format, int stream)
        : sink_(std::move(sink)), format_(std::move(format)), stream_(stream) {}

    Result<void> make(std::shared_ptr<const Schema> schema, const LaneOptions& options) {
        auto lane = ObjectLane::make(*sink_, *format_, std::move(schema), options);
        if (!lane) return std::unexpected(lane.error());
        lane_ = std::move(*lane);
        return {};
    }

    Result<void> open() override { return sink_->open(); }

    Result<void> close() override {
        auto entries = lane_->close();
        if (!entries) return std::unexpected(entries.error());
        entries_.insert(entries_.end(), entries->begin(), entries->end());
        tally(stream_).bytes = lane_->bytes();
        return sink_->flush();
    }

    std::vector<ObjectEntry> take_entries() override { return std::exchange(entries_, {}); }
    bool wants_batches() const override { return format_->makes_objects(); }
    bool wants_keys() const override { return lane_->wants_keys(); }

  protected:
    Result<void> deliver(int, const Parcel& parcel) override {
        if (!parcel.payload.ends.empty()) {
            if (auto added = lane_->append(parcel.payload); !added) return added;
        }
        for (size_t i = 0; i < parcel.batches.size(); ++i) {
            if (auto added = lane_->append(parcel.batches.at(i)); !added) return added;
        }
        return {};
    }

  private:
    std::unique_ptr<ObjectSink> sink_;
    std::shared_ptr<const Format> format_;
    int stream_;
    std::unique_ptr<ObjectLane> lane_;
    std::vector<ObjectEntry> entries_;
};

void count(Tally& tally, int64_t first_row, size_t rows) {
    if (rows == 0) return;
    if (tally.rows == 0) tally.first_row = first_row;
    tally.rows += static_cast<int64_t>(rows);
    tally.last_row = first_row + static_cast<int64_t>(rows) - 1;
}

void count_times(Tally& tally, const int64_t* times, size_t rows) {
    int64_t least = tally.min_time, most = tally.max_time;
    for (size_t i = 0; i < rows; ++i) {
        least = times[i] < least ? times[i] : least;
        most = times[i] > most ? times[i] : most;
    }
    tally.min_time = least;
    tally.max_time = most;
}

}  // namespace

Result<void> Lane::commit(int stream, const Parcel& parcel) {
    auto delivered = deliver(stream, parcel);
    if (!delivered) return delivered;
    Tally& done = tally(stream);
    const Payload& payload = parcel.payload;
    count(done, payload.first_row, payload.ends.size());
    count_times(done, payload.times.data(), payload.times.size());
    done.bytes += payload.bytes.size();
    for (size_t i = 0; i < parcel.batches.size(); ++i) {
        const Batch& batch = parcel.batches.at(i);
        count(done, batch.first_row, batch.rows);
        if (batch.times == nullptr) continue;
        if (batch.order == nullptr) count_times(done, batch.times, batch.rows);
        for (uint32_t row = 0; batch.order != nullptr && row < batch.rows; ++row)
            count_times(done, batch.times + batch.order[row], 1);
    }
    return {};
}

std::unique_ptr<Lane> make_record_lane(std::unique_ptr<RecordSink> sink, std::shared_ptr<const Format> format,
                                       std::map<int, std::shared_ptr<const Schema>> schemas,
                                       const IdentityOptions& identity) {
    return std::make_unique<RecordLane>(std::move(sink), std::move(format), std::move(schemas), identity);
}

Result<std::unique_ptr<Lane>> make_object_lane(std::unique_ptr<ObjectSink> sink, std::shared_ptr<const Format> format,
                                               int stream, std::shared_ptr<const Schema> schema,
                                               const LaneOptions& options) {
    auto lane = std::make_unique<StreamObjectsLane>(std::move(sink), std::move(format), stream);
    if (auto made = lane->make(std::move(schema), options); !made) return std::unexpected(made.error());
    return lane;
}

}  // namespace headwater
