// For the faults of one stream, prepared: which records they strike, and what schema those have then.
#include "chaos/broken_stream.h"

#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "data/print.h"

namespace headwater {

namespace {

constexpr uint64_t chosen_place = key_of("chosen");
constexpr size_t most_faults = 32;

}  // namespace

Result<std::shared_ptr<const BrokenStream>> BrokenStream::make(std::shared_ptr<const Schema> schema,
                                                               std::vector<FaultPlan> faults) {
    if (faults.size() > most_faults)
        return fail(ErrorKind::invalid, "A stream has at most 32 faults, got " + std::to_string(faults.size()));
    std::shared_ptr<BrokenStream> stream(new BrokenStream);
    BrokenShape shape(*schema);
    for (const FaultPlan& plan : faults) {
        const FaultVerb* verb = find_fault_verb(plan.verb);
        HW_CHECK(verb != nullptr);
        auto fault = verb->make(plan);
        if (auto prepared = fault->prepare(shape); !prepared) return std::unexpected(prepared.error());
        if (fault->reshapes() || fault->damages()) stream->needs_records_ = plan.verb;
        stream->holds_ = stream->holds_ || fault->holds();
        stream->faults_.push_back(std::move(fault));
        stream->by_key_.push_back(verb->by_key);
        int slot = -1;
        if (!plan.condition.empty()) {
            const Field* condition = find_field(*schema, plan.condition);
            HW_CHECK(condition != nullptr);
            slot = condition->slot;
            // A condition that is the same for all records has no column.
            if (slot < 0 && condition->literal == "false") slot = -2;
        }
        stream->condition_slots_.push_back(slot);
    }
    stream->edited_ = shape.take_edited();
    stream->schema_ = std::make_shared<const Schema>(shape.take());
    stream->plans_ = std::move(faults);
    stream->key_ = schema->key.empty() ? nullptr : find_field(*schema, schema->key);
    stream->generated_ = std::move(schema);
    return stream;
}

std::shared_ptr<const Schema> BrokenStream::schema_of(uint32_t shape) const {
    if (shape == 0) return schema_;
    auto schema = std::make_shared<Schema>(*schema_);
    for (uint32_t i = 0; i < faults_.size(); ++i)
        if ((shape >> i & 1) != 0) faults_[i]->reshape(*schema);
    return schema;
}

void BrokenStream::strike(const Batch& generated, BrokenBatch& broken) const {
    broken.begin(generated);
    for (uint32_t fault = 0; fault < faults_.size(); ++fault) {
        broken.strike_with(fault);
        select(fault, generated, broken);
    }
    broken.finish();
}

void BrokenStream::select(uint32_t fault, const Batch& generated, BrokenBatch& broken) const {
    const FaultPlan& plan = plans_[fault];
    const int slot = condition_slots_[fault];
    if (slot == -2 || plan.chance <= 0) return;
    const auto* condition =
        slot < 0 ? nullptr : static_cast<const uint8_t*>(generated.slots[static_cast<size_t>(slot)].values);
    for (uint32_t place = 0; place < generated.rows; ++place) {
        const uint32_t row = broken.row_at(place);
        if (condition != nullptr && condition[row] == 0) continue;
        const int64_t time = generated.times != nullptr ? generated.times[row] : 0;
        if (!plan.window.holds(time)) continue;
        const uint64_t base = base_of_record(fault, generated, row);
        const uint64_t key_base = by_key_[fault] != 0 ? base_of_key(fault, generated, row) : base;
        if (plan.chance < 1 && unit_of(draw(key_base, chosen_place)) >= plan.chance) continue;
        if (broken.is_removed(row)) continue;
        faults_[fault]->strike(broken, {row, base, key_base, time});
    }
}

/// A record is known by its row, or by its entity and ordinal: the same whatever batch it comes in.
uint64_t BrokenStream::base_of_record(uint32_t fault, const Batch& generated, uint32_t row) const {
    const uint64_t key = plans_[fault].key;
    const int64_t number = generated.row_numbers != nullptr ? generated.row_numbers[row] : generated.first_row + row;
    if (generated.entities == nullptr) return base_of(key, static_cast<uint64_t>(number));
    return base_of(base_of(key, static_cast<uint64_t>(generated.entities[row])), static_cast<uint64_t>(number));
}

uint64_t BrokenStream::base_of_key(uint32_t fault, const Batch& generated, uint32_t row) const {
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
