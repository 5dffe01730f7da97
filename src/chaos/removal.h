// For faults by which records are generated and never delivered; they differ in whom they strike.
#pragma once

#include "chaos/outgoing_batch.h"

namespace headwater {

class Removal final : public Fault {
  public:
    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.remove(stroke.row);
        batch.note(stroke.row);
    }
};

}  // namespace headwater
