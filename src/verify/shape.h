// For the places of a record that are compared: a schema with its records flattened, and found by name.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/type.h"

namespace headwater {

/// One value of a record that is compared; lists and maps are compared as a whole.
struct Leaf {
    std::string path;  ///< dotted
    Type type;
    uint64_t place = 0;  ///< where its hash counts
    bool is_ignored = false;
    bool is_retyped =
        false;  ///< versions of the schema differ in its type: values are read from their text, however rendered
};

/// A field by name: a leaf, or a record with fields of its own.
struct ShapeNode {
    std::string name;
    int leaf = -1;          ///< -1: a record
    bool is_plain = false;  ///< the name is spelled in JSON as it is
    std::vector<ShapeNode> children;
};

/// What records of one stream are made of.
class Shape {
  public:
    /// Takes the fields of all versions of the schema; `ignored` holds dotted paths that are not compared.
    Shape(const Schema& schema, const std::set<std::string>& ignored);

    const std::string& stream() const { return stream_; }
    const std::vector<Leaf>& leaves() const { return leaves_; }
    const std::vector<ShapeNode>& fields() const { return fields_; }
    /// Finds a field among its siblings, looking first behind the one found last.
    static const ShapeNode* find(const std::vector<ShapeNode>& among, std::string_view name, size_t& hint);
    /// Gives the leaf of a dotted path, or -1.
    int leaf_at(std::string_view path) const;
    /// True for a path that is not compared, whether the schema has it or not.
    bool ignores(std::string_view path) const { return ignored_.contains(path); }
    /// Gives the leaves of a version of the schema in the order of its fields; of the only one where there is one.
    const std::vector<int>& leaves_of(int version) const;
    /// Gives the leaves of the first version with so many; null where there is none.
    const std::vector<int>* leaves_by_count(size_t count) const;
    /// Gives the leaf of the key, or -1 where the stream has none among its fields.
    int key() const { return key_; }
    /// Says how well the names of a record's fields are those of this stream: 0 not at all, 1 exactly.
    double likeness(const std::vector<std::string>& names) const;

  private:
    void add(const Schema& schema);
    void add(const std::vector<Field>& fields, const std::string& prefix, std::vector<ShapeNode>& nodes);
    void retype(Leaf& leaf, const Type& type);

    std::string stream_;
    std::vector<Leaf> leaves_;
    std::vector<ShapeNode> fields_;
    std::vector<std::pair<int, std::vector<int>>> versions_;  ///< number of each version, its leaves
    std::set<std::string, std::less<>> ignored_;
    int key_ = -1;
};

/// Gives the shape that the names fit best, or -1 where they fit none. Of those that they fit alike, as they do changes of
/// tables, it is the one whose stream gave its name to a part of the path `where`.
int likeliest(const std::vector<Shape>& shapes, const std::vector<std::string>& names, std::string_view where = "");

}  // namespace headwater
