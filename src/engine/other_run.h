// For noticing that a folder or prefix holds what another run wrote or is writing, and for taking away what one left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/sink.h"

namespace headwater {

/// What another run left, as its manifest tells.
struct OtherRun {
    std::string run;
    std::vector<std::string> names;  ///< of its objects and of the manifest itself
};

/// Which of several parts of a run somebody is.
struct PartOfRun {
    std::string run;
    std::string command;
    int part = 0;
    int parts = 1;
};

/// Reads the manifest that lies in a target that is open; none where there is none, or only one that `own` wrote.
Result<std::optional<OtherRun>> find_other_run(ObjectSink& sink, const PartOfRun& own);

/// Removes all that it names.
Result<void> remove_other_run(ObjectSink& sink, const OtherRun& other);

/// Gives .headwater-writing, or .headwater-writing-<part>-of-<parts>: the small object that lies hidden beside those of a run until
/// its manifest lies there.
std::string writing_name(int part, int parts);

/// Names the run that is writing to a target that is open, or was cut off there; none where that is `own` or nobody.
Result<std::optional<std::string>> find_writer(ObjectSink& sink, const PartOfRun& own);

/// Shows that `own` is writing there.
Result<void> show_writer(ObjectSink& sink, const PartOfRun& own);

/// Takes away what shows that `own` is writing there.
Result<void> hide_writer(ObjectSink& sink, const PartOfRun& own);

/// Writes a small object.
Result<void> put_object(ObjectSink& sink, const std::string& name, std::string_view bytes);

}  // namespace headwater
