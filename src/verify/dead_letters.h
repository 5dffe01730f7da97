// For grading what a platform set aside: which of its dead letters are wrong records, and which wrong records it let pass.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/stop.h"
#include "sink/reading.h"
#include "verify/answers.h"
#include "verify/damaged_lines.h"
#include "verify/json_record.h"
#include "verify/landed_record.h"

namespace headwater {

/// Where something stands in a dead letter: `value`, `header:NAME`, or `json:PATH` with dots inside the value.
struct LetterPlace {
    enum class Kind : uint8_t { nowhere, value, header, json } kind = Kind::nowhere;
    std::string name;

    /// Reads a place as it is typed.
    static Result<LetterPlace> read(const std::string& text);
};

/// What a dead letter is made of.
struct LetterForm {
    LetterPlace original{LetterPlace::Kind::value, ""};
    LetterPlace reason;
};

/// One label or fault, how many of its records were set aside, and how well the reasons that stand for it are given.
struct CaughtCounts {
    std::string name;  ///< as Answers::names
    uint64_t records = 0;
    uint64_t caught = 0;
    uint64_t letters = 0;   ///< whose reason stands for it
    uint64_t carrying = 0;  ///< of these, of records that have it
};

/// A reason that letters give. It stands for the label or fault that most of its letters' records have.
struct ReasonCounts {
    std::string reason;
    std::string name;  ///< that it stands for; empty where none of its letters' records has any
    uint64_t letters = 0;
    uint64_t carrying = 0;                 ///< of records that have it
    std::map<std::string, uint64_t> of{};  ///< letters by label and fault; "" for none
};

/// What was found of the dead letters.
struct LetterGrade {
    uint64_t letters = 0;
    uint64_t unreadable = 0;  ///< whose original is no record
    uint64_t unknown = 0;     ///< whose original was never sent
    uint64_t marked = 0;      ///< whose original has a label or fault
    std::vector<CaughtCounts> caught;
    std::vector<ReasonCounts> reasons;  ///< in alphabetical order
};

/// Collects dead letters, and then looks for their originals among what was sent. 80 bytes of memory for a letter.
class LetterBox {
  public:
    explicit LetterBox(LetterForm form) : form_(std::move(form)) {}

    /// Reads topics, or objects of JSON lines, until a stop is asked for.
    Result<void> read(TopicSource& source, const std::vector<std::string>& topics, const std::vector<Shape>& shapes,
                      const StopToken& stop);
    Result<void> read(ObjectSource& source, const std::vector<Shape>& shapes, const StopToken& stop);

    /// Looks at a record that was sent: true when it is among the letters.
    bool holds(const Entry& sent) const;
    bool holds(const DamagedRecord& sent) const;
    /// Takes note of a record that was sent and is among the letters.
    void note(const Entry& sent);
    void note(const DamagedRecord& sent);
    /// `gone` names the faults whose records were never sent: nobody could set those aside.
    LetterGrade grade(const Answers& answers, const std::set<std::string>& gone);

  private:
    struct Hash {
        size_t operator()(const ValueHash& hash) const { return hash.low; }
    };
    static constexpr uint32_t nobody = UINT32_MAX;
    struct Letter {
        ValueHash sent;  ///< identity of the original among what was sent; null: not found
        uint32_t reason = 0;
        uint32_t next_named = nobody;  ///< letter whose original has the same identity
        uint32_t next_alike = nobody;  ///< letter whose original has the same content
        bool is_unreadable = false;
    };
    void add(std::string_view value, const std::function<std::optional<std::string_view>(const char*)>& header,
             LandedRecord& record);
    using Next = uint32_t Letter::*;
    template <typename Map, typename Key>
    void link(Map& letters, const Key& key, uint32_t letter, Next next);
    void mark_named(uint32_t first, const ValueHash& sent);
    void mark_next_alike(uint32_t& first, const ValueHash& sent);
    void spread();

    LetterForm form_;
    JsonRecords json_;
    std::vector<Letter> letters_;
    std::unordered_map<ValueHash, uint32_t, Hash> by_identity_, by_digest_;  ///< letter
    std::unordered_map<uint64_t, uint32_t> by_line_;                         ///< letter whose original is no record
    std::vector<std::string> reasons_;
    std::map<std::string, uint32_t, std::less<>> reason_numbers_;
};

}  // namespace headwater
