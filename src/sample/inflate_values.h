// For writing the expressions that draw values like those of a sample.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sample/sample.h"

namespace headwater {

/// Names that a new pack has given so far, so that none stands for two things.
class TakenNames {
  public:
    /// Takes the name, or one like it that is free and no name of a function or of the language.
    std::string take(const std::string& wanted);
    /// Marks a name as taken.
    void add(const std::string& name) { taken_.insert(name); }

  private:
    std::set<std::string> taken_;
};

/// What the streams of a new pack share.
struct NewSections {
    TakenNames names;
    std::string parameters, lists;  ///< lines of YAML
};

/// Makes a name of the language from any text.
std::string name_from(const std::string& text);
/// Writes text as a literal of an expression.
std::string expression_text(const std::string& text);
/// Writes a value behind a YAML key, in quotes where it needs them.
std::string yaml_value(const std::string& text);
/// Writes a text as a key of a YAML map.
std::string yaml_key(const std::string& text);
/// Spells a duration in whole units of the language, rounded down to seconds.
std::string spell_span(int64_t micros);

/// Writes values of one stream, and collects what stands beside them: parameters, lists, lets, types.
class ValueWriter {
  public:
    /// `of_entity`: values are fixed at birth and cannot read `time`.
    ValueWriter(NewSections& sections, const StreamLook& stream, bool of_entity);

    /// Gives the expression of a single value, nulls included; `path` is the dotted path of the field.
    std::string value(const FieldLook& field, const std::string& path);
    /// Gives the expression of the key: never twice the same.
    std::string key_value(const FieldLook& field, const std::string& path);
    /// Declares a type where the inferred one would differ.
    void declare(const FieldLook& field, const std::string& path);
    /// Gives the type of values of a map.
    static std::string map_type(const FieldLook& item);

    std::vector<std::pair<std::string, std::string>> lets;   ///< names and expressions
    std::vector<std::pair<std::string, std::string>> types;  ///< paths and types

  private:
    std::string plain_value(const FieldLook& field, const std::string& path);
    std::string text_value(const FieldLook& field, const std::string& path);
    std::optional<std::string> value_by_name(const FieldLook& field);
    std::string integer_value(const FieldLook& field, const std::string& path);
    std::string instant_value(const FieldLook& field);
    std::string date_value(const FieldLook& field, const std::string& path);
    std::string pick_from(const FieldLook& field, const std::string& path, bool of_numbers);
    std::string person(const std::string& member);
    std::string place(const std::string& member);
    void find_first_instant(const std::vector<FieldLook>& fields);

    NewSections& sections_;
    std::string stream_;
    bool of_entity_;
    bool has_time_ = false;      ///< the first instant was written
    int64_t first_instant_ = 0;  ///< its least value in the sample
    std::string person_, place_;
};

}  // namespace headwater
