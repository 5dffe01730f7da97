// For what a sample shows: values as they are seen, and the look of each field that follows from them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/type.h"

namespace headwater {

/// Records of a sample beyond these are not looked at.
inline constexpr int64_t most_sample_records = 100'000;
/// Distinct values of a field that a new pack keeps.
inline constexpr size_t most_choices = 100;

/// What is known of one field.
struct FieldLook {
    enum class Is {
        unknown,
        boolean,
        integer,
        decimal,
        real,
        text,
        uuid,
        email,
        phone,
        ipv4,
        url,
        hex,
        date,
        instant,
        spaced_instant,
        record,
        list,
        map
    };

    std::string name;
    Is is = Is::unknown;
    bool nullable = false;
    double null_share = 0;      ///< of the values seen; schemas leave a guess
    int64_t seen = 0;           ///< values that were not null; 0 for a schema
    bool is_distinct = true;    ///< no value was seen twice
    int64_t low = 0, high = 0;  ///< integer; decimal times 10^scale; date in days; instant in us; hex and text: size
    double real_low = 0, real_high = 1;
    int scale = 0;  ///< decimal
    double true_share = 0.5;
    std::vector<std::pair<std::string, int64_t>> choices;  ///< texts or whole numbers and how often each was seen
    bool choices_are_all = false;                          ///< they repeat, so nothing else is expected
    std::string pattern;                                   ///< text: as pattern() reads it, or empty
    TimeUnit unit = TimeUnit::milli;
    InstantForm form = InstantForm::iso;
    std::vector<FieldLook> children;  ///< record: members; list: the item; map: the value
    int64_t least = 1, most = 3;      ///< items of a list
    bool is_key = false;
    std::string refers_to;  ///< table of which this is the key
    std::string refers_to_column;
};

/// Records of one stream or table.
struct StreamLook {
    std::string name;
    std::vector<FieldLook> fields;
};

/// Values of one place of a sample, as they are seen.
class Observed {
  public:
    void add_null() { ++nulls_; }
    void add_boolean(bool value) { ++(value ? trues_ : falses_); }
    /// Adds a number as it is written.
    void add_number(std::string digits) { numbers_.push_back(std::move(digits)); }
    void add_text(std::string text) { texts_.push_back(std::move(text)); }
    /// Adds an object; gives the place of a member of it.
    void add_object() { ++objects_; }
    Observed& member(const std::string& name);
    /// Adds a list of so many items; gives the place of all items.
    Observed& add_list(int64_t items);
    /// Gives what all values together look like.
    FieldLook look(const std::string& name) const;

  private:
    int64_t seen() const;

    int64_t nulls_ = 0, trues_ = 0, falses_ = 0, objects_ = 0, lists_ = 0;
    int64_t least_ = INT64_MAX, most_ = 0;
    std::vector<std::string> numbers_, texts_;
    std::vector<std::string> names_;
    std::map<std::string, std::unique_ptr<Observed>> members_;
    std::unique_ptr<Observed> item_;
};

/// Gives the look of texts, or of what they spell: identifiers, addresses, dates, instants, patterns.
void look_at_texts(const std::vector<std::string>& texts, FieldLook& look);
/// Gives the look of numbers as they are written.
void look_at_numbers(const std::vector<std::string>& numbers, FieldLook& look);
/// True for a number as JSON writes it.
bool is_json_number(std::string_view text);
/// Splits the words of a name, in lower case: customerId, customer-id and CUSTOMER_ID are customer, id.
std::vector<std::string> words_of_name(std::string_view name);

/// Read a sample; each fails as `invalid` with what is wrong.
Result<std::vector<StreamLook>> look_at_json(const std::string& text, const std::string& name);
Result<std::vector<StreamLook>> look_at_csv(const std::string& text, const std::string& name);
Result<std::vector<StreamLook>> look_at_avro(const std::string& text);
Result<std::vector<StreamLook>> look_at_ddl(const std::string& text);

}  // namespace headwater
