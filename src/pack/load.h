// For turning a name or a file into a plan: finding packs, parsing, checking, compiling.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/option.h"
#include "base/result.h"
#include "language/diagnostic.h"
#include "pack/library.h"
#include "pack/plan.h"

namespace headwater {

/// Everything the command line (or REST) says about a run; what is absent comes from the scenario or the defaults.
struct LoadRequest {
    std::string what;                       ///< pack name, pack file, or scenario file
    std::optional<std::string> text;        ///< a scenario's text in place of its file, from somebody who may not read
                                            ///< files or variables of this machine; `what` is what messages call it
    std::vector<std::string> pack_folders;  ///< built-in packs come behind those of the folders
    const PackShelf* shelf = nullptr;       ///< packs that come before them; none: there are no such
    std::vector<std::pair<std::string, std::string>> set;  ///< --set k=v (or pack.k=v)
    std::optional<uint64_t> seed;
    std::optional<std::string> start, until, duration, history, seam;  ///< as typed
    bool live = false;
    std::optional<std::string> speed, rate;
    std::vector<std::string> counts;   ///< 1M, or transactions=1M
    std::vector<std::string> streams;  ///< --streams a,b
    std::vector<std::string> to;       ///< --to, repeatable; replaces the scenario's outputs
    std::vector<std::string>
        chaos;  ///< --chaos, repeatable: faults as a scenario writes them; beside those of the scenario
    std::vector<std::string>
        incidents;            ///< --incident, repeatable: as a scenario writes them; beside those of the scenario
    bool is_preview = false;  ///< whoever asks looks at first records alone: no count bounds them, and none is missed
    GivenOptions output;      ///< what every output is told, by the names of output_options()
    std::optional<std::string> answer_key;  ///< a target
    /// Says whether an output of a run that starts at `start` can be made, and gives a warning about it or nothing; none
    /// where that is seen later.
    std::function<Result<std::string>(OutputPlan, int64_t start)> check_output;
    int64_t now = 0;  ///< present instant, for --history and --live; the seam of a live run
};

/// A plan, or why there is none; warnings may stand beside a plan.
struct Loaded {
    std::optional<Plan> plan;
    Diagnostics diagnostics;
    std::vector<std::pair<std::string, std::string>> sources;  ///< file name and text, for rendering diagnostics
};

/// Loads, checks and compiles.
Loaded load(const LoadRequest& request);

/// A pack that can be found.
struct FoundPack {
    std::string name, version, summary, file;
};

/// Lists all packs in the folders and the built-in ones; a clash of names is a diagnostic that names both files.
std::vector<FoundPack> list_packs(const std::vector<std::string>& folders, Diagnostics& diagnostics);

}  // namespace headwater
