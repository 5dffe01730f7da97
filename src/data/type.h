// For saying what a value is: the types of the pack language, and how a field of a record is laid out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace headwater {

/// Lists the types a user can name.
enum class Kind : uint8_t {
    null,  ///< only the value null; takes the type of what it meets
    boolean,
    integer,   ///< 64 bits
    real,      ///< IEEE double, printed shortest
    decimal,   ///< scaled 64-bit integer
    text,      ///< UTF-8
    uuid,      ///< 16 bytes
    date,      ///< days since 1970-01-01
    instant,   ///< microseconds since 1970-01-01T00:00:00Z
    duration,  ///< microseconds
    enumeration,
    list,
    record,
    map,  ///< text keys
};

/// Says how an instant is printed; Parquet and Avro keep the unit and ignore the rest.
enum class InstantForm : uint8_t {
    iso,     ///< 2026-11-01T00:00:00.000Z
    offset,  ///< 2026-11-01T00:00:00.000+00:00
    local,   ///< 2026-11-01T00:00:00.000 (UTC, unmarked)
    epoch,   ///< a number since 1970
};

/// Counts of a second: s, ms, us.
enum class TimeUnit : uint8_t { second, milli, micro };

struct Field;

/// A type of the language, whole: with digits, unit, symbols or inner fields where it has them.
struct Type {
    Kind kind = Kind::null;
    uint8_t scale = 0;                    ///< decimal: digits after the point, 0..18
    InstantForm form = InstantForm::iso;  ///< instant
    TimeUnit unit = TimeUnit::milli;      ///< instant, duration
    std::vector<std::string> symbols;     ///< enumeration, in order of declaration
    std::vector<Field> fields;            ///< record: its fields; list: [item]; map: [value]
};

/// Texts that a column refers to by index, fixed when the plan is made.
struct Dictionary {
    std::vector<std::string> values;
};

/// Says how the values of a column lie in memory.
enum class Storage : uint8_t {
    u8,       ///< uint8_t: booleans (0, 1)
    i32,      ///< int32_t: integers, decimals, dates
    i64,      ///< int64_t: integers, decimals, instants, durations
    f64,      ///< double
    uuid,     ///< 16 bytes in printing order
    hex64,    ///< uint64_t: text of 16 lower-case hex digits
    text,     ///< TextView
    index8,   ///< uint8_t into `dictionary`
    index32,  ///< int32_t into `dictionary`
    literal,  ///< no memory: every row has `literal`
    cut,      ///< template: `children` are its parts, printed one after the other without separators
    record,   ///< `children` are the fields
    list,     ///< offsets; `children[0]` is the item
    map,      ///< offsets; `children[0]` is the text key, `children[1]` the value
};

/// Text that lives elsewhere: in a constant table or in the batch's arena.
struct TextView {
    const char* data = nullptr;
    uint32_t size = 0;
    uint32_t reserved = 0;
};
static_assert(sizeof(TextView) == 16);

/// A named, typed column of a stream, and where its memory is found in a Batch.
struct Field {
    std::string name;
    Type type;
    bool nullable = false;
    bool pii = false;    ///< tagged as personal data
    bool plain = false;  ///< text known to need no escape in JSON (printable ASCII without " and \)
    Storage storage = Storage::i64;
    std::shared_ptr<const Dictionary> dictionary;  ///< index8, index32
    std::string literal;                           ///< literal: the text itself, or "" with type null
    std::vector<Field> children;                   ///< as Storage says
    int slot = -1;                                 ///< index into Batch::slots; -1 where there is no memory
    int64_t low = INT64_MIN;                       ///< bounds of integer-stored values, for digit planning
    int64_t high = INT64_MAX;
};

struct Schema;

/// A later version of a schema, and since when records have it.
struct SchemaVersion {
    int64_t from = 0;  ///< event time of its first record, microseconds
    std::shared_ptr<const Schema> schema;
};

/// The record type of a stream; top-level columns in order.
struct Schema {
    std::string stream;  ///< pack.stream
    int version = 1;
    std::vector<Field> fields;
    int slot_count = 0;
    std::string key;            ///< dotted path of the key field; empty when there is none
    std::vector<Field> hidden;  ///< columns that are not emitted: a key that is no field, called (key)
    bool is_of_table = false;   ///< records are changes of the rows of a table: op, at, before, after
    std::string late;           ///< hidden column: how much behind its time a record arrives; empty where none does
    int64_t most_late = 0;      ///< bound of that, microseconds
    std::vector<SchemaVersion> versions;  ///< those that follow this one, by instant; their slots are of one numbering
};

/// Counts the later versions of a schema that have begun by an instant.
inline size_t versions_begun(const Schema& schema, int64_t time) {
    size_t begun = 0;
    while (begun < schema.versions.size() && time >= schema.versions[begun].from) ++begun;
    return begun;
}

/// Gives the version of a schema that records of an instant have.
inline const Schema& version_at(const Schema& schema, int64_t time) {
    const size_t begun = versions_begun(schema, time);
    return begun == 0 ? schema : *schema.versions[begun - 1].schema;
}

/// Prints a type as the language spells it: `decimal(2)`, `list of text`, `instant(ms)`.
std::string spell(const Type& type);

}  // namespace headwater
