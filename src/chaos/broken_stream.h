// For the faults of one stream, prepared: which records they strike, and what schema those have then.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "chaos/broken_batch.h"
#include "chaos/fault.h"

namespace headwater {

/// Immutable; any thread.
class BrokenStream {
  public:
    /// Prepares faults for a stream, in the order in which they strike; invalid where one does not fit the stream.
    static Result<std::shared_ptr<const BrokenStream>> make(std::shared_ptr<const Schema> schema,
                                                            std::vector<FaultPlan> faults);

    const std::vector<FaultPlan>& plans() const { return plans_; }
    const Fault& fault(uint32_t i) const { return *faults_[i]; }
    /// Gives the schema of records as faults leave them, but for those whose schema is broken too.
    const std::shared_ptr<const Schema>& schema() const { return schema_; }
    const std::vector<EditedField>& edited() const { return edited_; }
    /// Gives the schema of records that the faults of these bits struck.
    std::shared_ptr<const Schema> schema_of(uint32_t shape) const;
    /// Names a fault that only formats of single records can carry out, or "".
    const std::string& needs_records() const { return needs_records_; }
    bool holds() const { return holds_; }

    /// Lets every fault strike the records of a batch.
    void strike(const Batch& generated, BrokenBatch& broken) const;

  private:
    BrokenStream() = default;
    void select(uint32_t fault, const Batch& generated, BrokenBatch& broken) const;
    uint64_t base_of_record(uint32_t fault, const Batch& generated, uint32_t row) const;
    uint64_t base_of_key(uint32_t fault, const Batch& generated, uint32_t row) const;

    std::shared_ptr<const Schema> generated_;
    std::shared_ptr<const Schema> schema_;
    std::vector<FaultPlan> plans_;
    std::vector<std::unique_ptr<Fault>> faults_;
    std::vector<uint8_t> by_key_;
    std::vector<int> condition_slots_;  ///< -1: strikes all
    std::vector<EditedField> edited_;
    const Field* key_ = nullptr;
    std::string needs_records_;
    bool holds_ = false;
};

}  // namespace headwater
