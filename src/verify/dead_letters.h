// For grading what a platform set aside: which of its dead letters are wrong records, and which wrong records it let pass.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "sink/reading.h"
#include "verify/answers.h"
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

/// One label or fault, and how many of its records were set aside.
struct CaughtCounts {
    std::string name;  ///< as Answers::names
    uint64_t records = 0;
    uint64_t caught = 0;
};

/// What was found of the dead letters.
struct LetterGrade {
    uint64_t letters = 0;
    uint64_t unreadable = 0;  ///< whose original is no record
    uint64_t unknown = 0;     ///< whose original was never sent
    uint64_t marked = 0;      ///< whose original has a label or fault
    std::vector<CaughtCounts> caught;
    std::map<std::string, std::map<std::string, uint64_t>> reasons;  ///< letters by reason and name; "" for no name
};

/// Collects dead letters, and then looks for their originals among what was sent. 80 bytes of memory for a letter.
class LetterBox {
  public:
    explicit LetterBox(LetterForm form) : form_(std::move(form)) {}

    /// Reads topics, or objects of JSON lines.
    Result<void> read(TopicSource& source, const std::vector<std::string>& topics, const std::vector<Shape>& shapes);
    Result<void> read(ObjectSource& source, const std::vector<Shape>& shapes);

    /// Looks at a record that was sent: true when it is among the letters.
    bool holds(const Entry& sent) const;
    /// Takes note of a record that was sent and is among the letters.
    void note(const Entry& sent);
    LetterGrade grade(const Answers& answers) const;

  private:
    struct Hash {
        size_t operator()(const ValueHash& hash) const { return hash.low; }
    };
    struct Letter {
        ValueHash sent;  ///< identity of the original among what was sent; null: not found
        uint32_t reason = 0;
    };
    void add(std::string_view value, const std::function<std::optional<std::string_view>(const char*)>& header,
             LandedRecord& record);
    const Letter* find(const Entry& sent) const;

    LetterForm form_;
    JsonRecords json_;
    std::vector<Letter> letters_;
    std::unordered_map<ValueHash, uint32_t, Hash> by_identity_, by_digest_;  ///< letter
    std::vector<std::string> reasons_;
    std::map<std::string, uint32_t, std::less<>> reason_numbers_;
    uint64_t unreadable_ = 0;
};

}  // namespace headwater
