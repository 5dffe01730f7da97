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
    add(schema.fields, "", fields_);
    key_ = schema.key.empty() ? -1 : leaf_at(schema.key);
}

void Shape::add(const std::vector<Field>& fields, const std::string& prefix, std::vector<ShapeNode>& nodes) {
    for (const Field& field : fields) {
        const std::string path = prefix + field.name;
        ShapeNode& node = nodes.emplace_back();
        node.name = field.name;
        if (field.storage == Storage::record) {
            add(field.children, path + ".", node.children);
            continue;
        }
        node.leaf = static_cast<int>(leaves_.size());
        leaves_.push_back({path, field.type, key_of(path), ignored_.contains(path)});
    }
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

int likeliest(const std::vector<Shape>& shapes, const std::vector<std::string>& names) {
    int best = -1;
    double most = least_likeness;
    for (size_t i = 0; i < shapes.size(); ++i) {
        const double likeness = shapes[i].likeness(names);
        if (likeness <= most) continue;
        most = likeness;
        best = static_cast<int>(i);
    }
    return best;
}

}  // namespace headwater
