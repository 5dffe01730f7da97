// For what living entities emitted, before it becomes records: the inputs of the programs of streams, in columns.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/arena.h"
#include "generate/living.h"

namespace headwater {

/// The emissions of one stream in one task.
struct EmittedRows {
    std::vector<int64_t> times;
    std::vector<int64_t> cells;                        ///< number of the root
    std::vector<int64_t> ordinals;                     ///< within the cell
    std::vector<const std::vector<uint32_t>*> labels;  ///< of the step; none where the stream has none
    std::vector<std::vector<int64_t>> words;           ///< by input of the program; reals by their bits
    std::vector<std::vector<TextView>> texts;          ///< by input of the program; uuids as 16 bytes

    size_t size() const { return times.size(); }
};

/// The emissions of one task. Used again when the task is done.
struct LivingRecords {
    std::vector<EmittedRows> streams;
    TextArena texts;

    void clear() {
        texts.reset();
        for (EmittedRows& rows : streams) {
            rows.times.clear();
            rows.cells.clear();
            rows.ordinals.clear();
            rows.labels.clear();
            for (auto& column : rows.words) column.clear();
            for (auto& column : rows.texts) column.clear();
        }
    }
};

}  // namespace headwater
