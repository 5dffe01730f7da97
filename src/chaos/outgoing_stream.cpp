// For a stream whose records do not all go out as they are made: late, in versions of their schema, struck by faults.
#include "chaos/outgoing_stream.h"

#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "data/print.h"

namespace headwater {

namespace {

constexpr uint64_t chosen_place = key_of("chosen");
constexpr size_t most_faults = 32;
constexpr int strikes_all = -1, strikes_none = -2;  ///< in place of the slot of a condition

}  // namespace

Result<std::shared_ptr<const OutgoingStream>> OutgoingStream::make(std::shared_ptr<const Schema> schema,
                                                                   std::vector<FaultPlan> faults) {
    if (faults.size() > most_faults)
        return fail(ErrorKind::invalid, "A stream has at most 32 faults, got " + std::to_string(faults.size()));
    std::vector<Result<void>> fits;
    std::shared_ptr<OutgoingStream> stream = make_version(schema, faults, fits);
    for (const SchemaVersion& later : schema->versions) {
        std::vector<Result<void>> fits_later;
        stream->later_.push_back(make_version(later.schema, faults, fits_later));
        for (size_t i = 0; i < fits.size(); ++i)
            if (fits_later[i]) fits[i] = {};
    }
    for (const Result<void>& fit : fits)
        if (!fit) return std::unexpected(fit.error());
    if (stream->later_.empty()) return stream;
    auto whole = std::make_shared<Schema>(*stream->schema_);
    for (size_t i = 0; i < stream->later_.size(); ++i) whole->versions[i].schema = stream->later_[i]->schema_;
    stream->schema_ = std::move(whole);
    return stream;
}

/// Prepares a stream for records of one version of its schema, and says of each fault whether it fits that.
std::shared_ptr<OutgoingStream> OutgoingStream::make_version(std::shared_ptr<const Schema> schema,
                                                             const std::vector<FaultPlan>& faults,
                                                             std::vector<Result<void>>& fits) {
    std::shared_ptr<OutgoingStream> stream(new OutgoingStream);
    stream->key_ = schema->key.empty() ? nullptr : find_field(*schema, schema->key);
    stream->generated_ = std::move(schema);
    OutgoingShape shape(*stream->generated_);
    for (const FaultPlan& plan : faults) {
        const FaultVerb* verb = find_fault_verb(plan.verb);
        HW_CHECK(verb != nullptr);
        auto fault = verb->make(plan);
        const OutgoingShape before = shape;
        fits.push_back(fault->prepare(shape));
        if (!fits.back()) shape = before;
        if (fault->reshapes() || fault->damages()) stream->needs_records_ = plan.verb;
        stream->holds_ = stream->holds_ || fault->holds();
        stream->condition_slots_.push_back(fits.back() ? stream->slot_of_condition(plan.condition) : strikes_none);
        stream->faults_.push_back(std::move(fault));
        stream->by_key_.push_back(verb->by_key);
    }
    if (!stream->generated_->late.empty()) {
        const Field* late = find_field(*stream->generated_, stream->generated_->late);
        HW_CHECK(late != nullptr && late->slot >= 0);
        stream->late_slot_ = late->slot;
        stream->holds_ = true;
    }
    stream->edited_ = shape.take_edited();
    stream->schema_ = std::make_shared<const Schema>(shape.take());
    stream->plans_ = faults;
    return stream;
}

int OutgoingStream::slot_of_condition(const std::string& condition) const {
    if (condition.empty()) return strikes_all;
    const Field* field = find_field(*generated_, condition);
    HW_CHECK(field != nullptr);
    // A condition that is the same for all records has no column.
    return field->slot < 0 && field->literal == "false" ? strikes_none : field->slot;
}

uint32_t OutgoingStream::version_at(int64_t time) const {
    return static_cast<uint32_t>(versions_begun(*generated_, time));
}

std::shared_ptr<const Schema> OutgoingStream::schema_of(uint32_t shape) const {
    if (shape == 0) return schema_;
    auto schema = std::make_shared<Schema>(*schema_);
    for (uint32_t i = 0; i < faults_.size(); ++i)
        if ((shape >> i & 1) != 0) faults_[i]->reshape(*schema);
    return schema;
}

void OutgoingStream::strike(const Batch& generated, OutgoingBatch& outgoing) const {
    outgoing.begin(generated, late_slot_ < 0 ? nullptr
                                             : static_cast<const int64_t*>(
                                                   generated.slots[static_cast<size_t>(late_slot_)].values));
    for (uint32_t fault = 0; fault < faults_.size(); ++fault) {
        outgoing.strike_with(fault);
        select(fault, generated, outgoing);
    }
    outgoing.finish();
}

void OutgoingStream::select(uint32_t fault, const Batch& generated, OutgoingBatch& outgoing) const {
    const FaultPlan& plan = plans_[fault];
    const int slot = condition_slots_[fault];
    if (slot == strikes_none || plan.chance <= 0) return;
    const auto* condition =
        slot < 0 ? nullptr : static_cast<const uint8_t*>(generated.slots[static_cast<size_t>(slot)].values);
    for (uint32_t place = 0; place < generated.rows; ++place) {
        const uint32_t row = outgoing.row_at(place);
        if (condition != nullptr && condition[row] == 0) continue;
        const int64_t time = generated.times != nullptr ? generated.times[row] : 0;
        if (!plan.window.holds(time)) continue;
        const uint64_t base = base_of_record(fault, generated, row);
        const uint64_t key_base = by_key_[fault] != 0 ? base_of_key(fault, generated, row) : base;
        if (plan.chance < 1 && unit_of(draw(key_base, chosen_place)) >= plan.chance) continue;
        if (outgoing.is_removed(row)) continue;
        faults_[fault]->strike(outgoing, {row, base, key_base, time});
    }
}

/// A record is known by its row, or by its entity and ordinal: the same whatever batch it comes in.
uint64_t OutgoingStream::base_of_record(uint32_t fault, const Batch& generated, uint32_t row) const {
    const uint64_t key = plans_[fault].key;
    const int64_t number = generated.row_numbers != nullptr ? generated.row_numbers[row] : generated.first_row + row;
    if (generated.entities == nullptr) return base_of(key, static_cast<uint64_t>(number));
    return base_of(base_of(key, static_cast<uint64_t>(generated.entities[row])), static_cast<uint64_t>(number));
}

uint64_t OutgoingStream::base_of_key(uint32_t fault, const Batch& generated, uint32_t row) const {
    const uint64_t key = plans_[fault].key;
    if (key_ != nullptr) {
        std::string text;
        append_value(text, *key_, generated, row);
        return base_of(key, key_of(text));
    }
    if (generated.entities == nullptr) return base_of_record(fault, generated, row);
    return base_of(key, static_cast<uint64_t>(generated.entities[row]));
}

}  // namespace headwater
