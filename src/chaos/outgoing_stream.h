// For a stream whose records do not all go out as they are made: late, in versions of their schema, struck by faults.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "chaos/fault.h"
#include "chaos/outgoing_batch.h"

namespace headwater {

/// Immutable; any thread.
class OutgoingStream {
  public:
    /// Prepares faults for a stream, in the order in which they strike; invalid where one fits no version of the stream. It
    /// passes over the records of versions that it does not fit.
    static Result<std::shared_ptr<const OutgoingStream>> make(std::shared_ptr<const Schema> schema,
                                                              std::vector<FaultPlan> faults);

    /// Counts the versions of the schema.
    uint32_t versions() const { return static_cast<uint32_t>(later_.size()) + 1; }
    /// Gives the stream as it is while its schema has a version: the first is this one, and each knows no other.
    const OutgoingStream& version(uint32_t i) const { return i == 0 ? *this : *later_[i - 1]; }
    /// Gives the index of the version that records of an instant have.
    uint32_t version_at(int64_t time) const;

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

    /// Lets every fault strike the records of a batch, which have the first version.
    void strike(const Batch& generated, OutgoingBatch& outgoing) const;

  private:
    OutgoingStream() = default;
    static std::shared_ptr<OutgoingStream> make_version(std::shared_ptr<const Schema> schema,
                                                        const std::vector<FaultPlan>& faults,
                                                        std::vector<Result<void>>& fits);
    int slot_of_condition(const std::string& condition) const;
    void select(uint32_t fault, const Batch& generated, OutgoingBatch& outgoing) const;
    uint64_t base_of_record(uint32_t fault, const Batch& generated, uint32_t row) const;
    uint64_t base_of_key(uint32_t fault, const Batch& generated, uint32_t row) const;

    std::shared_ptr<const Schema> generated_;
    std::shared_ptr<const Schema> schema_;
    std::vector<std::shared_ptr<const OutgoingStream>> later_;  ///< versions behind the first
    int late_slot_ = -1;                                        ///< -1: no record is late
    std::vector<FaultPlan> plans_;
    std::vector<std::unique_ptr<Fault>> faults_;
    std::vector<uint8_t> by_key_;
    std::vector<int> condition_slots_;  ///< -1: strikes all, -2: none
    std::vector<EditedField> edited_;
    const Field* key_ = nullptr;
    std::string needs_records_;
    bool holds_ = false;
};

}  // namespace headwater
