// For reading what lies in a target: the objects of a folder or bucket, the records of topics.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headwater {

/// One object as its target lists it.
struct StoredObject {
    std::string name;  ///< relative to the target
    uint64_t bytes = 0;
};

/// Reads the objects of a target. Used by one thread at a time.
class ObjectSource {
  public:
    virtual ~ObjectSource() = default;
    /// Lists every object, in order of their names. A target that is not there is `invalid`.
    virtual Result<std::vector<StoredObject>> list() = 0;
    /// Appends at most `most` bytes of an object to `out`, from byte `at` on; fewer at the object's end alone.
    virtual Result<void> read(const StoredObject& object, uint64_t at, size_t most, std::string& out) = 0;
    /// Spells where an object is, as users do.
    virtual std::string address(const std::string& name) const = 0;
};

/// Where a partition of a topic begins and ends.
struct TopicRange {
    std::string topic;
    int32_t partition = 0;
    int64_t from = 0;
    int64_t to = 0;
};

/// One record of a topic; valid during a call.
struct TopicRecord {
    size_t range = 0;  ///< index
    int64_t offset = 0;
    std::string_view key;
    std::optional<std::string_view> value;  ///< none: a tombstone
    /// Gives the last header of a name, or none.
    std::function<std::optional<std::string_view>(const char* name)> header;
};

/// Reads topics. Used by one thread at a time.
class TopicSource {
  public:
    virtual ~TopicSource() = default;
    /// Gives the partitions of topics, with where they begin and end now. A topic that is not there is `invalid`.
    virtual Result<std::vector<TopicRange>> ranges(const std::vector<std::string>& topics) = 0;
    /// Shows every record of the ranges; of one partition in their order, which may hold fewer records than offsets. Ends
    /// early when `gives_up`, asked now and then, says so.
    virtual Result<void> read(const std::vector<TopicRange>& ranges,
                              const std::function<void(const TopicRecord&)>& show,
                              const std::function<bool()>& gives_up) = 0;
};

}  // namespace headwater
