// For the lane to a target of records: it frames what workers encoded, and hands it over.
#include <utility>

#include "engine/lane.h"

namespace headwater {

namespace {

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

void count(Tally& tally, const Parcel& parcel) {
    const Payload& payload = parcel.payload;
    count(tally, payload.first_row, payload.ends.size());
    count_times(tally, payload.times.data(), payload.times.size());
    tally.bytes += payload.bytes.size();
    for (const int32_t version : payload.versions) ++tally.versions[version];
}

/// The encoder's head goes in front of the first record of a stream, its separators between all records of the target,
/// and its tail behind the last one.
class RecordLane final : public Lane {
  public:
    RecordLane(std::unique_ptr<RecordSink> sink, std::shared_ptr<const Format> format,
               std::map<int, std::shared_ptr<const Schema>> schemas, const IdentityOptions& identity)
        : sink_(std::move(sink)), format_(std::move(format)) {
        for (auto& [stream, schema] : schemas) {
            End& end = ends_[stream];
            end.name = schema->stream;
            end.encoders[schema->version] = format_->record_encoder(*schema, identity);
            for (const SchemaVersion& later : schema->versions)
                end.encoders[later.schema->version] = format_->record_encoder(*later.schema, identity);
        }
    }

    Result<void> open() override { return sink_->open(); }
    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) override {
        return sink_->unmake(thing, delivered);
    }
    bool wants_keys() const override { return sink_->wants_keys(); }
    bool wants_identity() const override { return sink_->wants_identity(); }

    Result<LaneState> checkpoint() override { return checkpoint_of(*sink_); }

    Result<void> resume(const LaneState& state) override {
        resume_at(state);
        for (auto& [stream, tally] : tallies_) {
            if (tally.rows == 0 || !ends_.contains(stream)) continue;
            // Pipes, which have heads, cannot be taken up again: it is enough to know that something was written.
            ends_.at(stream).version = ends_.at(stream).encoders.begin()->first;
            is_begun_ = true;
        }
        return sink_->resume(state.cursor);
    }

    Result<void> close() override {
        if (!ends_.empty() && !sink_->takes_messages()) {
            End& any = ends_.begin()->second;
            std::string_view tail = any.encoder().tail();
            if (!is_begun_ && (!tail.empty() || ends_.size() == 1)) {
                if (auto written = write_text(any, any.encoder().head()); !written) return written;
            }
            if (auto written = write_text(any, tail); !written) return written;
        }
        return sink_->flush();
    }

  protected:
    Result<void> deliver(int stream, const Parcel& parcel) override {
        if (parcel.payload.ends.empty()) return {};
        auto written = write(stream, parcel);
        if (written) count(tallies_[stream], parcel);
        return written;
    }

  private:
    Result<void> write(int stream, const Parcel& parcel) {
        End& end = ends_.at(stream);
        const Payload& payload = parcel.payload;
        if (sink_->takes_messages()) return sink_->write(end.name, payload);
        if (payload.versions.empty() || end.encoder().head().empty())
            return write(end, end.encoders.begin()->first, payload);
        for (size_t from = 0, to = 0; from < payload.versions.size(); from = to) {
            while (to < payload.versions.size() && payload.versions[to] == payload.versions[from]) ++to;
            Payload run;
            append_records(payload, from, to, run);
            if (auto written = write(end, payload.versions[from], run); !written) return written;
        }
        return {};
    }

    struct End {
        std::string name;
        std::map<int32_t, std::unique_ptr<RecordEncoder>> encoders;  ///< by version of the schema
        int32_t version = 0;                                         ///< of what was written last; 0 before all else

        const RecordEncoder& encoder() const { return *encoders.begin()->second; }
    };

    /// Writes records of one version. A format with a tail makes one whole of everything; any other begins each stream by
    /// itself, and anew where its version changes.
    Result<void> write(End& end, int32_t version, const Payload& payload) {
        const RecordEncoder& encoder = *end.encoders.at(version);
        const bool needs_head = encoder.tail().empty() ? end.version != version : !is_begun_;
        if (needs_head) {
            if (auto written = write_text(end, encoder.head()); !written) return written;
        }
        std::string_view between = encoder.between();
        bool follows = is_begun_;
        is_begun_ = true;
        end.version = version;
        if (between.empty()) return sink_->write(end.name, payload);
        separate(payload, between, follows);
        return sink_->write(end.name, separated_);
    }

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

}  // namespace

std::unique_ptr<Lane> make_record_lane(std::unique_ptr<RecordSink> sink, std::shared_ptr<const Format> format,
                                       std::map<int, std::shared_ptr<const Schema>> schemas,
                                       const IdentityOptions& identity) {
    return std::make_unique<RecordLane>(std::move(sink), std::move(format), std::move(schemas), identity);
}

}  // namespace headwater
