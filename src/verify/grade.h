// For what a copy is graded by: counts of differences per stream and part, per object or partition, and some of them told in full.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/damaged_lines.h"
#include "verify/dead_letters.h"
#include "verify/entry.h"
#include "verify/landed_record.h"

namespace headwater {

/// The ways in which a copy may differ from what was sent.
enum class DifferenceKind : uint8_t {
    lost,        ///< sent, and nowhere
    duplicated,  ///< there once more than it was sent
    reordered,   ///< behind a record that was sent after it
    altered,     ///< there with other values
    unexpected,  ///< there, and never sent
    unreadable,  ///< bytes that are no record of any stream
};
inline constexpr size_t difference_kinds = 6;
inline constexpr std::array all_differences{DifferenceKind::lost,       DifferenceKind::duplicated,
                                            DifferenceKind::reordered,  DifferenceKind::altered,
                                            DifferenceKind::unexpected, DifferenceKind::unreadable};

/// Says what a fault makes of a record in a copy beside what would be there without it.
DifferenceKind ordered_by(std::string_view verb);

/// Names a kind as reports spell it.
std::string_view name_of(DifferenceKind kind);

/// Counts of one stream, part, object or partition.
struct GradeCounts {
    uint64_t sent = 0;
    uint64_t landed = 0;
    uint64_t equal = 0;
    uint64_t set_aside = 0;  ///< not in the copy, but among the dead letters
    std::array<uint64_t, difference_kinds> differences{};

    uint64_t& of(DifferenceKind kind) { return differences[static_cast<size_t>(kind)]; }
    uint64_t of(DifferenceKind kind) const { return differences[static_cast<size_t>(kind)]; }
    uint64_t all_differences() const;
};

/// One field of an altered record; empty texts stand for what is not there.
struct AlteredField {
    std::string path;
    std::string was;
    std::string is;
};

/// One difference, told in full.
struct Difference {
    DifferenceKind kind = DifferenceKind::lost;
    int shape = -1;
    int part = -1;
    std::optional<ValueHash> identity;  ///< of the record that was sent
    std::optional<ValueHash> digest;    ///< of the record that was sent
    std::optional<RowName> row;         ///< of the record that was sent, once it is known
    int lane = -1;                      ///< where it landed
    uint64_t position = 0;
    std::string reason;                  ///< of unreadable and unexpected ones, and beside the kind
    std::vector<std::string> struck_by;  ///< faults that struck the record; none of them asked for the difference
    std::vector<int> altered;  ///< leaves that differ; one behind the last: fields that the stream does not have
    std::vector<AlteredField> fields;     ///< altered: those that differ
    std::vector<FoundField> sent, found;  ///< the whole record where the kind asks for it
};

/// What a fault of the run ordered in one stream, and what became of the records that it struck.
struct FaultGrade {
    std::string name;
    std::string verb;
    uint64_t strokes = 0;
    uint64_t as_ordered = 0;                               ///< records delivered that landed just so
    std::array<uint64_t, difference_kinds> differences{};  ///< of records that it struck, none of which it ordered
};

/// What was found of one stream in one part.
struct StreamGrade {
    std::string stream;
    int part = -1;  ///< -1: no part can be named
    GradeCounts counts;
    std::map<std::string, uint64_t> altered_fields;  ///< records by field
    std::vector<FaultGrade> faults;                  ///< of the stream, as they strike
};

/// What was found in one object or partition.
struct LaneGrade {
    std::string name;
    uint64_t first = 0;    ///< lowest position
    uint64_t arrival = 0;  ///< of position `first`, over all lanes
    GradeCounts counts;
};

/// What verify found.
struct Grade {
    std::string run;
    std::string from;
    std::string matched_by;  ///< identity, content
    std::string order;       ///< object, partition, key, none
    std::string lane_kind;   ///< object, partition
    std::vector<StreamGrade> streams;
    std::vector<LaneGrade> lanes;
    std::vector<Difference> examples;
    std::vector<std::string> notices;
    UnknownNames unknown_fields;  ///< landed records by shape and field
    uint64_t spilled_bytes = 0;
    std::optional<LetterGrade> letters;

    GradeCounts total() const;
    bool is_clean() const { return total().all_differences() == 0; }
};

/// Counts differences and keeps some of each kind and stream, to be told in full.
class GradeBook {
  public:
    /// `shapes` must outlive it. `parts` are the numbers of the parts that were sent.
    GradeBook(const std::vector<Shape>& shapes, std::vector<int> parts, size_t examples);
    /// Says what was set aside; may be null, and must outlive the book.
    void ask(const LetterBox* letters) { letters_ = letters; }
    /// Names the faults of a shape, by name and verb, in the order of an entry's bits.
    void know_faults(int shape, const std::vector<std::pair<std::string, std::string>>& faults);
    /// Counts strokes of a fault in what a part sent.
    void count_strokes(int shape, int part, size_t fault, uint64_t strokes);

    void count_sent(int shape, uint32_t part) { stream(shape, static_cast<int>(part)).counts.sent++; }
    void count_landed(int shape, uint32_t lane);
    void equal(int shape, const Entry& sent, const Entry& landed);
    void lost(int shape, const Entry& sent);
    /// Takes a line of a damaged record; of which stream is said by damaged().
    void land_damaged(uint32_t lane);
    /// Takes a damaged record: whether all of its lines have landed, and where they did once more.
    void damaged(int shape, const DamagedRecord& sent, bool has_landed, const std::vector<LandedLine>& again);
    void altered(int shape, const Entry& sent, const Entry& landed, bool by_content);
    void duplicated(int shape, const Entry& sent, const Entry& landed);
    void unexpected(int shape, const Entry& landed);
    void unreadable(uint32_t lane, uint64_t position, const std::string& reason, std::string_view bytes);
    void reordered(int shape, int part, uint32_t lane, uint64_t position, const std::string& reason);

    Grade& grade() { return grade_; }

  private:
    StreamGrade& stream(int shape, int part) {
        const size_t slots = parts_.size() + 1;
        return grade_
            .streams[static_cast<size_t>(shape + 1) * slots + (part < 0 ? slots - 1 : static_cast<size_t>(part))];
    }
    LaneGrade& lane(uint32_t lane) { return grade_.lanes[lane]; }
    Difference* example(DifferenceKind kind, int shape, const Entry* sent, const Entry* landed);
    void count(DifferenceKind kind, int shape, const Entry* sent, const Entry* landed);
    std::vector<std::string> faults_of(int shape, uint32_t struck);
    template <typename Visit>
    void each_fault(int shape, const Entry& sent, Visit visit);
    int part_without(int part) const { return parts_.size() == 1 ? 0 : part; }

    const std::vector<Shape>& shapes_;
    std::vector<int> parts_;
    const LetterBox* letters_ = nullptr;
    size_t examples_;
    std::map<std::pair<int, DifferenceKind>, size_t> kept_;
    Grade grade_;
};

}  // namespace headwater
