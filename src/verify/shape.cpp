// For the places of a record that are compared: a schema with its records flattened, and found by name.
#include "verify/shape.h"

#include <algorithm>

#include "base/random.h"

namespace headwater {

namespace {

/// What a stream's name fits less well than this is not of that stream.
constexpr double least_likeness = 0.3;

}  // namespace

Shape::Shape(const Schema& schema, const std::set<std::string>& ignored)
    : stream_(schema.stream), ignored_(ignored.begin(), ignored.end()) {
    add(schema);
    for (const SchemaVersion& later : schema.versions) add(*later.schema);
    key_ = schema.key.empty() ? -1 : leaf_at(schema.key);
}

void Shape::add(const Schema& schema) {
    versions_.push_back({schema.version, {}});
    add(schema.fields, "", fields_);
}

const std::vector<int>& Shape::leaves_of(int version) const {
    const auto found = std::ranges::find(versions_, version, &std::pair<int, std::vector<int>>::first);
    return found == versions_.end() ? versions_.back().second : found->second;
}

const std::vector<int>* Shape::leaves_by_count(size_t count) const {
    const auto found = std::ranges::find_if(versions_, [&](const auto& one) { return one.second.size() == count; });
    return found == versions_.end() ? nullptr : &found->second;
}

void Shape::add(const std::vector<Field>& fields, const std::string& prefix, std::vector<ShapeNode>& nodes) {
    for (const Field& field : fields) {
        const std::string path = prefix + field.name;
        const auto known = std::ranges::find(nodes, field.name, &ShapeNode::name);
        ShapeNode& node = known != nodes.end() ? *known : nodes.emplace_back();
        node.name = field.name;
        node.is_plain = field.name.find_first_of("\"\\") == std::string::npos;
        if (field.storage == Storage::record) {
            add(field.children, path + ".", node.children);
            continue;
        }
        if (node.leaf >= 0) {
            versions_.back().second.push_back(node.leaf);
            retype(leaves_[static_cast<size_t>(node.leaf)], field.type);
            continue;
        }
        node.leaf = static_cast<int>(leaves_.size());
        versions_.back().second.push_back(node.leaf);
        leaves_.push_back({path, field.type, key_of(path), ignored_.contains(path)});
    }
}

/// Takes the type that explains most of what values of either are written as: numbers before texts, finer before coarser.
void Shape::retype(Leaf& leaf, const Type& type) {
    if (spell(leaf.type) == spell(type)) return;
    leaf.is_retyped = true;
    const auto fineness = [](const Type& one) {
        switch (one.kind) {
            case Kind::text: return -2;
            case Kind::enumeration: return -1;
            case Kind::integer: return 1;
            case Kind::decimal: return 1 + one.scale;
            case Kind::real: return 100;
            default: return 0;
        }
    };
    if (fineness(type) > fineness(leaf.type)) leaf.type = type;
}

const ShapeNode* Shape::find(const std::vector<ShapeNode>& among, std::string_view name, size_t& hint) {
    for (size_t i = 0; i < among.size(); ++i) {
        const size_t at = hint + i < among.size() ? hint + i : hint + i - among.size();
        if (among[at].name != name) continue;
        hint = at + 1 < among.size() ? at + 1 : 0;
        return &among[at];
    }
    return nullptr;
}

int Shape::leaf_at(std::string_view path) const {
    auto leaf = std::ranges::find(leaves_, path, &Leaf::path);
    return leaf == leaves_.end() ? -1 : static_cast<int>(leaf - leaves_.begin());
}

double Shape::likeness(const std::vector<std::string>& names) const {
    size_t known = 0, foreign = 0;
    for (const std::string& name : names) {
        if (name == "_headwater" || ignores(name)) continue;
        const bool is_known = std::ranges::find(fields_, name, &ShapeNode::name) != fields_.end() || leaf_at(name) >= 0;
        ++(is_known ? known : foreign);
    }
    const size_t all = std::max(fields_.size(), known) + foreign;
    return all == 0 ? 0 : static_cast<double>(known) / static_cast<double>(all);
}

namespace {

/// True where a part of a path, between / and dots, is the name of a stream without its pack.
bool lies_in(std::string_view where, const Shape& shape) {
    const std::string& stream = shape.stream();
    const std::string_view name = std::string_view(stream).substr(stream.rfind('.') + 1);
    while (!where.empty()) {
        const size_t end = std::min(where.find_first_of("/."), where.size());
        if (where.substr(0, end) == name) return true;
        where.remove_prefix(std::min(end + 1, where.size()));
    }
    return false;
}

}  // namespace

int likeliest(const std::vector<Shape>& shapes, const std::vector<std::string>& names, std::string_view where) {
    int best = -1;
    double most = least_likeness;
    for (size_t i = 0; i < shapes.size(); ++i) {
        const double likeness = shapes[i].likeness(names);
        const bool is_nearer = best >= 0 && likeness == most && lies_in(where, shapes[i]) &&
                               !lies_in(where, shapes[static_cast<size_t>(best)]);
        if (likeness <= most && !is_nearer) continue;
        most = likeness;
        best = static_cast<int>(i);
    }
    return best;
}

}  // namespace headwater
