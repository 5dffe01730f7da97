// For what every lane does in front of its target: it leaves out what is durable, and holds back what is not due.
#include "engine/lane.h"

#include <algorithm>
#include <utility>

namespace headwater {

namespace {

constexpr size_t most_marks = 4096;  ///< of streams that are held back; between two checkpoints

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
    one.end = std::max(one.end, parcel.end_record);
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
        if (out.rows() > 0)
            if (auto delivered = hand_out(stream, one, out); !delivered) return delivered;
        one.marks.push_back({one.end, one.end, one.out, one.advanced});
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

Result<LaneState> Lane::checkpoint_of(StreamSink& sink) {
    if (auto flushed = sink.flush(); !flushed) return std::unexpected(flushed.error());
    LaneState state;
    state.cursor = sink.cursor();
    state.marks = reached_;
    state.tallies = tallies_;
    add_feeds(state);
    return state;
}

void Lane::resume_at(const LaneState& state) {
    wanted_ = reached_ = state.marks;
    tallies_ = state.tallies;
    for (auto& [stream, one] : held_) {
        auto mark = state.feeds.find(stream);
        // Nothing held anything back until here, and nothing was removed: everything before the mark was delivered.
        const auto durable = state.marks.find(stream);
        if (mark != state.feeds.end())
            one.begin = mark->second;
        else if (durable != state.marks.end() && durable->second.drop == 0)
            one.begin = {durable->second.record, durable->second.record, durable->second.record, INT64_MIN};
        one.out = one.begin.out;
        one.end = one.begin.from;
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

}  // namespace headwater
