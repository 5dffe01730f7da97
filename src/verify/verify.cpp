// For grading a platform: what a run sent is made again and compared with a landed copy, record by record.
#include "verify/verify.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "verify/match.h"
#include "verify/tell.h"

namespace headwater {

namespace {

/// Takes the records of a copy to the matches of their streams.
class LandedReceiver final : public CopyReceiver {
  public:
    LandedReceiver(const std::vector<Shape>& shapes, const std::string& run, GradeBook& book,
                   std::vector<std::unique_ptr<StreamMatch>>& matches, DamagedLines& damaged, const StopToken& stop)
        : run_(run), book_(book), matches_(matches), damaged_(damaged), stop_(stop) {
        for (const Shape& shape : shapes) keys_.push_back(key_of(shape.stream()));
    }

    uint32_t begin_lane(const std::string& name, uint64_t first, uint64_t end) override {
        LaneGrade& lane = book_.grade().lanes.emplace_back();
        lane.name = name;
        lane.first = first;
        lane.arrival = arrivals_;
        if (end > first) arrivals_ += end - first;
        return static_cast<uint32_t>(book_.grade().lanes.size() - 1);
    }

    void take(uint32_t lane, uint64_t position, LandedRecord& record) override {
        arrive(lane, position);
        const ClaimedIdentity* identity = record.settle_identity();
        Entry& entry = *record.entry();
        entry.lane = lane;
        entry.position = position;
        entry.mark = has_no_identity;
        if (identity != nullptr) {
            const Shape& shape = record.shape_of();
            const bool is_of_this_run = identity->run == run_ && identity->stream == shape.stream();
            entry.mark = is_of_this_run ? has_identity : of_another_run;
            entry.identity = identity_of(keys_[static_cast<size_t>(record.shape())], identity->row);
            // A name of another run is nobody's.
            if (!is_of_this_run) entry.identity += hash_text(identity->run + "/" + identity->stream);
        }
        if (std::exchange(is_again_, false)) entry.mark = of_damaged;
        book_.count_landed(record.shape(), lane);
        matches_[static_cast<size_t>(record.shape())]->add_landed(entry);
        if (unknown_names_ == nullptr) unknown_names_ = record.unknown_names();
    }

    void take_unreadable(uint32_t lane, uint64_t position, const std::string& reason, std::string_view bytes) override {
        arrive(lane, position);
        if (!std::exchange(is_again_, false)) return book_.unreadable(lane, position, reason, bytes);
        ++book_.grade().lanes[lane].counts.landed;
        damaged_.land_again(line_hash(trimmed(bytes)), {lane, position});
    }

    bool gives_up() const override { return stop_.requested(); }
    bool expects_damage() const override { return !damaged_.is_empty(); }
    bool knows(std::string_view line) const override { return damaged_.knows(line_hash(line)); }
    bool take_damaged(uint32_t lane, uint64_t position, std::string_view line) override {
        is_again_ = !damaged_.land(line_hash(line));
        if (is_again_) return false;
        arrive(lane, position);
        book_.land_damaged(lane);
        return true;
    }

    uint64_t arrivals() const { return arrivals_; }
    /// Gives the names of fields that streams do not have; after the reading.
    UnknownNames unknown_names() const { return unknown_names_ == nullptr ? UnknownNames{} : *unknown_names_; }

  private:
    void arrive(uint32_t lane, uint64_t position) {
        const LaneGrade& one = book_.grade().lanes[lane];
        arrivals_ = std::max(arrivals_, one.arrival + position - one.first + 1);
    }

    const std::string& run_;
    GradeBook& book_;
    std::vector<std::unique_ptr<StreamMatch>>& matches_;
    DamagedLines& damaged_;
    const StopToken& stop_;
    bool is_again_ = false;  ///< what comes next is a line of a damaged record, once more
    std::vector<uint64_t> keys_;
    uint64_t arrivals_ = 0;
    std::shared_ptr<const UnknownNames> unknown_names_;
};

bool is_mostly_named(const std::vector<std::unique_ptr<StreamMatch>>& matches) {
    uint64_t named = 0, nameless = 0;
    for (const auto& match : matches) {
        named += match->named();
        nameless += match->nameless();
    }
    return named > nameless;
}

/// Makes the lines of damaged records again, as they must be known before the copy is read.
Result<void> expect_damage(const std::vector<SentPart>& parts, const std::vector<Shape>& shapes,
                           const VerifyOptions& options, RealTime& time, const StopToken& stop, DamagedLines& damaged) {
    for (const SentPart& part : parts) {
        if (!may_damage(part)) continue;
        SentOptions sent{.threads = options.threads, .only_damaged = true, .stop = &stop, .time = &time};
        sent.receive_damaged = [&](int, const DamagedRecord& record) {
            for (const uint64_t line : record.lines) damaged.expect(line);
        };
        if (auto made = make_sent(part, shapes, sent); !made) return made;
    }
    return {};
}

/// Names the faults of the plan's streams.
void know_faults(const Plan& plan, const std::vector<Shape>& shapes, GradeBook& book) {
    for (const StreamPlan& stream : plan.streams) {
        const auto shape = std::ranges::find(shapes, stream.schema->stream, &Shape::stream);
        if (stream.outgoing == nullptr || shape == shapes.end()) continue;
        std::vector<std::pair<std::string, std::string>> names;
        for (const FaultPlan& fault : stream.outgoing->plans()) names.emplace_back(fault.name, fault.verb);
        book.know_faults(static_cast<int>(shape - shapes.begin()), names);
    }
}

/// Names the faults that keep records from being sent, as answers have them.
std::set<std::string> gone_faults(const Plan& plan) {
    std::set<std::string> names;
    for (const StreamPlan& stream : plan.streams) {
        if (stream.outgoing == nullptr) continue;
        for (const FaultPlan& fault : stream.outgoing->plans())
            if (ordered_by(fault.verb) == DifferenceKind::lost) names.insert("fault " + fault.name);
    }
    return names;
}

void count_strokes(const Plan& plan, const std::vector<Shape>& shapes, int part, const Strokes& strokes,
                   GradeBook& book) {
    for (size_t i = 0; i < strokes.size(); ++i) {
        const auto shape = std::ranges::find(shapes, plan.streams[i].schema->stream, &Shape::stream);
        for (size_t fault = 0; shape != shapes.end() && fault < strokes[i].size(); ++fault)
            book.count_strokes(static_cast<int>(shape - shapes.begin()), part, fault,
                               static_cast<uint64_t>(strokes[i][fault]));
    }
}

std::unexpected<Error> stopped() { return fail(ErrorKind::closed, "Verify was stopped before it knew anything"); }

std::string name_of(OrderScope scope, const Copy& copy) {
    if (scope == OrderScope::none) return "none";
    return scope == OrderScope::key ? "key" : copy.lane_kind();
}

}  // namespace

Result<Grade> verify(const std::vector<SentPart>& parts, const std::vector<Shape>& shapes, Copy& copy,
                     const VerifyOptions& options, RealTime& time, const StopToken& stop) {
    SpoolRoom room(options.memory_bytes, options.scratch);
    std::vector<int> numbers;
    for (const SentPart& part : parts) numbers.push_back(part.part);
    GradeBook book(shapes, numbers, options.examples);
    Answers answers;
    book.grade().run = parts.front().run;
    std::vector<std::unique_ptr<StreamMatch>> matches;
    for (size_t i = 0; i < shapes.size(); ++i)
        matches.push_back(std::make_unique<StreamMatch>(static_cast<int>(i), shapes[i], room, book));

    know_faults(*parts.front().plan, shapes, book);
    DamagedLines damaged;
    if (auto made = expect_damage(parts, shapes, options, time, stop, damaged); !made)
        return std::unexpected(made.error());

    if (options.by_identity)
        for (auto& match : matches) match->settle(*options.by_identity);
    LandedReceiver receiver(shapes, parts.front().run, book, matches, damaged, stop);
    if (auto read = copy.read(shapes, receiver, nullptr); !read) return std::unexpected(read.error());
    if (auto& kept = room.failure(); !kept) return std::unexpected(kept.error());
    if (stop.requested()) return stopped();
    book.grade().unknown_fields = receiver.unknown_names();

    const bool by_identity = options.by_identity.value_or(is_mostly_named(matches));
    for (auto& match : matches) match->settle(by_identity);
    book.ask(options.letters);
    std::vector<LandedLine> again;
    for (size_t i = 0; i < parts.size(); ++i) {
        SentOptions sent{.threads = options.threads, .stop = &stop, .time = &time};
        sent.receive = [&](int shape, Entry& entry) {
            entry.lane = static_cast<uint32_t>(i);
            book.count_sent(shape, entry.lane);
            if (options.letters != nullptr) options.letters->note(entry);
            matches[static_cast<size_t>(shape)]->add_sent(entry);
        };
        sent.receive_damaged = [&](int shape, const DamagedRecord& made) {
            DamagedRecord record = made;
            record.part = static_cast<uint32_t>(i);
            if (options.letters != nullptr) options.letters->note(record);
            again.clear();
            const bool has_landed = damaged.settle(record.lines, again);
            book.damaged(shape, record, has_landed, again);
        };
        if (options.letters != nullptr) sent.answers = &answers;
        Strokes strokes;
        sent.strokes = &strokes;
        if (auto made = make_sent(parts[i], shapes, sent); !made) return std::unexpected(made.error());
        count_strokes(*parts[i].plan, shapes, static_cast<int>(i), strokes, book);
    }
    if (stop.requested()) return stopped();

    const OrderScope scope = options.order.value_or(OrderScope::lane);
    OrderCheck order(scope, receiver.arrivals(), room, book);
    for (size_t i = 0; i < shapes.size() && scope == OrderScope::key; ++i) {
        if (shapes[i].key() >= 0) continue;
        matches[i]->leave_order();
        book.grade().notices.push_back("Stream has no key among its fields, so no order of keys: " +
                                       shapes[i].stream());
    }
    for (auto& match : matches) {
        if (auto matched = match->match(order); !matched) return std::unexpected(matched.error());
        match.reset();
    }
    if (auto checked = order.finish(); !checked) return std::unexpected(checked.error());
    if (auto& kept = room.failure(); !kept) return std::unexpected(kept.error());

    Grade& grade = book.grade();
    grade.matched_by = by_identity ? "identity" : "content";
    grade.order = name_of(scope, copy);
    grade.lane_kind = copy.lane_kind();
    grade.spilled_bytes = room.spilled_bytes();
    answers.settle();
    if (options.letters != nullptr) grade.letters = options.letters->grade(answers, gone_faults(*parts.front().plan));
    if (auto told = tell_in_full(grade, parts, shapes, copy, damaged, options.threads, time); !told)
        return std::unexpected(told.error());
    return std::move(grade);
}

}  // namespace headwater
