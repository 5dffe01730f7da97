// For what objects are called, and which records may share one by their time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "engine/objects.h"

namespace headwater {

/// Percent-encodes what is not a letter, a digit, - _ or . (and a dot in front), and cuts what is longer than 160 bytes.
std::string encode_name(std::string_view text);

/// Names the objects of one lane.
class ObjectNames {
  public:
    /// `ending` is the extension with that of the compression, without the first dot.
    ObjectNames(const Schema& schema, const LaneOptions& options, std::string ending);

    /// True when records of different periods must not share an object.
    bool by_period() const { return period_us_ != 0; }
    /// Gives the number of the period that `time` lies in; 0 when periods do not matter.
    int64_t period_of(int64_t time) const;
    /// Names an object while it is written: unique among the open objects of a lane.
    std::string hint(int64_t period, int64_t first_row) const;
    /// Names a finished object by its rows.
    std::string name(int64_t period, int64_t first_row, int64_t last_row) const;
    /// Names the object of a stream that has no records.
    std::string name_of_none(int64_t period) const;
    /// Names the object of one record; a key that came before, or may come in another part, gets the row behind it.
    std::string name_of_key(int64_t period, std::string_view key, int64_t row);
    /// Takes note of the name of an object that an earlier process finished.
    void remember(const std::string& name);
    /// Gives what all names begin and end with.
    std::string prefix() const;
    const std::string& ending() const { return ending_; }

  private:
    std::string folder(int64_t period) const;
    std::string rows(int64_t first_row, int64_t last_row) const;

    std::string stream_;
    std::string pack_;
    std::string folder_;
    std::string ending_;  ///< -<run>.<ending>
    std::string part_;    ///< in front of counted rows
    std::string part_of_none_;
    Layout layout_;
    bool parted_;
    int64_t period_us_ = 0;
    std::unordered_set<uint64_t> keys_;  ///< hashes of the names given by key: 16 to 40 bytes for each object
};

}  // namespace headwater
