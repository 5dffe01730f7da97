// For reading a landed copy, whatever it lies in: record by record, in the order of each object or partition.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/kind.h"
#include "sink/reading.h"
#include "verify/landed_record.h"

namespace headwater {

/// Receives the records of a copy.
class CopyReceiver {
  public:
    virtual ~CopyReceiver() = default;
    /// Begins an object or a partition, which is called by its name; gives its number. Its positions begin with `first`;
    /// where lanes are read beside each other, `end` is behind the last one, else 0.
    virtual uint32_t begin_lane(const std::string& name, uint64_t first, uint64_t end) = 0;
    /// Takes a record at a position; positions of a lane only grow.
    virtual void take(uint32_t lane, uint64_t position, LandedRecord& record) = 0;
    /// Takes note of bytes that are no record, or of no stream (`reason` says so), at a position.
    virtual void take_unreadable(uint32_t lane, uint64_t position, const std::string& reason,
                                 std::string_view bytes) = 0;
    /// True when nothing more is wanted.
    virtual bool gives_up() const { return false; }
    /// True where records were damaged on purpose, so that lines are to be looked at before they are read.
    virtual bool expects_damage() const { return false; }
    /// True for a line, without blanks around it, that such a record was made.
    virtual bool knows(std::string_view line) const {
        (void)line;
        return false;
    }
    /// Takes a line that it knows. False when there are more of it than were sent: then it is read as a record all the same.
    virtual bool take_damaged(uint32_t lane, uint64_t position, std::string_view line) {
        (void)lane, (void)position, (void)line;
        return false;
    }
};

/// Which records are wanted: positions by the name of their lane.
using CopySelection = std::map<std::string, std::set<uint64_t>>;

/// How a copy is written, where that cannot be seen.
struct CopyOptions {
    const FormatKind* format = nullptr;       ///< null: found out object by object
    const FormatKind* sent_format = nullptr;  ///< of the run: of objects whose first line is damaged
    char delimiter = 0;                       ///< of CSV; 0: found out
    std::vector<std::string> objects;         ///< names of the objects to read; empty: all
};

/// A landed copy. Used by one thread; may be read several times.
class Copy {
  public:
    virtual ~Copy() = default;
    /// Shows every record, or those of `selection` with their texts. Fails where the copy cannot be read at all; an object
    /// that is damaged is told to the receiver and does not end the reading.
    virtual Result<void> read(const std::vector<Shape>& shapes, CopyReceiver& receiver,
                              const CopySelection* selection) = 0;
    /// Says what an order of records is kept in: object or partition.
    virtual std::string lane_kind() const = 0;
};

/// Makes a copy of objects.
std::unique_ptr<Copy> make_object_copy(std::unique_ptr<ObjectSource> source, CopyOptions options);

/// Makes a copy of topics, one for each shape or one for all of them.
std::unique_ptr<Copy> make_topic_copy(std::unique_ptr<TopicSource> source, std::vector<std::string> topics,
                                      CopyOptions options);

}  // namespace headwater
