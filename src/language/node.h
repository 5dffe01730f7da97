// For a YAML document as the language sees it: scalars, sequences and maps that know where they stand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {

/// A place in a file; line and column count from 1, column in code points.
struct Position {
    int line = 0;
    int column = 0;
    int file = 0;  ///< number of the file by Diagnostics, where it is not the one being read
};

/// A YAML value with its position. Immutable once parsed.
struct Node {
    enum class Kind : uint8_t { scalar, sequence, map };
    struct Entry;

    Kind kind = Kind::scalar;
    Position at;                 ///< of the first character of the value (after the quote for quoted scalars)
    std::string text;            ///< scalar: its content
    bool quoted = false;         ///< scalar: written in quotes or as a block scalar
    std::string comment;         ///< not kept; reserved
    std::vector<Node> items;     ///< sequence
    std::vector<Entry> entries;  ///< map, in order

    const Node* find(std::string_view key) const;
    bool is_scalar() const { return kind == Kind::scalar; }
    bool is_sequence() const { return kind == Kind::sequence; }
    bool is_map() const { return kind == Kind::map; }
    /// True for a plain scalar that YAML 1.2 (JSON schema) reads as null; `~` and empty count too.
    bool is_null() const;
    /// True for a scalar that begins with `=` and is therefore an expression.
    bool is_expression() const { return is_scalar() && !text.empty() && text[0] == '='; }
};

struct Node::Entry {
    std::string key;
    Position key_at;
    Node value;
};

}  // namespace headwater
