// For what a copy is graded by: counts of differences per stream and part, per object or partition, and some of them told in full.
#include "verify/grade.h"

#include <numeric>

#include "chaos/fault.h"

namespace headwater {

namespace {

constexpr size_t longest_bytes = 200;

}  // namespace

std::string_view name_of(DifferenceKind kind) {
    constexpr std::array<std::string_view, difference_kinds> names{"lost",    "duplicated", "reordered",
                                                                   "altered", "unexpected", "unreadable"};
    return names[static_cast<size_t>(kind)];
}

DifferenceKind ordered_by(std::string_view verb) {
    for (const std::string_view lost : {"drop", "silence"})
        if (verb == lost) return DifferenceKind::lost;
    for (const std::string_view again : {"duplicate", "replay", "revert"})
        if (verb == again) return DifferenceKind::duplicated;
    for (const std::string_view late : {"delay", "reorder", "burst"})
        if (verb == late) return DifferenceKind::reordered;
    const FaultVerb* known = find_fault_verb(verb);
    return known != nullptr && known->group == FaultGroup::wire ? DifferenceKind::unreadable : DifferenceKind::altered;
}

uint64_t GradeCounts::all_differences() const {
    return std::accumulate(differences.begin(), differences.end(), uint64_t{0});
}

GradeCounts Grade::total() const {
    GradeCounts total;
    for (const StreamGrade& stream : streams) {
        total.sent += stream.counts.sent;
        total.landed += stream.counts.landed;
        total.equal += stream.counts.equal;
        total.set_aside += stream.counts.set_aside;
        for (size_t i = 0; i < difference_kinds; ++i) total.differences[i] += stream.counts.differences[i];
    }
    return total;
}

GradeBook::GradeBook(const std::vector<Shape>& shapes, std::vector<int> parts, size_t examples)
    : shapes_(shapes), parts_(std::move(parts)), examples_(examples) {
    // In front of the streams stands what is of none; behind the parts of each what is of no part.
    for (int shape = -1; shape < static_cast<int>(shapes_.size()); ++shape) {
        for (size_t part = 0; part <= parts_.size(); ++part) {
            StreamGrade& stream = grade_.streams.emplace_back();
            stream.stream = shape < 0 ? "" : shapes_[static_cast<size_t>(shape)].stream();
            stream.part = part < parts_.size() ? parts_[part] : -1;
        }
    }
}

void GradeBook::know_faults(int shape, const std::vector<std::pair<std::string, std::string>>& faults) {
    for (int part = -1; part < static_cast<int>(parts_.size()); ++part)
        for (const auto& [name, verb] : faults) stream(shape, part).faults.push_back({.name = name, .verb = verb});
}

void GradeBook::count_strokes(int shape, int part, size_t fault, uint64_t strokes) {
    stream(shape, part).faults[fault].strokes += strokes;
}

template <typename Visit>
void GradeBook::each_fault(int shape, const Entry& sent, Visit visit) {
    if (sent.mark == 0) return;
    std::vector<FaultGrade>& faults = stream(shape, static_cast<int>(sent.lane)).faults;
    for (size_t i = 0; i < faults.size(); ++i)
        if ((sent.mark >> i & 1) != 0) visit(faults[i]);
}

std::vector<std::string> GradeBook::faults_of(int shape, uint32_t struck) {
    std::vector<std::string> names;
    const std::vector<FaultGrade>& faults = stream(shape, 0).faults;
    for (size_t i = 0; i < faults.size(); ++i)
        if ((struck >> i & 1) != 0) names.push_back(faults[i].name);
    return names;
}

void GradeBook::count_landed(int shape, uint32_t to) {
    ++stream(shape, part_without(-1)).counts.landed;
    ++lane(to).counts.landed;
}

void GradeBook::count(DifferenceKind kind, int shape, const Entry* sent, const Entry* landed) {
    StreamGrade& to = stream(shape, sent != nullptr ? static_cast<int>(sent->lane) : part_without(-1));
    ++to.counts.of(kind);
    if (landed != nullptr) ++lane(landed->lane).counts.of(kind);
    if (sent != nullptr)
        each_fault(shape, *sent, [kind](FaultGrade& fault) { ++fault.differences[static_cast<size_t>(kind)]; });
}

Difference* GradeBook::example(DifferenceKind kind, int shape, const Entry* sent, const Entry* landed) {
    if (++kept_[{shape, kind}] > examples_) return nullptr;
    Difference& one = grade_.examples.emplace_back();
    one.kind = kind;
    one.shape = shape;
    if (sent != nullptr) {
        one.part = parts_[sent->lane];
        one.identity = sent->identity;
        one.digest = sent->digest;
        one.struck_by = faults_of(shape, sent->mark);
    }
    if (landed != nullptr) {
        one.lane = static_cast<int>(landed->lane);
        one.position = landed->position;
    }
    return &one;
}

void GradeBook::equal(int shape, const Entry& sent, const Entry& landed) {
    ++stream(shape, static_cast<int>(sent.lane)).counts.equal;
    ++lane(landed.lane).counts.equal;
    each_fault(shape, sent, [](FaultGrade& fault) { ++fault.as_ordered; });
}

void GradeBook::land_damaged(uint32_t at) {
    ++lane(at).counts.landed;
    ++lane(at).counts.equal;
}

void GradeBook::damaged(int shape, const DamagedRecord& sent, bool has_landed, const std::vector<LandedLine>& again) {
    const Entry entry{.identity = sent.identity, .lane = sent.part, .mark = sent.struck};
    GradeCounts& counts = stream(shape, static_cast<int>(sent.part)).counts;
    ++counts.sent;
    auto tell = [&](DifferenceKind kind, const Entry* landed) {
        count(kind, shape, &entry, landed);
        Difference* one = example(kind, shape, &entry, landed);
        if (one == nullptr) return;
        one->row = sent.row;
        one->reason = "damaged on purpose";
        one->sent = {{"", std::string(sent.text)}};
    };
    if (has_landed) {
        ++counts.equal;
        stream(shape, part_without(-1)).counts.landed += sent.lines.size();
        each_fault(shape, entry, [](FaultGrade& fault) { ++fault.as_ordered; });
    } else if (letters_ != nullptr && letters_->holds(sent)) {
        ++counts.set_aside;
    } else {
        tell(DifferenceKind::lost, nullptr);
    }
    for (const LandedLine& line : again) {
        const Entry landed{.position = line.position, .lane = line.lane};
        ++stream(shape, part_without(-1)).counts.landed;
        tell(DifferenceKind::duplicated, &landed);
    }
}

void GradeBook::lost(int shape, const Entry& sent) {
    if (letters_ != nullptr && letters_->holds(sent)) {
        ++stream(shape, static_cast<int>(sent.lane)).counts.set_aside;
        return;
    }
    count(DifferenceKind::lost, shape, &sent, nullptr);
    example(DifferenceKind::lost, shape, &sent, nullptr);
}

void GradeBook::altered(int shape, const Entry& sent, const Entry& landed, bool by_content) {
    count(DifferenceKind::altered, shape, &sent, &landed);
    const std::vector<Leaf>& leaves = shapes_[static_cast<size_t>(shape)].leaves();
    std::vector<int> differing;
    for (size_t leaf = 0; leaf <= leaves.size(); ++leaf)
        if (sent.fields()[leaf] != landed.fields()[leaf]) differing.push_back(static_cast<int>(leaf));
    auto& counts = stream(shape, static_cast<int>(sent.lane)).altered_fields;
    for (int leaf : differing)
        ++counts[leaf < static_cast<int>(leaves.size()) ? leaves[static_cast<size_t>(leaf)].path : "(added fields)"];
    const bool is_misnamed = by_content && landed.mark != has_no_identity && landed.mark != of_damaged;
    if (is_misnamed) ++counts["_headwater"];
    if (Difference* one = example(DifferenceKind::altered, shape, &sent, &landed)) {
        one->altered = std::move(differing);
        if (is_misnamed) one->reason = "it says that it is another record";
    }
}

void GradeBook::duplicated(int shape, const Entry& sent, const Entry& landed) {
    count(DifferenceKind::duplicated, shape, &sent, &landed);
    Difference* one = example(DifferenceKind::duplicated, shape, &sent, &landed);
    if (one != nullptr && sent.digest != landed.digest) one->reason = "with other values";
}

void GradeBook::unexpected(int shape, const Entry& landed) {
    if (landed.mark == of_damaged) {
        count(DifferenceKind::duplicated, shape, nullptr, &landed);
        Difference* again = example(DifferenceKind::duplicated, shape, nullptr, &landed);
        if (again != nullptr) again->reason = "of a record damaged on purpose";
        return;
    }
    count(DifferenceKind::unexpected, shape, nullptr, &landed);
    Difference* one = example(DifferenceKind::unexpected, shape, nullptr, &landed);
    if (one == nullptr) return;
    if (landed.mark == of_another_run) one->reason = "of another run";
    if (landed.mark == has_identity) one->reason = "of a row that was not sent";
}

void GradeBook::unreadable(uint32_t at, uint64_t position, const std::string& reason, std::string_view bytes) {
    Entry landed{.position = position, .lane = at};
    count(DifferenceKind::unreadable, -1, nullptr, &landed);
    ++lane(at).counts.landed;
    ++stream(-1, part_without(-1)).counts.landed;
    Difference* one = example(DifferenceKind::unreadable, -1, nullptr, &landed);
    if (one == nullptr) return;
    one->reason = reason;
    if (!bytes.empty()) one->found.push_back({"", std::string(bytes.substr(0, longest_bytes))});
}

void GradeBook::reordered(int shape, int part, uint32_t at, uint64_t position, const std::string& reason) {
    const Entry sent{.lane = static_cast<uint32_t>(part)}, landed{.position = position, .lane = at};
    count(DifferenceKind::reordered, shape, &sent, &landed);
    if (++kept_[{shape, DifferenceKind::reordered}] > examples_) return;
    Difference& one = grade_.examples.emplace_back();
    one.kind = DifferenceKind::reordered;
    one.shape = shape;
    one.part = parts_[static_cast<size_t>(part)];
    one.lane = static_cast<int>(at);
    one.position = position;
    one.reason = reason;
}

}  // namespace headwater
