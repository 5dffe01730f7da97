// For keeping a run's checkpoints where a cut-off at any instant cannot take them: two copies, each record with its digest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/checkpoint.h"

namespace headwater {

/// The files `journal-0` and `journal-1` of a folder. Both hold the same records, a line each: digest, space, JSON, after
/// an empty line, so that a reader finds the next record behind a damaged one. A record is written to one file and made
/// durable before the other is touched. Used by one thread.
class Journal {
  public:
    /// Writes to a folder, which must be there.
    explicit Journal(std::string folder);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Reads both copies and gives all their records together, as one whole checkpoint; none when there is none. What is
    /// damaged in one copy is taken from the other; what is damaged in both ends the reading there.
    Result<std::optional<Checkpoint>> read() const;
    /// Begins anew with one whole checkpoint.
    Result<void> begin(Checkpoint whole);
    const std::string& folder() const { return folder_; }
    /// Removes both copies, and the states beside them; a journal that is not there is no error.
    Result<void> remove();
    /// Adds a record with the entries, windows and changes that are new; sets its sequence. Durable when it returns.
    Result<void> append(Checkpoint next);

  private:
    Result<void> rewrite(int copy, const std::string& text);
    Result<void> add(int copy, const std::string& text);
    std::string path(int copy) const;

    std::string folder_;
    Checkpoint all_;  ///< what read() would give
    int files_[2] = {-1, -1};
    uint64_t bytes_ = 0;        ///< of one copy
    uint64_t whole_bytes_ = 0;  ///< of the whole record that it begins with
};

}  // namespace headwater
