// For flat streams: row i is a function of i.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/program.h"
#include "generate/source.h"
#include "generate/switch_times.h"

namespace headwater {

/// A compiled flat stream.
struct FlatPlan {
    std::shared_ptr<const Schema> schema;
    std::shared_ptr<const Program> program;  ///< inputs: row number (i64, from 0), time (i64 microseconds)
    std::shared_ptr<const RowClock> clock;
    int64_t count = INT64_MAX;        ///< rows there are at all
    Reg rule = no_reg;                ///< kept u8 register: 0 none, k = the k-th rule hit; or no_reg
    std::vector<std::string> labels;  ///< those of the rules, by k - 1, then others
    std::vector<LabelMask> masks;     ///< which records have the others

    /// Lists the registers that labels come from, for whoever renumbers them.
    std::vector<Reg*> label_registers() {
        std::vector<Reg*> registers{&rule};
        for (LabelMask& mask : masks) registers.push_back(&mask.holds);
        return registers;
    }
};

/// A stream that follows another one: for each of its records, so many, so much later.
struct FollowerPlan {
    FlatPlan parent;  ///< what it follows: clock and count
    std::shared_ptr<const Program>
        choose;  ///< inputs: parent row, parent time; kept: `copies` (i64), then per copy in its frame `delay` (i64 us >= 0)
    Reg copies = no_reg;  ///< frame 0: how many
    Reg delay = no_reg;   ///< in `frame`
    int frame = 0;
    int64_t most_copies = 1;                  ///< bound of copies; row number = parent row * most_copies + index
    int64_t least_delay = 0, most_delay = 0;  ///< bounds of delay, microseconds
    FlatPlan own;  ///< program inputs: parent row, parent time, index (i64 from 0), own time; clock unused
};

/// How programs are run. Neither choice changes a byte; both are for tests of that law.
struct ProgramOptions {
    uint32_t batch_rows = Batch::max_rows;  ///< rows of a batch, 1 .. Batch::max_rows
    bool scalar = false;                    ///< run by the scalar executor
};

/// Makes the source of a flat stream.
std::shared_ptr<const SourcePlan> make_flat_source(FlatPlan plan, ProgramOptions options = {});
/// Makes the source of a stream that follows a flat one; its records are in order of time, then parent row, then index.
/// Copies that are not due yet wait in memory, 24 bytes each: as many as fall between
/// least_delay and most_delay.
std::shared_ptr<const SourcePlan> make_follower_source(FollowerPlan plan, ProgramOptions options = {});

}  // namespace headwater
