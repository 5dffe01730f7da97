// For one record of a copy while it is read: its fields come in any order and become an entry, or texts for a report.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/entry.h"

namespace headwater {

/// Who a record says that it is.
struct ClaimedIdentity {
    std::string run;
    std::string stream;  ///< pack.stream
    RowName row;
};

/// Reads run/pack.stream/row, where row is a number or entity-ordinal; false where it is none.
bool read_identity(std::string_view text, ClaimedIdentity& identity);
/// Reads a row as identities spell it.
std::optional<RowName> read_row(std::string_view text);

/// A field as it was found, for people.
struct FoundField {
    std::string path;
    std::string text;
    bool operator==(const FoundField&) const = default;
};

/// Counts of records by shape and name of a field that the shape does not have.
using UnknownNames = std::map<std::pair<int, std::string>, uint64_t>;

/// Collects the fields of one record after the other. Used by one thread.
class LandedRecord {
  public:
    /// With `keeps_texts` the fields are kept as they were found, too. Shapes must outlive it.
    LandedRecord(const std::vector<Shape>& shapes, bool keeps_texts);

    /// Begins a record of a shape.
    void begin(int shape);
    void set(int leaf, const ValueHash& value) {
        const Leaf& one = shape_->leaves()[static_cast<size_t>(leaf)];
        if (one.is_ignored) return;
        const ValueHash at = placed(value, one.place);
        entry()->digest += at;
        entry()->fields()[leaf] += short_hash(at);  // a field that comes twice is another value
    }
    /// Adds a field that the stream does not have.
    void set_unknown(std::string_view path, const ValueHash& value);
    /// Keeps a field as it was found; only where keeps_texts().
    void add_text(std::string_view path, std::string_view found) {
        if (!shape_->ignores(path)) texts_.push_back({std::string(path), std::string(found)});
    }
    /// Takes note of what the column `_headwater` says.
    void claim(std::string_view text) { claimed_ = text; }
    /// Takes note of what headers say.
    void claim(ClaimedIdentity identity) {
        identity_ = std::move(identity);
        has_identity_ = true;
    }

    const std::vector<Shape>& shapes() const { return shapes_; }
    int shape() const { return index_; }
    const Shape& shape_of() const { return *shape_; }
    bool keeps_texts() const { return keeps_texts_; }
    /// Settles who the record says it is; gives it, or null. A column that is no identity counts as a field.
    const ClaimedIdentity* settle_identity();
    Entry* entry() { return reinterpret_cast<Entry*>(room_.data()); }
    const std::vector<FoundField>& texts() const { return texts_; }
    /// Counts records by the names of fields that their stream does not have.
    const std::shared_ptr<const UnknownNames>& unknown_names() const { return counted_names_; }

  private:
    const std::vector<Shape>& shapes_;
    bool keeps_texts_;
    int index_ = -1;
    const Shape* shape_ = nullptr;
    std::vector<uint64_t> room_;
    std::string claimed_;
    ClaimedIdentity identity_;  ///< its memory is used again
    bool has_identity_ = false;
    std::vector<FoundField> texts_;
    std::shared_ptr<UnknownNames> unknown_names_ = std::make_shared<UnknownNames>();
    std::shared_ptr<const UnknownNames> counted_names_ = unknown_names_;
};

}  // namespace headwater
