// For breaking data on purpose: what a fault is, which options it has, and what it may do to a record.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/batch.h"

namespace headwater {

/// What a fault breaks.
enum class FaultGroup : uint8_t { records, schema, wire, traffic };

/// Says how an option is written.
enum class FaultOptionKind : uint8_t {
    durations,  ///< one, or a range that is drawn from: 200ms..800ms
    count,
    size,
    number,
    field,    ///< dotted path of a field of the stream
    fields,   ///< some of them
    word,     ///< text that stands for itself
    choice,   ///< one of FaultOption::choices
    changes,  ///< a map of names and texts
};

/// One option of a fault, as scenarios write it and the reference page prints it.
struct FaultOption {
    std::string_view name;
    FaultOptionKind kind;
    std::string_view fallback;  ///< as written; "" where it must be given, "-" where it may be absent
    std::string_view help;
    std::vector<std::string_view> choices = {};
};

/// The settled value of an option.
struct FaultValue {
    std::string text;                                          ///< field, word, choice
    int64_t low = 0;                                           ///< durations (microseconds), count, size
    int64_t high = 0;                                          ///< durations
    double number = 0;                                         ///< number
    std::vector<std::string> texts;                            ///< fields
    std::vector<std::pair<std::string, std::string>> changes;  ///< changes
};

/// When a fault may strike, in simulated time.
struct FaultWindow {
    int64_t from = INT64_MIN;    ///< microseconds
    int64_t length = INT64_MAX;  ///< of each occurrence
    int64_t every = 0;           ///< from one occurrence to the next; 0: there is one
    int64_t times = 1;           ///< occurrences

    bool holds(int64_t time) const {
        if (time < from) return false;
        const auto whole = [](int64_t number) { return static_cast<uint64_t>(number); };
        const uint64_t since = whole(time) - whole(from);
        if (every == 0) return length == INT64_MAX || since < whole(length);
        return since / whole(every) < whole(times) && since % whole(every) < whole(length);
    }
    /// Gives the end of the occurrence that holds `time`.
    int64_t end_of(int64_t time) const {
        if (length == INT64_MAX) return INT64_MAX;
        return from + (every == 0 ? 0 : (time - from) / every * every) + length;
    }
};

/// One fault, settled for one stream.
struct FaultPlan {
    std::string verb;
    std::string name;  ///< in answer key, manifest and metrics: the verb unless the scenario names it
    uint64_t key = 0;  ///< address of its draws
    double chance = 1;
    FaultWindow window;
    std::string condition;  ///< hidden column of the schema that says which records it may strike; "" = all
    std::map<std::string, FaultValue, std::less<>> options;
    std::string spelled;  ///< as the scenario writes it, for telling plans apart

    const FaultValue& option(std::string_view option_name) const;
};

class OutgoingBatch;
class OutgoingShape;

/// One stroke: which record, and where its draws come from.
struct Stroke {
    uint32_t row = 0;       ///< in the batch
    uint64_t base = 0;      ///< of the draws for this fault and record
    uint64_t key_base = 0;  ///< of the draws for this fault and the record's key or entity; where the fault is by key
    int64_t time = 0;       ///< of the record, microseconds
};

/// What a fault does, made of a FaultPlan. Immutable; any thread.
class Fault {
  public:
    virtual ~Fault() = default;
    /// Asks for what it needs of the stream; invalid where the stream has no such thing.
    virtual Result<void> prepare(OutgoingShape& shape) {
        (void)shape;
        return {};
    }
    /// Breaks one record, and says in the answer key what was true.
    virtual void strike(OutgoingBatch& batch, const Stroke& stroke) const = 0;
    /// True when records it strikes have a schema of their own, which reshape() makes.
    virtual bool reshapes() const { return false; }
    virtual void reshape(Schema& schema) const { (void)schema; }
    /// True when it breaks the bytes of the records it strikes.
    virtual bool damages() const { return false; }
    /// Breaks a record's bytes, without line end; each piece is delivered as a record of its own.
    virtual void damage(std::vector<std::string>& pieces, uint64_t base) const {
        (void)pieces;
        (void)base;
    }
    /// True when it may hold records back.
    virtual bool holds() const { return false; }
};

/// A kind of fault that scenarios can name.
struct FaultVerb {
    std::string_view name;
    FaultGroup group;
    std::string_view help;
    bool by_key = false;  ///< chance picks entities, or keys of a flat stream, instead of records
    std::vector<FaultOption> options = {};
    std::unique_ptr<Fault> (*make)(const FaultPlan& plan) = nullptr;
};

/// Makes a fault of its plan; what FaultVerb::make is for most of them.
template <typename T>
std::unique_ptr<Fault> make_fault(const FaultPlan& plan) {
    if constexpr (std::is_constructible_v<T, const FaultPlan&>)
        return std::make_unique<T>(plan);
    else
        return std::make_unique<T>();
}

/// Gives every verb, in the order of the reference page.
const std::vector<FaultVerb>& fault_verbs();
/// Finds a verb, or null.
const FaultVerb* find_fault_verb(std::string_view name);

/// Draws a duration of an option `low..high`, both included.
int64_t draw_duration(const FaultValue& value, uint64_t base, std::string_view place);
/// Spells a duration for the answer key: PT1M2.5S.
std::string spell_duration(int64_t micros);

}  // namespace headwater
