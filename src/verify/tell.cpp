// For telling differences in full: what was sent is made again and what landed is read again, of those few records alone.
#include "verify/tell.h"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

#include "data/print.h"

namespace headwater {

namespace {

struct LessHash {
    bool operator()(const ValueHash& a, const ValueHash& b) const {
        return a.low != b.low ? a.low < b.low : a.high < b.high;
    }
};

/// Prints the leaves of one row as they were sent.
class LeafPrinter {
  public:
    LeafPrinter(const Batch& batch, uint32_t row) : batch_(batch), row_(row) { add(batch.schema->fields, ""); }
    std::vector<FoundField> take() { return std::move(fields_); }

  private:
    void add(const std::vector<Field>& fields, const std::string& prefix) {
        for (const Field& field : fields) {
            if (field.storage == Storage::record) {
                const Slot* slot = field.slot < 0 ? nullptr : &batch_.slots[static_cast<size_t>(field.slot)];
                const bool is_null = slot != nullptr && slot->null != nullptr && slot->null[row_] != 0;
                if (!is_null) add(field.children, prefix + field.name + ".");
                continue;
            }
            FoundField& found = fields_.emplace_back();
            found.path = prefix + field.name;
            append_json(found.text, field, batch_, row_);
        }
    }

    const Batch& batch_;
    uint32_t row_;
    std::vector<FoundField> fields_;
};

/// Looks for the records of some differences among those that are made again.
class SentWitness {
  public:
    explicit SentWitness(Grade& grade) {
        for (Difference& one : grade.examples)
            if (one.identity && !one.row) wanted_[*one.identity].push_back(&one);
        left_ = 0;
        for (auto& [identity, some] : wanted_) left_ += some.size();
    }
    bool is_idle() const { return wanted_.empty(); }

    /// Any worker calls it.
    void look(const Batch& batch, const std::vector<ValueHash>& identities, const std::vector<ValueHash>& digests,
              StopToken& stop) {
        for (uint32_t i = 0; i < batch.rows; ++i) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            auto found = wanted_.find(identities[row]);
            if (found == wanted_.end()) continue;
            const std::lock_guard lock(mutex_);
            for (Difference* one : found->second) {
                if (one->row || one->digest != digests[row]) continue;
                RowName name{batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row, -1};
                if (batch.entities != nullptr) name.entity = batch.entities[row];
                one->row = name;
                one->sent = LeafPrinter(batch, row).take();
                --left_;
            }
            if (left_ == 0) stop.request();
        }
    }

  private:
    std::map<ValueHash, std::vector<Difference*>, LessHash> wanted_;  ///< not changed while workers look
    std::mutex mutex_;
    size_t left_ = 0;
};

/// Takes the texts of some records of a copy.
class FoundReceiver final : public CopyReceiver {
  public:
    FoundReceiver(Grade& grade, const DamagedLines& damaged) : grade_(grade), damaged_(damaged) {}

    uint32_t begin_lane(const std::string& name, uint64_t, uint64_t) override {
        auto lane = std::ranges::find(grade_.lanes, name, &LaneGrade::name);
        return static_cast<uint32_t>(lane - grade_.lanes.begin());
    }
    void take(uint32_t lane, uint64_t position, LandedRecord& record) override {
        for (Difference& one : grade_.examples) {
            if (one.lane != static_cast<int>(lane) || one.position != position) continue;
            one.found = record.texts();
        }
    }
    void take_unreadable(uint32_t, uint64_t, const std::string&, std::string_view) override {}
    bool expects_damage() const override { return !damaged_.is_empty(); }
    bool knows(std::string_view line) const override { return damaged_.knows(line_hash(line)); }

  private:
    Grade& grade_;
    const DamagedLines& damaged_;
};

std::string text_at(const std::vector<FoundField>& fields, const std::string& path) {
    auto field = std::ranges::find(fields, path, &FoundField::path);
    return field == fields.end() ? "" : field->text;
}

/// Puts what was and what is beside each other.
void compare(Difference& one, const Shape& shape) {
    for (int leaf : one.altered) {
        if (leaf < static_cast<int>(shape.leaves().size())) {
            const std::string& path = shape.leaves()[static_cast<size_t>(leaf)].path;
            one.fields.push_back({path, text_at(one.sent, path), text_at(one.found, path)});
            continue;
        }
        for (const FoundField& field : one.found)
            if (shape.leaf_at(field.path) < 0) one.fields.push_back({field.path, "", field.text});
    }
}

}  // namespace

Result<void> tell_in_full(Grade& grade, const std::vector<SentPart>& parts, const std::vector<Shape>& shapes,
                          Copy& copy, const DamagedLines& damaged, int threads, RealTime& time) {
    SentWitness witness(grade);
    if (!witness.is_idle()) {
        StopToken found;
        for (const SentPart& part : parts) {
            if (found.requested()) break;
            SentOptions sent{.threads = threads, .stop = &found, .time = &time};
            sent.receive = [](int, Entry&) {};
            sent.witness = [&](const Batch& batch, const std::vector<ValueHash>& identities,
                               const std::vector<ValueHash>& digests) {
                witness.look(batch, identities, digests, found);
            };
            if (auto made = make_sent(part, shapes, sent); !made) return made;
        }
    }
    CopySelection selection;
    for (const Difference& one : grade.examples)
        if (one.lane >= 0 && one.kind != DifferenceKind::unreadable)
            selection[grade.lanes[static_cast<size_t>(one.lane)].name].insert(one.position);
    if (!selection.empty()) {
        FoundReceiver receiver(grade, damaged);
        if (auto read = copy.read(shapes, receiver, &selection); !read) return read;
    }
    for (Difference& one : grade.examples)
        if (one.kind == DifferenceKind::altered) compare(one, shapes[static_cast<size_t>(one.shape)]);
    std::ranges::stable_sort(grade.examples, [](const Difference& a, const Difference& b) {
        const auto row_of = [](const Difference& one) { return one.row.value_or(RowName{}); };
        return std::tuple(a.shape, a.kind, a.part, row_of(a).entity, row_of(a).number, a.lane, a.position) <
               std::tuple(b.shape, b.kind, b.part, row_of(b).entity, row_of(b).number, b.lane, b.position);
    });
    return {};
}

}  // namespace headwater
