// For what an expression means while a pack is compiled: a value in a register, a record, a list, a kind of entity.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/program.h"

namespace headwater {

struct Meaning;
class EntityKind;
class StreamRows;

/// A list that is fixed when the plan is made: scalars (one column without name) or records.
struct ConstantList {
    std::string name;
    int64_t size = 0;
    bool records = false;
    std::vector<std::string> columns;                  ///< one empty name when not records
    std::vector<Type> types;                           ///< by column
    std::vector<std::shared_ptr<const Table>> values;  ///< by column
    std::shared_ptr<const Table> weights;              ///< alias and f64 weights, or null for equal ones
    std::shared_ptr<const EntityKind> entities;        ///< items are entities; the only column holds their numbers
};

/// A record whose members are compiled when they are read.
struct RecordMeaning {
    std::vector<std::string> names;
    std::function<Meaning(const std::string& name)> member;
};

/// One piece of a text that is not printed yet: a literal, then a value.
struct PartMeaning {
    std::string literal;
    std::shared_ptr<const Meaning> value;  ///< may be null
};

/// How a text is held.
enum class TextForm : uint8_t {
    view,   ///< `reg` is a text register
    index,  ///< `reg` is an index into `texts`
    parts,  ///< `parts`, not yet printed
    hex,    ///< `reg` is a word, printed as 16 hex digits
};

/// The compile-time meaning of an expression.
struct Meaning {
    enum class Is : uint8_t { broken, scalar, record, list, items, kind, stream, curve, pack };

    Is is = Is::broken;
    Type type;                ///< scalar; record and items: filled by layout
    Reg reg = no_reg;         ///< scalar
    Reg null = no_reg;        ///< mask, 1 = null; for scalars, records and lists
    int64_t low = INT64_MIN;  ///< bounds of integer-held values
    int64_t high = INT64_MAX;
    bool literal_number = false;  ///< a number as written: takes the type of what it meets; `type` is its own reading
    bool plain = false;           ///< text needs no escape in JSON

    TextForm text_form = TextForm::view;
    std::shared_ptr<const Table> texts;
    std::vector<PartMeaning> parts;

    std::shared_ptr<const RecordMeaning> record;
    std::shared_ptr<const ConstantList> list;  ///< is list; or the list that a record is a row of
    std::shared_ptr<const EntityKind> kind;    ///< is kind; or the kind of an entity
    Reg identity = no_reg;                     ///< entity: number from 1; row of a list: index from 0

    int frame = -1;                       ///< items: the frame of the list
    std::shared_ptr<const Meaning> item;  ///< items: one item, in that frame

    std::shared_ptr<const StreamRows> rows;  ///< is stream
    std::string name;                        ///< stream, curve, pack, kind: its name

    bool broken() const { return is == Is::broken; }
    bool scalar() const { return is == Is::scalar; }
    bool is_kind_of(Kind wanted) const { return scalar() && type.kind == wanted; }
};

/// Makes a scalar in a register.
inline Meaning scalar(Type type, Reg reg, Reg null = no_reg) {
    Meaning meaning;
    meaning.is = Meaning::Is::scalar;
    meaning.type = std::move(type);
    meaning.reg = reg;
    meaning.null = null;
    return meaning;
}

inline Type type_of(Kind kind) {
    Type type;
    type.kind = kind;
    return type;
}

inline Type decimal_type(int scale) {
    Type type;
    type.kind = Kind::decimal;
    type.scale = static_cast<uint8_t>(scale);
    return type;
}

}  // namespace headwater
