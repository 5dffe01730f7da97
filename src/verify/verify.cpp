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

/// One verification, step by step: what is damaged, the copy, what was sent, the order, and then all that is told.
class Verification {
  public:
    Verification(const std::vector<SentPart>& parts, const std::vector<Shape>& shapes, Copy& copy,
                 const VerifyOptions& options, RealTime& time, const StopToken& stop)
        : parts_(parts),
          shapes_(shapes),
          copy_(copy),
          options_(options),
          time_(time),
          stop_(stop),
          room_(options.memory_bytes, options.scratch),
          book_(shapes, numbers_of(parts), options.examples) {
        book_.grade().run = parts.front().run;
        for (size_t i = 0; i < shapes.size(); ++i)
            matches_.push_back(std::make_unique<StreamMatch>(static_cast<int>(i), shapes[i], room_, book_));
    }

    Result<Grade> grade() {
        know_faults(*parts_.front().plan, shapes_, book_);
        if (auto made = expect_damage(parts_, shapes_, options_, time_, stop_, damaged_); !made)
            return std::unexpected(made.error());
        if (auto read = read_copy(); !read) return std::unexpected(read.error());
        for (size_t i = 0; i < parts_.size(); ++i)
            if (auto made = make_again(i); !made) return std::unexpected(made.error());
        if (stop_.requested()) return stopped();
        if (auto matched = match(); !matched) return std::unexpected(matched.error());
        return tell();
    }

  private:
    static std::vector<int> numbers_of(const std::vector<SentPart>& parts) {
        std::vector<int> numbers;
        for (const SentPart& part : parts) numbers.push_back(part.part);
        return numbers;
    }

    Result<void> read_copy() {
        if (options_.by_identity)
            for (auto& match : matches_) match->settle(*options_.by_identity);
        LandedReceiver receiver(shapes_, parts_.front().run, book_, matches_, damaged_, stop_);
        if (auto read = copy_.read(shapes_, receiver, nullptr); !read) return read;
        if (auto& kept = room_.failure(); !kept) return kept;
        if (stop_.requested()) return stopped();
        book_.grade().unknown_fields = receiver.unknown_names();
        arrivals_ = receiver.arrivals();
        const bool by_identity = options_.by_identity.value_or(is_mostly_named(matches_));
        book_.grade().matched_by = by_identity ? "identity" : "content";
        for (auto& match : matches_) match->settle(by_identity);
        book_.ask(options_.letters);
        return {};
    }

    Result<void> make_again(size_t i) {
        SentOptions sent{.threads = options_.threads, .stop = &stop_, .time = &time_};
        sent.receive = [&](int shape, Entry& entry) {
            entry.lane = static_cast<uint32_t>(i);
            book_.count_sent(shape, entry.lane);
            if (options_.letters != nullptr) options_.letters->note(entry);
            matches_[static_cast<size_t>(shape)]->add_sent(entry);
        };
        std::vector<LandedLine> again;
        sent.receive_damaged = [&](int shape, const DamagedRecord& made) {
            DamagedRecord record = made;
            record.part = static_cast<uint32_t>(i);
            if (options_.letters != nullptr) options_.letters->note(record);
            again.clear();
            const bool has_landed = damaged_.settle(record.lines, again);
            book_.damaged(shape, record, has_landed, again);
        };
        if (options_.letters != nullptr) sent.answers = &answers_;
        Strokes strokes;
        sent.strokes = &strokes;
        if (auto made = make_sent(parts_[i], shapes_, sent); !made) return made;
        count_strokes(*parts_[i].plan, shapes_, static_cast<int>(i), strokes, book_);
        return {};
    }

    Result<void> match() {
        const OrderScope scope = options_.order.value_or(OrderScope::lane);
        book_.grade().order = name_of(scope, copy_);
        OrderCheck order(scope, arrivals_, room_, book_);
        for (size_t i = 0; i < shapes_.size() && scope == OrderScope::key; ++i) {
            if (shapes_[i].key() >= 0) continue;
            matches_[i]->leave_order();
            book_.grade().notices.push_back("Stream has no key among its fields, so no order of keys: " +
                                            shapes_[i].stream());
        }
        for (auto& match : matches_) {
            if (auto matched = match->match(order); !matched) return matched;
            match.reset();
        }
        if (auto checked = order.finish(); !checked) return checked;
        return room_.failure();
    }

    Result<Grade> tell() {
        Grade& grade = book_.grade();
        grade.lane_kind = copy_.lane_kind();
        grade.spilled_bytes = room_.spilled_bytes();
        answers_.settle();
        if (options_.letters != nullptr)
            grade.letters = options_.letters->grade(answers_, gone_faults(*parts_.front().plan));
        if (auto told = tell_in_full(grade, parts_, shapes_, copy_, damaged_, options_.threads, time_); !told)
            return std::unexpected(told.error());
        return std::move(grade);
    }

    const std::vector<SentPart>& parts_;
    const std::vector<Shape>& shapes_;
    Copy& copy_;
    const VerifyOptions& options_;
    RealTime& time_;
    const StopToken& stop_;
    SpoolRoom room_;
    GradeBook book_;
    Answers answers_;
    DamagedLines damaged_;
    std::vector<std::unique_ptr<StreamMatch>> matches_;
    uint64_t arrivals_ = 0;
};

}  // namespace

Result<Grade> verify(const std::vector<SentPart>& parts, const std::vector<Shape>& shapes, Copy& copy,
                     const VerifyOptions& options, RealTime& time, const StopToken& stop) {
    return Verification(parts, shapes, copy, options, time, stop).grade();
}

}  // namespace headwater
