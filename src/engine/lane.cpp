// For delivering what workers made, in order: one lane per output (targets of records) or per stream and output (objects).
#include "engine/lane.h"

#include <algorithm>
#include <utility>

namespace headwater {

namespace {

constexpr size_t most_marks = 4096;  ///< of streams that are held back; between two checkpoints

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

void count(Tally& tally, const ObjectEntry& entry) {
    tally.first_row = tally.rows == 0 ? entry.first_row : std::min(tally.first_row, entry.first_row);
    tally.last_row = std::max(tally.last_row, entry.last_row);
    tally.rows += static_cast<int64_t>(entry.rows);
    tally.bytes += entry.raw_bytes;
    tally.min_time = std::min(tally.min_time, entry.min_time);
    tally.max_time = std::max(tally.max_time, entry.max_time);
    for (const auto& [version, rows] : entry.versions) tally.versions[version] += rows;
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

    Result<LaneState> checkpoint() override {
        if (auto flushed = sink_->flush(); !flushed) return std::unexpected(flushed.error());
        LaneState state;
        state.cursor = sink_->cursor();
        state.marks = reached_;
        state.tallies = tallies_;
        add_feeds(state);
        return state;
    }

    Result<void> resume(const LaneState& state) override {
        wanted_ = reached_ = state.marks;
        resume_feeds(state);
        tallies_ = state.tallies;
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
            if (!is_begun_ && !tail.empty()) {
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
    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>&) override {
        return sink_->unmake(thing);
    }
    Result<std::optional<std::string>> read(const std::string& name) override { return sink_->read(name); }
    Result<void> remove(const std::string& name) override { return sink_->remove(name); }

    Result<int64_t> remove_objects(const std::set<std::string>* names) override {
        auto found = sink_->recover(lane_->prefix(), lane_->ending());
        if (!found) return std::unexpected(found.error());
        int64_t removed = 0;
        for (const std::string& name : *found) {
            if (names != nullptr && !names->contains(name)) continue;
            if (auto gone = sink_->remove(name); !gone) return std::unexpected(gone.error());
            ++removed;
        }
        return removed;
    }

    Result<void> close() override {
        auto entries = lane_->close();
        if (!entries) return std::unexpected(entries.error());
        entries_ = std::move(*entries);
        for (const ObjectEntry& entry : entries_) count(tallies_[stream_], entry);
        return sink_->flush();
    }

    /// Durable are the rows in front of the oldest object that is not finished.
    Result<LaneState> checkpoint() override {
        LaneState state;
        state.entries = lane_->take_entries();
        for (const ObjectEntry& entry : state.entries) count(tallies_[stream_], entry);
        if (auto flushed = sink_->flush(); !flushed) return std::unexpected(flushed.error());
        state.marks = reached_;
        state.rows = static_cast<int64_t>(lane_->rows());
        if (!open_.empty()) {
            state.rows = open_.begin()->first;
            state.marks[stream_] = open_.begin()->second;
        }
        for (auto& end : lane_->ends_behind(state.rows)) state.ends.push_back(end);
        add_feeds(state);
        return state;
    }

    Result<void> resume(const LaneState& state) override {
        wanted_ = reached_ = state.marks;
        resume_feeds(state);
        ObjectLaneState lane{state.rows, {state.ends.begin(), state.ends.end()}, state.entries};
        for (const ObjectEntry& entry : state.entries) count(tallies_[stream_], entry);
        return lane_->resume(lane);
    }

    std::vector<ObjectEntry> take_entries() override { return std::exchange(entries_, {}); }
    bool wants_batches() const override { return format_->makes_objects(); }
    bool wants_keys() const override { return lane_->wants_keys(); }

  protected:
    Result<void> deliver(int, const Parcel& parcel) override {
        auto before = static_cast<int64_t>(lane_->rows());
        auto appended = append(parcel);
        if (!appended) return appended;
        std::map<int64_t, Mark> open;
        for (int64_t row : lane_->open_rows()) open[row] = row >= before ? parcel.mark_of(row - before) : open_.at(row);
        open_ = std::move(open);
        return {};
    }

  private:
    Result<void> append(const Parcel& parcel) {
        if (!parcel.payload.ends.empty()) {
            if (auto added = lane_->append(parcel.payload); !added) return added;
        }
        for (size_t i = 0; i < parcel.batches.size(); ++i) {
            if (auto added = lane_->append(parcel.batches.at(i)); !added) return added;
        }
        return {};
    }

    std::unique_ptr<ObjectSink> sink_;
    std::shared_ptr<const Format> format_;
    int stream_;
    std::unique_ptr<ObjectLane> lane_;
    std::vector<ObjectEntry> entries_;  ///< finished, not taken
    std::map<int64_t, Mark> open_;      ///< by first row of an unfinished object: that row's place
};

}  // namespace

int64_t Lane::wanted_from(int stream) const {
    if (auto held = held_.find(stream); held != held_.end()) return held->second.begin.start;
    auto wanted = wanted_.find(stream);
    return wanted == wanted_.end() ? 0 : wanted->second.record;
}

Result<void> Lane::commit(int stream, Parcel& parcel) {
    auto held = held_.find(stream);
    return held == held_.end() ? hand_over(stream, parcel) : commit_held(stream, held->second, parcel);
}

Result<void> Lane::commit_held(int stream, HeldStream& one, Parcel& parcel) {
    const FeedMark begin = one.begin;
    if (parcel.end_record <= begin.start) return {};
    drop_front(parcel, parcel.rows_before({begin.start, 0}));
    if (parcel.first_record < begin.from) {
        // Was delivered before the cut-off, but for what is still held back.
        Parcel again;
        const int64_t rows = parcel.rows_before({begin.from, 0});
        Parcel before = front_of(parcel, rows);
        one.held.pass(before, again);
        drop_front(parcel, rows);
    }
    if (parcel.end_record < begin.from) return {};
    begin_delivery(one);
    const int64_t from = std::max(parcel.first_record, begin.from);
    one.marks.push_back({std::min(one.held.oldest(), from), from, one.out, one.advanced});
    if (one.marks.size() > most_marks) {
        // Any of them will do: going on a little earlier costs a little time.
        size_t kept = 0;
        std::erase_if(one.marks, [&](const FeedMark&) { return kept++ % 2 == 1; });
    }
    Parcel out;
    const bool is_changed = one.held.pass(parcel, out);
    return hand_out(stream, one, is_changed ? out : parcel);
}

/// Lets go of what was due, and so delivered, before this process began.
void Lane::begin_delivery(HeldStream& one) {
    if (std::exchange(one.has_begun, true)) return;
    Parcel delivered;
    one.held.advance(one.begin.advanced, delivered);
    one.advanced = one.begin.advanced;
}

/// Delivers what comes behind everything delivered so far.
Result<void> Lane::hand_out(int stream, HeldStream& one, Parcel& parcel) {
    parcel.first_record = one.out;
    one.out += parcel.rows();
    parcel.end_record = one.out;
    parcel.owners.clear();
    parcel.held.clear();
    parcel.dropped = 0;
    return hand_over(stream, parcel);
}

Result<void> Lane::advance(int stream, int64_t instant) {
    auto held = held_.find(stream);
    if (held == held_.end() || instant <= held->second.begin.advanced) return {};
    HeldStream& one = held->second;
    begin_delivery(one);
    one.advanced = instant;
    Parcel out;
    one.held.advance(instant, out);
    return out.rows() == 0 ? Result<void>{} : hand_out(stream, one, out);
}

Result<void> Lane::release_held() {
    for (auto& [stream, one] : held_) {
        begin_delivery(one);
        Parcel out;
        one.held.release_all(out);
        if (out.rows() == 0) continue;
        if (auto delivered = hand_out(stream, one, out); !delivered) return delivered;
    }
    return {};
}

void Lane::add_feeds(LaneState& state) {
    for (auto& [stream, one] : held_) {
        const int64_t durable = state.marks[stream].record;
        // Goes on at the last place in front of what is not durable.
        FeedMark mark = one.begin;
        for (const FeedMark& next : one.marks)
            if (next.out <= durable) mark = next;
        std::erase_if(one.marks, [&](const FeedMark& next) { return next.out < mark.out; });
        state.feeds[stream] = mark;
    }
}

void Lane::resume_feeds(const LaneState& state) {
    for (auto& [stream, one] : held_) {
        auto mark = state.feeds.find(stream);
        // Nothing held anything back until here, and nothing was removed: everything before the mark was delivered.
        const auto durable = state.marks.find(stream);
        if (mark != state.feeds.end())
            one.begin = mark->second;
        else if (durable != state.marks.end() && durable->second.drop == 0)
            one.begin = {durable->second.record, durable->second.record, durable->second.record, INT64_MIN};
        one.out = one.begin.out;
    }
}

Result<void> Lane::hand_over(int stream, Parcel& parcel) {
    if (auto wanted = wanted_.find(stream); wanted != wanted_.end())
        drop_front(parcel, parcel.rows_before(wanted->second));
    if (auto delivered = deliver(stream, parcel); !delivered) return delivered;
    Mark& reached = reached_[stream];
    reached = std::max(reached, Mark{parcel.end_record, 0});
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
