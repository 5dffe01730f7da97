// For faults by which records are generated and never delivered; they differ in whom they strike.
#pragma once

#include "chaos/broken_batch.h"

namespace headwater {

class Removal final : public Fault {
  public:
    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        batch.remove(stroke.row);
        batch.note(stroke.row);
    }
};

}  // namespace headwater
